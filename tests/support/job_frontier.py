"""Where the tests' jobs keep their state: one choice for all of them.

It is the file in the job's folder, as users have it without asking. `ASYNCSCRAPE_TEST_FRONTIER=postgres` puts it into
a database on the server of the tests, one for each folder of jobs, so that the same tests say whether a crawl in
Postgres behaves as one in SQLite does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from asyncscrape.config.stores import database
from asyncscrape.destinations import FrontierPlace
from asyncscrape.frontier.base import Frontier
from asyncscrape.frontier.build import build_frontier
from support.postgres_server import Database, fresh_database, shared_dsn

IN_POSTGRES = os.environ.get("ASYNCSCRAPE_TEST_FRONTIER", "sqlite") == "postgres"
LEASE = 2.0
"""Seconds after which a killed run counts as dead: the tests that kill wait for that long."""
state_file = pytest.mark.skipif(IN_POSTGRES, reason="is about the file in the job's folder")
"""For tests about the state file itself."""
_databases = ExitStack()


def state_keys(data: Path) -> dict[str, str]:
    """The keys of [frontier] for the jobs in this folder."""
    return {"url": _address(data), "lease": f"{LEASE:g}s"} if IN_POSTGRES else {}


def state_section(data: Path) -> str:
    """The same as the end of a config, for tests that write it as text."""
    keys = "".join(f'{key} = "{value}"\n' for key, value in state_keys(data).items())
    return f"\n[frontier]\n{keys}" if keys else ""


def job_frontier(directory: Path) -> Frontier:
    """The frontier of the job that has this folder."""
    place = database(_address(directory.parent)) if IN_POSTGRES else None
    return build_frontier(FrontierPlace(directory, directory.name, place, LEASE))


def state_size(directory: Path) -> int:
    """The bytes that the state of the job in this folder takes."""
    if not IN_POSTGRES:
        return (directory / "state.db").stat().st_size
    schema = f"'\"asyncscrape_{directory.name}\"'::regnamespace"
    sizes = f"SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relnamespace = {schema}"
    return int(Database(_address(directory.parent)).value(sizes))


@pytest.fixture(scope="module", autouse=IN_POSTGRES)
def dropped_databases() -> Iterator[None]:
    """Drop the databases when a test file ends: its own fixtures may have jobs that several of its tests read."""
    yield
    _databases.close()
    _address.cache_clear()


@cache
def _address(data: Path) -> str:
    return _databases.enter_context(fresh_database(shared_dsn())).dsn
