"""Preparing the database before the first record: our own tables, the record tables, and the cursor.

It all happens in one transaction, one process at a time: of two that start at once, the second finds the work done.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from asyncscrape.errors import UsageError
from asyncscrape.model import Table
from asyncscrape.postgres.address import Address
from asyncscrape.postgres.names import quoted
from asyncscrape.storage.postgres import catalog
from asyncscrape.storage.postgres.catalog import REJECTED, REJECTED_SHAPE, TableThere
from asyncscrape.storage.postgres.copy_rows import TableShape
from asyncscrape.storage.postgres.statements import migrations, own, statements

if TYPE_CHECKING:
    from asyncpg import Connection, Record

TableShapes = Mapping[str, TableShape]


class WritingJob(NamedTuple):
    """The job that writes."""

    id: str
    """The random id of its state: another one after --fresh."""
    name: str = ""
    """Its name, which stays; empty if it is not known."""


async def lock(connection: Connection, address: Address) -> None:
    """Wait until no other process is changing the schema's tables; the lock is held until the transaction ends."""
    await connection.execute(statements()["lock"], address.schema)


async def make_schema(connection: Connection, address: Address) -> None:
    """Create the schema if it is missing, and bring our own tables in it up to date."""
    if not await connection.fetchval(statements()["has_schema"], address.schema):
        await connection.execute(f"CREATE SCHEMA {quoted(address.schema)}")
    await connection.execute(statements()["search_path"], quoted(address.schema))
    if not await connection.fetchval(statements()["has_migrations"], address.schema):
        await connection.execute(own("make_migrations", address.schema))
    done = await migrated(connection, address)
    for step in migrations():
        if step.number not in done:
            await connection.execute(step.sql)
            await connection.execute(own("migrated", address.schema), step.number, step.name)


async def migrated(connection: Connection, address: Address) -> set[int]:
    """The numbers of the migrations that are done; a newer version's are a `UsageError`."""
    done = {row["number"] for row in await connection.fetch(own("migrations", address.schema))}
    if done - {step.number for step in migrations()}:
        raise UsageError(f"{address.label}: a newer version of asyncscrape has written there; use that version")
    return done


async def make_tables(
    connection: Connection, address: Address, tables: Sequence[Table], job: WritingJob
) -> TableShapes:
    """Create or extend the record tables to match the config."""
    found = await look(connection, address, tables)
    written = await connection.fetchval(own("written_to", address.schema), job.id)
    check_gone(address, written or (), [table.name for table in tables], found)
    remembered = await connection.fetch(own("remembered", address.schema), list(found))
    shapes = shapes_of(tables, found, remembered_columns(remembered))
    for name, shape in shapes.items():
        for statement in catalog.changes(address, name, shape, found.get(name)):
            await connection.execute(statement)
    return shapes


async def note_tables(
    connection: Connection, address: Address, job: WritingJob, shapes: TableShapes, suffix: str, *, more: bool
) -> None:
    """Remember which tables the job writes to: if one is gone later, its records are gone too.

    With a suffix to their names they are beside the job's other tables; with `more` the others stay known, too.
    """
    names = sorted(name + suffix for name, shape in shapes.items() if shape.complete)
    await connection.execute(own("note_more_tables" if more else "note_tables", address.schema), job.id, names)


async def look(connection: Connection, address: Address, tables: Sequence[Table]) -> dict[str, TableThere]:
    """Those of our tables that exist; anything in their way is a `UsageError`."""
    catalog.check_names(tables, address)
    names = [name for table in tables for name in (table.name, table.name + REJECTED)]
    found = await catalog.look(connection, address.schema, names)
    for table in tables:
        set_aside = table.name + REJECTED
        if set_aside in found:
            catalog.check(address, set_aside, REJECTED_SHAPE, found[set_aside])
    return found


def remembered_columns(rows: Sequence[Record]) -> Mapping[str, Sequence[str]]:
    """The columns that records added in earlier runs, by table."""
    columns: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        columns[row["table_name"]].append(row["column_name"])
    return columns


def shapes_of(
    tables: Sequence[Table], found: Mapping[str, TableThere], remembered: Mapping[str, Sequence[str]]
) -> dict[str, TableShape]:
    """The columns that we fill, for each table."""
    return {
        table.name: catalog.shape(table, found.get(table.name), remembered.get(table.name, ())) for table in tables
    }


def check_gone(address: Address, written: Collection[str], names: Collection[str], found: Collection[str]) -> None:
    """Refuse to go on if one of these tables, to which the job has written, is no longer found."""
    for name in sorted(set(written) & set(names) - set(found)):
        raise UsageError(
            f"{address.label}: {address.table(name)} is gone, and with it the records that this job delivered; "
            "restore it, or start again with --fresh"
        )
