"""Fixtures that several test files share."""

from support.ports import nobody
from support.postgres_server import own_postgres, postgres
from support.s3_server import s3, s3_service

__all__ = ["nobody", "own_postgres", "postgres", "s3", "s3_service"]
