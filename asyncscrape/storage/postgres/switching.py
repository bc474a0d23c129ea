"""The switch to a new generation: one transaction, which readers see whole or not at all.

It deletes the rows that are gone, inserts the new ones and updates those that differ: so the table's views, grants,
indexes and foreign keys stay, and a reader sees all old rows until all new ones are there. Only a table of another
key or with other types is dropped and made anew; a transaction that began before, and looks at it only then, finds it
empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from asyncscrape.errors import UsageError
from asyncscrape.model import BLOBS, Generation, Table
from asyncscrape.postgres.address import Address
from asyncscrape.postgres.names import quoted
from asyncscrape.storage.postgres import catalog
from asyncscrape.storage.postgres.catalog import NEXT, TableThere
from asyncscrape.storage.postgres.comparing import remove_all, remove_gone, take_fresh, vacate
from asyncscrape.storage.postgres.connection import WHOLE_TABLE
from asyncscrape.storage.postgres.copy_rows import TableShape
from asyncscrape.storage.postgres.generations import WITHDRAWN, drop_beside, keep_own_rows, tables_and_next
from asyncscrape.storage.postgres.job_cursor import moved_by_another
from asyncscrape.storage.postgres.preparing import TableShapes, WritingJob
from asyncscrape.storage.postgres.statements import own
from asyncscrape.storage.postgres.writers import check_beside, itself, refuse_sharing, writers

if TYPE_CHECKING:
    from asyncpg import Connection

WHAT_TO_DO = {
    "23503": "remove the rows that refer to those that are gone, or declare it ON DELETE CASCADE or SET NULL",
    "23505": "drop it, or declare it DEFERRABLE, so that rows may swap their values",
}
"""By SQLSTATE, for the commonest constraints of the user's own."""


async def switch(
    connection: Connection,
    address: Address,
    job: WritingJob,
    only: int | None,
    generation: Generation,
    tables: Sequence[Table],
    shapes: TableShapes,
) -> None:
    """Put the tables beside in the place of the old ones; within the caller's transaction, alone in the schema.

    `only` is the last batch that may have been written; None where any may, as other workers write, too.
    """
    found = await tables_and_next(connection, address, shapes)
    there = await writers(connection, address)
    one = itself(there, job)
    check_beside(address, one, generation, [name + NEXT for name in shapes], list(found), one.seq)
    refuse_sharing(address, there, tables, job)
    names = [name for name in sorted(shapes) if name in found or name + NEXT in found]
    if (
        await connection.execute(own("note_switch", address.schema), job.id, only, generation.number, names)
        != "UPDATE 1"
    ):
        raise moved_by_another(address)
    for name in names:
        await _make_ready(connection, address, name, shapes[name], found)
    with _users_rules(address):
        for name in reversed(names):  # first the tables that may refer to others, as they are filled last
            await _remove_gone(connection, address, name, shapes[name], name + NEXT in found)
        for name in names:
            await _take(connection, address, name, shapes[name], found)
        await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    await drop_beside(connection, address, job.id, [name + NEXT for name in names])


async def _take(
    connection: Connection, address: Address, name: str, shape: TableShape, found: Mapping[str, TableThere]
) -> None:
    """Bring the rows of the table beside into the one in place, and what we know about them."""
    if name + NEXT in found:
        await _take_fresh(connection, address, name, shape, found)
    for what in WITHDRAWN:
        await connection.execute(own(f"forget_{what}", address.schema), [name])
        await connection.execute(own(f"take_{what}", address.schema), name, name + NEXT)
    await connection.execute(own("take_columns", address.schema), name, name + NEXT)


async def _take_fresh(
    connection: Connection, address: Address, name: str, shape: TableShape, found: Mapping[str, TableThere]
) -> None:
    """Insert and update rows. If one takes a unique value that another is about to give up, that one goes first.

    To delete it and insert it again would lose the user's own columns, and rows elsewhere that refer to it.
    """
    from asyncpg import IntegrityConstraintViolationError, UniqueViolationError

    target, beside = quoted(address.schema, name), quoted(address.schema, name + NEXT)
    take = take_fresh(target, beside, shape)
    await connection.execute("SAVEPOINT fresh")
    try:
        await connection.execute(take, timeout=WHOLE_TABLE)
    except UniqueViolationError as error:
        await connection.execute("ROLLBACK TO SAVEPOINT fresh")
        in_place = found.get(name, found[name + NEXT])
        unique = sorted({column for key in in_place.keys for column in key if column in shape.columns} - {*shape.key})
        if not unique:
            raise
        try:
            await connection.execute(vacate(target, beside, shape, unique), timeout=WHOLE_TABLE)
            await connection.execute(take, timeout=WHOLE_TABLE)
        except IntegrityConstraintViolationError:
            raise error from None


@contextmanager
def _users_rules(address: Address) -> Iterator[None]:
    """Explain which rule of the user's keeps the new generation out, and what to do about it."""
    from asyncpg import IntegrityConstraintViolationError

    try:
        yield
    except IntegrityConstraintViolationError as error:
        table, rule = error.table_name or "", error.constraint_name or ""
        words = "" if address.secret else f" ({error.detail or error})"
        what = WHAT_TO_DO.get(error.sqlstate, "change the rule or the rows")
        raise UsageError(
            f"{address.label}: the new generation cannot take its place, since {address.table(table)} has the "
            f"constraint {quoted(rule)}{words}; {what}, and run again"
        ) from error


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
        if name == BLOBS.name:
            catalog.check(address, name, shape, kept)
        await keep_own_rows(connection, address, name, kept)
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
    """Delete the rows that the new generation lacks; all of them, if it found nothing for this table.

    The user's own rows stay, and so do those about downloaded files, which are still in the blob store.
    """
    if name == BLOBS.name:
        return
    target, beside = quoted(address.schema, name), quoted(address.schema, name + NEXT)
    statement = remove_gone(target, beside, shape.key) if has_next else remove_all(target)
    await connection.execute(statement, timeout=WHOLE_TABLE)
