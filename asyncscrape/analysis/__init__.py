"""What the reports of several jobs share: finished tables, the style of pictures, offline pages, whole files."""
