"""Blobs and finished tables in S3, or in any store that speaks the same protocol."""
