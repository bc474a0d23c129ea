"""Stores: the final places of records and blobs."""
