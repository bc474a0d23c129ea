"""Fixtures that several test files share."""

from postgres_server import own_postgres, postgres
from s3_server import s3, s3_service

__all__ = ["own_postgres", "postgres", "s3", "s3_service"]
