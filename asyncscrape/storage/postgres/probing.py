"""Checks, without changing anything, that a database will accept the records of a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from asyncscrape.errors import StoreError, UsageError
from asyncscrape.model import Table
from asyncscrape.storage.postgres import catalog
from asyncscrape.storage.postgres.address import Address
from asyncscrape.storage.postgres.catalog import TableThere
from asyncscrape.storage.postgres.preparing import look, remembered_columns, shapes_of
from asyncscrape.storage.postgres.statements import own, statements

if TYPE_CHECKING:
    from asyncpg import Connection


async def probe(connection: Connection, address: Address, tables: Sequence[Table]) -> str:
    """A short summary of the database; raises whatever `open` would raise."""
    async with connection.transaction(readonly=True):
        [server] = await connection.fetch(statements()["server"])
        if server["standby"] or server["read_only"]:
            raise StoreError(f"{address.label}: the server is read-only for now", passing=True)
        found = await look(connection, address, tables)
        missing = await _planned(connection, address, tables, found)
        await _check_rights(connection, address, missing, found)
    there = sum(table.name in found for table in tables)
    schema = "" if address.secret else f", schema {address.schema}"
    return f"PostgreSQL {server['version'].split()[0]}{schema}, {there} of this job's {len(tables)} tables exist"


async def _planned(
    connection: Connection, address: Address, tables: Sequence[Table], found: Mapping[str, TableThere]
) -> list[str]:
    """The tables that need a change."""
    remembered = []
    if await connection.fetchval(statements()["has_migrations"], address.schema):
        remembered = await connection.fetch(own("remembered", address.schema), list(found))
    shapes = shapes_of(tables, found, remembered_columns(remembered))
    return [name for name, shape in shapes.items() if catalog.changes(address, name, shape, found.get(name))]


async def _check_rights(
    connection: Connection, address: Address, missing: Sequence[str], found: Mapping[str, TableThere]
) -> None:
    [rights] = await connection.fetch(statements()["rights"], address.schema)
    has_schema = await connection.fetchval(statements()["has_schema"], address.schema)
    _need(rights["scratch"], address, "create temporary tables: GRANT TEMP ON DATABASE")
    _need(has_schema or rights["schemas"], address, "create the schema: GRANT CREATE ON DATABASE")
    ours = await connection.fetchval(statements()["has_migrations"], address.schema)
    makes = not ours or any(name not in found for name in missing)
    _need(not has_schema or rights["tables"] or not makes, address, "create tables: GRANT USAGE, CREATE ON SCHEMA")
    for row in await connection.fetch(statements()["table_rights"], address.schema, list(found)):
        table = address.table(row["table"])
        _need(row["writable"], address, f"write to {table}: GRANT SELECT, INSERT, UPDATE ON TABLE")
        _need(row["owner"] or row["table"] not in missing, address, f"add columns to {table}: make it the owner")


def _need(allowed: bool, address: Address, what: str) -> None:
    if not allowed:
        raise UsageError(f"{address.label}: the user lacks the right to {what}")
