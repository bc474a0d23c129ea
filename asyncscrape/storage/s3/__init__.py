"""Blobs and finished tables in S3, or in anything that speaks its language."""
