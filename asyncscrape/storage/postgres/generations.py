"""A new generation beside the tables in place: `<table>__next`, filled like any table, until it takes their place.

The switch is one transaction. It deletes the rows that are gone, inserts the new ones and updates those that differ:
so the table's views, grants, indexes and foreign keys stay, and a reader sees all old rows until all new ones are
there. Only a table of another key or with other types is dropped and made anew; a transaction that began before, and
looks at it only then, finds it empty. The row of the job's cursor says which generation the tables hold; so whoever
opens after a crash knows whether the switch has happened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from asyncscrape.errors import UsageError
from asyncscrape.facts import Changes
from asyncscrape.model import Generation, Table
from asyncscrape.storage.postgres import catalog
from asyncscrape.storage.postgres.address import Address
from asyncscrape.storage.postgres.catalog import NEXT, TableThere
from asyncscrape.storage.postgres.comparing import count_changes, remove_gone, take_fresh
from asyncscrape.storage.postgres.connection import WHOLE_TABLE
from asyncscrape.storage.postgres.copy_rows import TableShape
from asyncscrape.storage.postgres.names import quoted
from asyncscrape.storage.postgres.preparing import TableShapes, WritingJob, check_gone, look, remembered_columns
from asyncscrape.storage.postgres.statements import own

if TYPE_CHECKING:
    from asyncpg import Connection


async def begin_generation(
    connection: Connection, address: Address, tables: Sequence[Table], job: WritingJob, generation: Generation
) -> bool:
    """Whether the generation is made beside the tables; what older ones left there is dropped."""
    [row] = await connection.fetch(own("generation", address.schema), job.id)
    beside = generation.beside and row["generation"] < generation.number
    number = generation.number if beside else None
    await connection.execute(own("name_job", address.schema), job.id, job.name)
    for left in await connection.fetch(own("left_beside", address.schema), job.id, job.name, number):
        await _drop(connection, address, left["tables"])
    if beside:
        await _refuse_sharing(connection, address, tables, job)
    return beside


async def make_next(
    connection: Connection, address: Address, tables: Sequence[Table], job: WritingJob, generation: Generation
) -> TableShapes:
    """Create or extend the tables beside those in place, and like them wherever the config allows that."""
    found = await look(connection, address, tables)
    there = await _begun(connection, address, tables, job, generation)
    names = [name for table in tables for name in (table.name, table.name + NEXT)]
    remembered = remembered_columns(await connection.fetch(own("remembered", address.schema), names))
    shapes = {}
    for table in tables:
        columns = [*remembered.get(table.name, ()), *remembered.get(table.name + NEXT, ())]
        one = there.get(table.name + NEXT) or await _like(connection, address, table, found.get(table.name), columns)
        shapes[table.name] = catalog.shape(table, one, columns)
        for statement in catalog.changes(address, table.name + NEXT, shapes[table.name], one):
            await connection.execute(statement)
    return shapes


async def _begun(
    connection: Connection, address: Address, tables: Sequence[Table], job: WritingJob, generation: Generation
) -> dict[str, TableThere]:
    """The tables beside that an earlier process has begun; notes that the generation is begun."""
    names = [table.name + NEXT for table in tables]
    there = await catalog.look(connection, address.schema, names)
    [row] = await connection.fetch(own("generation", address.schema), job.id)
    if row["beside"] == generation.number:
        await check_gone(connection, address, job, names, there)
    elif there:
        name = min(there)
        raise UsageError(f"{address.label}: {address.table(name)} is in the way of --again; rename or drop it")
    await connection.execute(own("note_beside", address.schema), job.id, generation.number)
    return there


async def changes(connection: Connection, address: Address, shapes: TableShapes) -> dict[str, Changes]:
    """How the tables beside differ from those in place."""
    found = await _all(connection, address, shapes)
    return {name: await _changes(connection, address, name, shape, found) for name, shape in shapes.items()}


async def switch(
    connection: Connection, address: Address, job: WritingJob, seq: int, number: int, shapes: TableShapes
) -> None:
    """Put the tables beside in the place of the old ones; within the caller's transaction, alone in the schema."""
    found = await _all(connection, address, shapes)
    tables = [name for name in sorted(shapes) if name in found or name + NEXT in found]
    if await connection.execute(own("note_switch", address.schema), job.id, seq, number, tables) != "UPDATE 1":
        raise UsageError(
            f"{address.label}: another process has written records of this job in the meantime, perhaps from a copy "
            "of its state; run only one of them"
        )
    for name in tables:
        await _make_ready(connection, address, name, shapes[name], found)
    for name in reversed(tables):  # first the tables that may refer to others, as they are filled last
        await _remove_gone(connection, address, name, shapes[name], name + NEXT in found)
    for name in tables:
        if name + NEXT in found:
            target, beside = quoted(address.schema, name), quoted(address.schema, name + NEXT)
            await connection.execute(take_fresh(target, beside, shapes[name]), timeout=WHOLE_TABLE)
        await connection.execute(own("forget_withdrawals", address.schema), [name])
        await connection.execute(own("take_withdrawals", address.schema), name, name + NEXT)
        await connection.execute(own("take_columns", address.schema), name, name + NEXT)
    await _drop(connection, address, [name + NEXT for name in tables])


