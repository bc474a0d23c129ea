"""The report of the music job: figures, pictures, a page for the browser, and the original project's CSV files."""
