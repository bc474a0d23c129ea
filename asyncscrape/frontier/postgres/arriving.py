"""The state of a job arrives in the database, see `frontier/moving.py`: in one transaction, all of it or nothing.

Its earlier runs arrive as one worker that is dead. So what a killed run had leased goes back to the queue as that of
any dead worker, and counts as sent; and whoever comes next reads the records that are not yet in every store, from
where each store has come to.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import msgspec

from asyncscrape.errors import JobRunning, UsageError
from asyncscrape.frontier.moving import (
    TABLES,
    Carry,
    JobFacts,
    LeavingState,
    MovingTable,
    Row,
    StateFacts,
    Successor,
    Tell,
)
from asyncscrape.frontier.postgres.job_schema.job_place import JobPlace, connect, disconnect
from asyncscrape.frontier.postgres.job_schema.job_tables import JOB, check, prepare
from asyncscrape.frontier.postgres.job_schema.named_statements import Statements
from asyncscrape.frontier.postgres.job_schema.transaction import GONE
from asyncscrape.frontier.postgres.journal import TRIMMED
from asyncscrape.postgres.explanations import explained
from asyncscrape.postgres.names import quoted

if TYPE_CHECKING:
    from asyncpg import Connection

PATIENCE = 60.0
"""Seconds for which the server keeps a transaction in which nothing happens."""
MOVED = "moved"
"""The fact that tells the version of the state that has arrived."""
NAMES = {("store", "seq"): "begin"}
"""Columns that have another name here, by table and column."""


async def take_in(place: JobPlace, state: LeavingState, tell: Tell, carry: Carry) -> None:
    """Make the job here and store its whole state, unless it has arrived already."""
    async with alone_at(place) as connection:
        if await check(connection, place):
            await _refuse_unless_arrived(connection, place, state.facts)
            return
        successors = await carry(state.facts)
        async with connection.transaction():
            await _store(connection, place, state, tell)
            await add(successors, state.facts, Statements(connection))


@asynccontextmanager
async def alone_at(place: JobPlace) -> AsyncIterator[Connection]:
    """A connection that keeps everybody else out. Raises JobRunning if somebody is at work."""
    with explained(place.address):
        connection = await connect(place, PATIENCE)
        try:
            await _keep_out_others(connection, place)
            yield connection
        finally:
            await disconnect(connection)


async def add(successors: Sequence[Successor], facts: JobFacts, run: Statements) -> None:
    """Register stores that go on where others have come to."""
    for one in successors:
        names = msgspec.json.encode([*one.names]).decode()
        await run.run("store_add", one.id, names, facts.cursors[one.follows])


async def _keep_out_others(connection: Connection, place: JobPlace) -> None:
    if not await Statements(connection).value("sole_lock", place.lock):
        raise JobRunning(
            f"{place.address.label}: somebody is at work on a job of this name there; watch it with "
            "`asyncscrape status`, or stop it first"
        )


async def _refuse_unless_arrived(connection: Connection, place: JobPlace, facts: StateFacts) -> None:
    """Refuse to touch a state that is there, unless it is this one: a move was killed before it was told."""
    run = Statements(connection)
    same = await run.value("meta", JOB) == facts.job_id
    if same and await run.value("meta", MOVED) == facts.version:
        return
    there = "this job moved there before, but its file was used again after that" if same else "another job is there"
    raise UsageError(
        f"{place.address.label}: {there}; nothing was moved. To keep the state in the database, leave all as it is; "
        f"to replace it, erase it there and move again: DROP SCHEMA {quoted(place.schema)} CASCADE"
    )


async def _store(connection: Connection, place: JobPlace, state: LeavingState, tell: Tell) -> None:
    await prepare(connection, place)
    run = Statements(connection)
    await run.run("forget_meta", [JOB])  # the job keeps the one that it has
    run_before = await run.value("arrived_worker")
    added = {"journal": {"stream": run_before}, "flaw": {"worker": GONE}, "tally": {"worker": GONE}}
    moved = 0
    for table in TABLES:
        async for rows in state.portions(table):
            await _copy(connection, table, rows, added.get(table.name, {}))
            tell(moved := moved + len(rows), state.facts.rows)
    await _finish(run, state.facts, run_before)


async def _copy(connection: Connection, table: MovingTable, rows: Sequence[Row], added: Mapping[str, int]) -> None:
    """Store rows of a table, with values that all of them have here."""
    columns = [NAMES.get((table.name, column), column) for column in table.columns]
    more = tuple(added.values())
    await connection.copy_records_to_table(
        table.name, columns=[*columns, *added], records=[(*row, *more) for row in rows] if more else rows
    )


async def _finish(run: Statements, facts: StateFacts, run_before: int) -> None:
    """Continue the numbers where they are, and note what only this database wants to know."""
    await run.run("arrived_leases", run_before)
    for numbers in ("arrived_urls", "arrived_hosts"):
        await run.value(numbers)
    await run.value("arrived_journal", facts.end)
    if facts.first > 1:
        await run.run("new_meta", TRIMMED, msgspec.json.encode(facts.first - 1).decode())
    await run.run("new_meta", MOVED, facts.version)
    await run.connection.execute(f"ANALYZE {', '.join(table.name for table in TABLES)}")