async def _drop(connection: Connection, address: Address, names: Sequence[str]) -> None:
    """Drop tables beside, and whatever we know about them."""
    for name in names:
        await connection.execute(f"DROP TABLE IF EXISTS {quoted(address.schema, name)}")
    for statement in ("forget_tables", "forget_withdrawals", "forget_columns"):
        await connection.execute(own(statement, address.schema), list(names))


async def _refuse_sharing(connection: Connection, address: Address, tables: Sequence[Table], job: WritingJob) -> None:
    names = [table.name for table in tables]
    for other in await connection.fetch(own("other_writers", address.schema), job.id, job.name, names):
        where = f"{address.label}: {address.table(other['table'])}"
        if other["job_name"]:
            raise UsageError(
                f"{where} also holds records of the job {quoted(other['job_name'])}, and --again would remove them; "
                "let one of the two jobs write to another ?schema="
            )
        raise UsageError(
            f"{where} also holds records of a job that an older version of asyncscrape ran. If that was this job "
            "before --fresh, or if you no longer need them, let it be forgotten: "
            f"""DELETE FROM "_asyncscrape_cursor" WHERE job = '{other["job"]}'; else write to another ?schema="""
        )


async def _like(
    connection: Connection, address: Address, table: Table, found: TableThere | None, columns: Sequence[str]
) -> TableThere | None:
    """A table like the one in place, with its rules, so that a record that this refuses is set aside at once."""
    shape = catalog.shape(table, found, columns)
    if found is not None:
        catalog.check_use(address, table.name, shape, found)
    if found is None or any(catalog.differences(address, table.name, shape, found)):
        return None
    name = table.name + NEXT
    target = quoted(address.schema, table.name)
    await connection.execute(f"CREATE TABLE {quoted(address.schema, name)} (LIKE {target} INCLUDING ALL)")
    return (await catalog.look(connection, address.schema, [name]))[name]


async def _all(connection: Connection, address: Address, shapes: TableShapes) -> dict[str, TableThere]:
    """The tables in place and those beside."""
    return await catalog.look(
        connection, address.schema, [name for table in shapes for name in (table, table + NEXT)]
    )


async def _changes(
    connection: Connection, address: Address, name: str, shape: TableShape, found: Mapping[str, TableThere]
) -> Changes:
    target, beside = quoted(address.schema, name), quoted(address.schema, name + NEXT)
    kept, fresh = found.get(name), found.get(name + NEXT)
    if kept is None or fresh is None or frozenset(shape.key) not in kept.keys or _retyped(shape.key, kept, fresh):
        new = await connection.fetchval(f"SELECT count(*) FROM {beside}", timeout=WHOLE_TABLE) if fresh else 0
        gone = await connection.fetchval(f"SELECT count(*) FROM {target}", timeout=WHOLE_TABLE) if kept else 0
        return Changes(new=new, gone=gone)
    query = count_changes(target, beside, shape, kept.columns, _retyped(shape.columns, kept, fresh))
    [row] = await connection.fetch(query, timeout=WHOLE_TABLE)
    return Changes(**row)


def _retyped(columns: Sequence[str], kept: TableThere, fresh: TableThere) -> list[str]:
    """The columns that have another type beside."""
    return [name for name in columns if name in kept.columns and kept.columns[name].type != fresh.columns[name].type]


async def _make_ready(
    connection: Connection, address: Address, name: str, shape: TableShape, found: Mapping[str, TableThere]
) -> None:
    """Make the table in place one that can take the new rows: with more columns, or else anew."""
    target = quoted(address.schema, name)
    kept = found.get(name)
    if name + NEXT not in found:
        return
    if kept is not None and not any(catalog.differences(address, name, shape, kept)):
        for statement in catalog.changes(address, name, shape, kept):
            await connection.execute(statement)
        return
    if kept is not None:
        await _drop_replaced(connection, address, name)
    await connection.execute(f"CREATE TABLE {target} (LIKE {quoted(address.schema, name + NEXT)} INCLUDING ALL)")


async def _drop_replaced(connection: Connection, address: Address, name: str) -> None:
    from asyncpg import DependentObjectsStillExistError

    try:
        await connection.execute(f"DROP TABLE {quoted(address.schema, name)}")
    except DependentObjectsStillExistError as error:
        detail = "" if address.secret else f" ({error.detail})"
        raise UsageError(
            f"{address.label}: {address.table(name)} must be made anew, since its key or types have changed, but a "
            f"view or foreign key needs it{detail}; drop that, and run again"
        ) from error


async def _remove_gone(
    connection: Connection, address: Address, name: str, shape: TableShape, has_next: bool
) -> None:
    """Delete the rows that the new generation lacks; all of them, if it found nothing for this table."""
    target, beside = quoted(address.schema, name), quoted(address.schema, name + NEXT)
    statement = remove_gone(target, beside, shape.key) if has_next else f"DELETE FROM {target}"
    await connection.execute(statement, timeout=WHOLE_TABLE)
