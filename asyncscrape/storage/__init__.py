"""Where records and blobs end up."""
