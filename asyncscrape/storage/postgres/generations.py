"""A new generation beside the tables in place: `<table>__next`, filled like any table, until it takes their place.

The row of the job's cursor says which generation the tables hold, and which one is beside them; so whoever opens
after a crash knows whether the switch has happened. How that happens, see `switching.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from asyncscrape.errors import UsageError
from asyncscrape.facts import Changes
from asyncscrape.model import BLOBS, Generation, Table
from asyncscrape.postgres.address import Address
from asyncscrape.postgres.names import quoted
from asyncscrape.storage.postgres import catalog
from asyncscrape.storage.postgres.catalog import NEXT, TableThere
from asyncscrape.storage.postgres.comparing import count_changes, count_ours
from asyncscrape.storage.postgres.connection import WHOLE_TABLE
from asyncscrape.storage.postgres.copy_rows import TableShape
from asyncscrape.storage.postgres.preparing import TableShapes, WritingJob, look, remembered_columns
from asyncscrape.storage.postgres.ranks import FETCHED_AT
from asyncscrape.storage.postgres.statements import own
from asyncscrape.storage.postgres.writers import check_beside, given_up, itself, refuse_sharing, writers

if TYPE_CHECKING:
    from asyncpg import Connection

WITHDRAWN = ("withdrawals", "sweeps", "swept")
"""What we remember about withdrawals; there are statements that forget each, and that take it from another table."""


async def begin_generation(
    connection: Connection, address: Address, tables: Sequence[Table], job: WritingJob, generation: Generation
) -> bool:
    """Whether the generation is made beside the tables; what older ones left there is dropped."""
    found = await writers(connection, address)
    beside = generation.beside and itself(found, job).generation < generation.number
    number = generation.number if beside else None
    await connection.execute(own("name_job", address.schema), job.id, job.name)
    for one in list(given_up(address, found, tables, job, number)):
        await drop_beside(connection, address, one.job, one.tables_beside())
    if beside:
        refuse_sharing(address, found, tables, job)
    return beside


async def make_next(
    connection: Connection,
    address: Address,
    tables: Sequence[Table],
    job: WritingJob,
    generation: Generation,
    seq: int,
) -> TableShapes:
    """Create or extend the tables beside those in place, and like them wherever the config allows that."""
    found = await look(connection, address, tables)
    beside = [table.name + NEXT for table in tables]
    there = await catalog.look(connection, address.schema, beside)
    one = itself(await writers(connection, address), job)
    check_beside(address, one, generation, beside, there, seq)
    if one.beside != generation.number:
        await connection.execute(own("note_beside", address.schema), job.id, generation.number)
    names = [name for table in tables for name in (table.name, table.name + NEXT)]
    remembered = remembered_columns(await connection.fetch(own("remembered", address.schema), names))
    shapes = {}
    for table in tables:
        columns = [*remembered.get(table.name, ()), *remembered.get(table.name + NEXT, ())]
        like = there.get(table.name + NEXT) or await _like(connection, address, table, found.get(table.name), columns)
        shapes[table.name] = catalog.shape(table, like, columns)
        for statement in catalog.changes(address, table.name + NEXT, shapes[table.name], like):
            await connection.execute(statement)
    return shapes


async def changes(connection: Connection, address: Address, shapes: TableShapes) -> dict[str, Changes]:
    """How the tables beside differ from those in place."""
    found = await tables_and_next(connection, address, shapes)
    return {name: await _changes(connection, address, name, shape, found) for name, shape in shapes.items()}


async def _like(
    connection: Connection, address: Address, table: Table, found: TableThere | None, columns: Sequence[str]
) -> TableThere | None:
    """A table like the one in place, with its rules, so that a record that this refuses is set aside at once."""
    shape = catalog.shape(table, found, columns)
    if found is not None:
        catalog.check_use(address, table.name, shape, found)
    if found is None:
        return None
    if any(catalog.differences(address, table.name, shape, found)):
        await keep_own_rows(connection, address, table.name, found)
        return None
    name = table.name + NEXT
    target = quoted(address.schema, table.name)
    await connection.execute(f"CREATE TABLE {quoted(address.schema, name)} (LIKE {target} INCLUDING ALL)")
    return (await catalog.look(connection, address.schema, [name]))[name]


async def keep_own_rows(connection: Connection, address: Address, name: str, found: TableThere) -> None:
    """Refuse to make a table anew that also holds rows of the user's own."""
    target = quoted(address.schema, name)
    theirs = f"{quoted(FETCHED_AT)} IS NULL" if FETCHED_AT in found.columns else "true"
    if await connection.fetchval(f"SELECT EXISTS (SELECT FROM {target} WHERE {theirs})", timeout=WHOLE_TABLE):
        raise UsageError(
            f"{address.label}: {address.table(name)} must be made anew, since its key or types have changed, but it "
            f'also holds rows of your own, without a value in "{FETCHED_AT}"; move them elsewhere, and run again'
        )


async def drop_beside(connection: Connection, address: Address, job: str, names: Sequence[str]) -> None:
    """Drop tables of this job that are beside, and whatever we know about them."""
    for name in names:
        await connection.execute(f"DROP TABLE IF EXISTS {quoted(address.schema, name)}")
    await connection.execute(own("forget_tables", address.schema), job, names)
    for what in (*WITHDRAWN, "columns"):
        await connection.execute(own(f"forget_{what}", address.schema), names)


async def tables_and_next(connection: Connection, address: Address, shapes: TableShapes) -> dict[str, TableThere]:
    """The tables in place and those beside."""
    return await catalog.look(
        connection, address.schema, [name for table in shapes for name in (table, table + NEXT)]
    )


async def _changes(
    connection: Connection, address: Address, name: str, shape: TableShape, found: Mapping[str, TableThere]
) -> Changes:
    target, beside = quoted(address.schema, name), quoted(address.schema, name + NEXT)
    kept, fresh = found.get(name), found.get(name + NEXT)
    removes = name != BLOBS.name and kept is not None and FETCHED_AT in kept.columns
    if kept is None or fresh is None or frozenset(shape.key) not in kept.keys or _retyped(shape.key, kept, fresh):
        new = await connection.fetchval(f"SELECT count(*) FROM {beside}", timeout=WHOLE_TABLE) if fresh else 0
        gone = await connection.fetchval(count_ours(target), timeout=WHOLE_TABLE) if removes and kept else 0
        return Changes(new=new, gone=gone)
    query = count_changes(target, beside, shape, kept.columns, _retyped(shape.columns, kept, fresh), removes=removes)
    [row] = await connection.fetch(query, timeout=WHOLE_TABLE)
    return Changes(**row)


def _retyped(columns: Sequence[str], kept: TableThere, fresh: TableThere) -> list[str]:
    """The columns that have another type beside."""
    return [name for name in columns if name in kept.columns and kept.columns[name].type != fresh.columns[name].type]
