"""Tables and downloads as files in one folder."""
