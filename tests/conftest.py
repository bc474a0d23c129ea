"""Fixtures for several test files, and the sharing out of tests to processes."""

from hypothesis import HealthCheck, settings
from support.job_frontier import dropped_databases
from support.ports import nobody
from support.postgres_server import own_postgres, postgres
from support.s3_server import s3, s3_service
from support.search_path import search_path
from support.workers import (
    pytest_collection_modifyitems,
    pytest_runtest_setup,
    pytest_xdist_auto_num_workers,
    pytest_xdist_make_scheduler,
)

__all__ = [
    "dropped_databases",
    "nobody",
    "own_postgres",
    "postgres",
    "pytest_collection_modifyitems",
    "pytest_runtest_setup",
    "pytest_xdist_auto_num_workers",
    "pytest_xdist_make_scheduler",
    "s3",
    "s3_service",
    "search_path",
]

# Beside other tests an example may take any time; the program's speed is measured by tests of speed.
settings.register_profile("in parallel", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("in parallel")
