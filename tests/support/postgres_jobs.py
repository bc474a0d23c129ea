"""Jobs that write to Postgres, for tests: stores, records, and the contents of tables."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest

from asyncscrape.config.stores import postgres_destination
from asyncscrape.destinations import PostgresDestination
from asyncscrape.errors import StoreError, UsageError
from asyncscrape.model import FIRST, Generation, Table
from asyncscrape.records.chunks import Bounds
from asyncscrape.storage.postgres.store import CHUNK, PostgresStore
from support.postgres_server import Database
from support.storage_journal import SEEN

URL = "http://127.0.0.1/page"
SECOND = Generation(2, beside=True, begin=1)
"""The generation after a first one of one batch."""


def make_store(
    place: str | PostgresDestination,
    *tables: Table,
    job: str = "job",
    job_name: str = "",
    source: str = "",
    shared: bool = False,
    timeout: float = 60,
    chunk: Bounds = CHUNK,
) -> PostgresStore:
    """A store at a URL, whether or not the config would accept it."""
    destination = place if isinstance(place, PostgresDestination) else postgres_destination(place)
    return PostgresStore(
        destination,
        tables,
        job=job,
        name="postgres",
        job_name=job_name,
        source=source,
        shared=shared,
        timeout=timeout,
        chunk=chunk,
    )


@asynccontextmanager
async def opened(
    dsn: str, *tables: Table, job: str = "job", cursor: int = 0, chunk: Bounds = CHUNK
) -> AsyncIterator[PostgresStore]:
    """A store, opened at the cursor and closed at the end."""
    store = make_store(dsn, *tables, job=job, chunk=chunk)
    try:
        await store.open(cursor)
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def begun(
    dsn: str, *tables: Table, cursor: int = 0, generation: Generation = FIRST, job: str = "job", name: str = "shop"
) -> AsyncIterator[PostgresStore]:
    """The store of a job, opened for a generation."""
    store = make_store(dsn, *tables, job=job, job_name=name)
    try:
        await store.open(cursor, generation)
        yield store
    finally:
        await store.close()


def record(**values: Any) -> dict[str, Any]:
    """A record with these values, as the journal has it."""
    return {**values, "_url": URL, "_fetched_at": SEEN}


def content(database: Database, table: str, schema: str = "public") -> list[dict[str, Any]]:
    """The rows of a table without their origin, ordered by all their values."""
    name = f"{quoted(schema)}.{quoted(table)}"
    rows = database.sql(f"SELECT to_jsonb(t) - '_url' - '_fetched_at' FROM {name} t ORDER BY t::text")
    return [json.loads(row) for [row] in rows]


def reasons(database: Database, table: str, schema: str = "public") -> list[str]:
    """The reasons why records were set aside."""
    name = f"{quoted(schema)}.{quoted(f'{table}_rejected')}"
    return [reason for [reason] in database.sql(f"SELECT reason FROM {name} ORDER BY reason")]


def tables_of(database: Database, schema: str = "public") -> list[str]:
    names = database.sql(
        f"SELECT relname FROM pg_class c WHERE relnamespace = '{schema}'::regnamespace AND relkind = 'r'"
    )
    return sorted(name for [name] in names)


def columns_of(database: Database, table: str, schema: str = "public") -> dict[str, str]:
    """The types of a table's columns."""
    rows = database.sql(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
        f"WHERE attrelid = '{quoted(schema)}.{quoted(table)}'::regclass AND attnum > 0 AND NOT attisdropped"
    )
    return dict(rows)


@contextmanager
def away(*words: str) -> Iterator[None]:
    """Expect a failure inside that may pass, in these words."""
    with pytest.raises(StoreError) as caught:
        yield
    assert caught.value.passing, caught.value
    for word in words:
        assert word in str(caught.value)


@contextmanager
def refused(*words: str) -> Iterator[None]:
    """Expect a refusal inside, in these words."""
    with pytest.raises(UsageError) as caught:
        yield
    for word in words:
        assert word in str(caught.value)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
