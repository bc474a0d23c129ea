"""Pure functions from a page to its records, links and blobs."""
