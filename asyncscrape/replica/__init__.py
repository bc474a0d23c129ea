"""Local copies of the sources, for demos and tests; imports nothing else of this package."""
