"""Checks, without changing anything, that a database will accept the records of a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from asyncscrape.errors import StoreError, UsageError
from asyncscrape.model import Generation, Table
from asyncscrape.postgres.address import Address
from asyncscrape.storage.postgres import catalog
from asyncscrape.storage.postgres.catalog import NEXT, TableThere
from asyncscrape.storage.postgres.generations import keep_own_rows
from asyncscrape.storage.postgres.preparing import (
    WritingJob,
    check_gone,
    look,
    migrated,
    remembered_columns,
    shapes_of,
)
from asyncscrape.storage.postgres.statements import own, statements
from asyncscrape.storage.postgres.writers import check_beside, given_up, itself, refuse_sharing, writers

if TYPE_CHECKING:
    from asyncpg import Connection


async def probe(
    connection: Connection, address: Address, tables: Sequence[Table], job: WritingJob, generation: Generation
) -> str:
    """A short summary of the database; raises whatever `open` would raise for this generation."""
    async with connection.transaction(readonly=True):
        [server] = await connection.fetch(statements()["server"])
        if server["standby"] or server["read_only"]:
            raise StoreError(f"{address.label}: the server is read-only for now", passing=True)
        found = await look(connection, address, tables)
        if await connection.fetchval(statements()["has_migrations"], address.schema):
            await migrated(connection, address)
        missing = await _missing(connection, address, tables, job, generation, found)
        await _check_rights(connection, address, missing, found)
    there = sum(table.name in found for table in tables)
    schema = "" if address.secret else f", schema {address.schema}"
    return f"PostgreSQL {server['version'].split()[0]}{schema}, {there} of this job's {len(tables)} tables exist"


async def _missing(
    connection: Connection,
    address: Address,
    tables: Sequence[Table],
    job: WritingJob,
    generation: Generation,
    found: Mapping[str, TableThere],
) -> list[str]:
    """The tables that need a change; refuses what does not fit."""
    there = await writers(connection, address)
    one = itself(there, job)
    beside = generation.beside and one.generation < generation.number
    old = list(given_up(address, there, tables, job, generation.number if beside else None))
    shapes = shapes_of(tables, found, await _remembered(connection, address, list(found)))
    if not beside:
        if one.seq:
            check_gone(address, one.tables, [table.name for table in tables], found)
        return [name for name, shape in shapes.items() if catalog.changes(address, name, shape, found.get(name))]
    refuse_sharing(address, there, tables, job)
    for name in found.keys() & shapes.keys():
        catalog.check_use(address, name, shapes[name], found[name])
        if any(catalog.differences(address, name, shapes[name], found[name])):
            await keep_own_rows(connection, address, name, found[name])
    names = [name + NEXT for name in shapes]
    kept = (await catalog.look(connection, address.schema, names)).keys() - {
        name for gone in old for name in gone.tables_beside()
    }
    check_beside(address, one, generation, names, kept, max(one.seq, generation.begin))
    return [name for name in names if name not in kept]


async def _remembered(connection: Connection, address: Address, names: Sequence[str]) -> Mapping[str, Sequence[str]]:
    if not await connection.fetchval(statements()["has_migrations"], address.schema):
        return {}
    return remembered_columns(await connection.fetch(own("remembered", address.schema), names))


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
