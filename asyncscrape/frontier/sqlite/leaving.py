"""The state of a job leaves its file, see `frontier/moving.py`: it is read while everybody else is kept out.

The file stays as it is until it is set aside, so that whatever happens before that costs nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from hashlib import blake2b
from pathlib import Path

import msgspec

from asyncscrape.errors import UsageError
from asyncscrape.frontier.generation_state import GenerationState
from asyncscrape.frontier.moving import TABLES, MovingTable, Row, StateFacts
from asyncscrape.frontier.sqlite.database import StateDatabase, statements
from asyncscrape.frontier.sqlite.lock import JobLock
from asyncscrape.frontier.sqlite.looking import STATE_FILE
from asyncscrape.frontier.sqlite.meaning import identity
from asyncscrape.frontier.sqlite.meta import StateMeta
from asyncscrape.frontier.sqlite.set_aside import moved_name, set_aside
from asyncscrape.frontier.sqlite.thread import FrontierThread, in_thread
from asyncscrape.model import Table, storable

MOST_AT_ONCE = 4_000_000
"""Characters and bytes in a portion, unless one row has more."""
SOME_AT_ONCE = 10_000
"""Rows in a portion."""


class LeavingFile:
    """See `moving.LeavingState`."""

    def __init__(self, thread: FrontierThread, database: StateDatabase, path: Path, facts: StateFacts) -> None:
        self._thread = thread
        self._database = database
        self._path = path
        self.facts = facts

    async def portions(self, table: MovingTable) -> AsyncIterator[Sequence[Row]]:
        """The rows of a table."""
        rows = await self._thread.call(_all_rows, self._database, table)
        while portion := await self._thread.call(_portion, rows):
            yield portion

    async def set_aside(self) -> None:
        """Close the file and give it its other name: the job is elsewhere now."""
        await self._thread.call(self._set_aside)

    def _set_aside(self) -> None:
        self._database.close()
        set_aside(self._path)


def _all_rows(database: StateDatabase, table: MovingTable) -> sqlite3.Cursor:
    return database.select(table.columns, _source(table))


def _source(table: MovingTable) -> str:
    """Where the rows of a table come from: its table, or a query for those that are not moved as they are."""
    query = statements().get(f"leaving_{table.name}")
    return f"({query})" if query else table.name


def _portion(rows: sqlite3.Cursor) -> Sequence[Row]:
    """The next rows. Other databases hold no NUL in a text; older versions have put some into this one."""
    portion: list[Row] = []
    size = 0
    for row in rows:
        values = tuple(row)
        size += sum(len(value) for value in values if isinstance(value, str | bytes))
        if any(isinstance(value, str) and "\0" in value for value in values):
            values = tuple(storable(value) if isinstance(value, str) else value for value in values)
        portion.append(values)
        if size >= MOST_AT_ONCE or len(portion) == SOME_AT_ONCE:
            break
    return portion


@asynccontextmanager
async def leaving(directory: Path) -> AsyncIterator[LeavingFile]:
    """The state in the folder of a job. Raises UsageError if nothing is there, JobRunning if the job is running."""
    path = directory / STATE_FILE
    async with in_thread(_opened(path)) as (thread, (database, facts)):
        yield LeavingFile(thread, database, path, facts)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[StateDatabase, StateFacts]]:
    _require(path)
    with JobLock(path.parent):
        _require(path)
        with closing(StateDatabase.open(path)) as database:
            yield database, _facts(database)


def _require(path: Path) -> None:
    """Refuse a folder without a state file, before anything is made there."""
    if path.exists():
        return
    if moved_name(path).exists():
        raise UsageError(f"{path} was moved before: {moved_name(path)} is what it was then. Go on with `run`")
    raise UsageError(f"there is no {path}, so nothing has to be moved: `run` begins the job in the database")


def _facts(database: StateDatabase) -> StateFacts:
    job_id = identity(database)
    meta = StateMeta(database)
    counts = {table.name: database.select(["count(*)"], _source(table)).fetchone()[0] for table in TABLES}
    return StateFacts(
        job_id,
        GenerationState(meta).generation,
        meta.load("tables", list[Table]) or [],
        dict(database.select(("id", "seq"), "store").fetchall()),
        _version(database),
        database.number("journal_begin"),
        database.number("journal_end"),
        counts["url"],
        sum(counts.values()),
    )


def _version(database: StateDatabase) -> str:
    """A hash of what every run changes: facts, totals and cursors."""
    small = [table for table in TABLES if table.name in ("meta", "store", "tally")]
    rows = [[tuple(row) for row in _all_rows(database, table)] for table in small]
    return blake2b(msgspec.json.encode([*rows, database.number("journal_end")]), digest_size=16).hexdigest()
