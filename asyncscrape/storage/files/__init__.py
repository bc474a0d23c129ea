"""Tables and downloads as files below one folder."""
