"""Records as tables of a Postgres database.

`open` prepares, in one transaction and one process at a time, our own tables (by migrations), the record tables (from
the config) and the job's cursor. `write` stores batches and moves the cursor in one transaction, so no crash can come
between the two. The database's cursor, not the journal's, says what the tables hold: if the connection breaks while
the answer to COMMIT is on its way, `open` finds out whether the commit succeeded. So at-least-once delivery has
exactly-once effect. A generation beside is written to tables of its own, see `generations.py`.

After a failure nothing is repaired: the connection is dropped, and `open` makes a new one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from asyncscrape.destinations import PostgresDestination
from asyncscrape.errors import StoreError
from asyncscrape.expectations import TableExpectation
from asyncscrape.facts import TableFacts
from asyncscrape.model import FIRST, Batch, Generation, Table
from asyncscrape.postgres.address import Address, address_of
from asyncscrape.postgres.explanations import explained, is_quarrel
from asyncscrape.records.chunks import Bounds, chunks
from asyncscrape.records.lines import TOMBSTONE
from asyncscrape.storage.base import NOTHING_EXPECTED
from asyncscrape.storage.postgres.catalog import NEXT
from asyncscrape.storage.postgres.connection import connect, disconnect, transaction
from asyncscrape.storage.postgres.generations import begin_generation, changes, make_next
from asyncscrape.storage.postgres.job_cursor import JobCursor, be_among_others, begin_at, refuse_late
from asyncscrape.storage.postgres.known_facts import KnownFacts, about, known_facts, note_facts
from asyncscrape.storage.postgres.loader import MOST_STAGES, Loader
from asyncscrape.storage.postgres.preparing import (
    WritingJob,
    lock,
    make_schema,
    make_tables,
    note_tables,
)
from asyncscrape.storage.postgres.probing import probe
from asyncscrape.storage.postgres.statements import statements
from asyncscrape.storage.postgres.switching import switch
from asyncscrape.storage.postgres.table_facts import facts_of
from asyncscrape.storage.postgres.writers import be_at_work, itself, writers

if TYPE_CHECKING:
    from asyncpg import Connection

STATEMENT_TIMEOUT = 60.0
"""Seconds without an answer to a statement after which the server, or the way to it, counts as gone."""
QUARRELS = 3
"""How often a write is tried again at once because another client was in the way."""
CHUNK = Bounds(rows=50_000, bytes=8_000_000)
"""The most that is read, copied and merged at once."""
TABLES_AT_ONCE = MOST_STAGES
"""The most tables that are made, or written to, in one transaction: each takes several of the server's locks."""
BEGIN = "BEGIN; SET CONSTRAINTS ALL IMMEDIATE"
"""A constraint deferred to the commit could not say which row it refuses."""


class PostgresStore:
    """Keeps the records of a job in one schema of a database."""

    appetite = 8_000_000
    takes_answers = False
    patience = 1.0

    def __init__(
        self,
        destination: PostgresDestination,
        tables: Sequence[Table],
        *,
        job: str,
        name: str,
        job_name: str = "",
        source: str = "",
        shared: bool = False,
        timeout: float = STATEMENT_TIMEOUT,
        chunk: Bounds = CHUNK,
    ) -> None:
        """`job` is the random id of the job's state: a job that starts again with --fresh gets a new one,
        and keeps its `job_name`.

        `source` says where a secret address is kept, for example "env:DATABASE_URL". If the job is `shared`, other
        workers may write at the same time, see `job_cursor.py`.
        """
        self.names = (name,)
        self._address = address_of(destination, source)
        self._tables = tuple(tables)
        self._job = WritingJob(job, job_name)
        self._shared = shared
        self._timeout = timeout
        self._chunk = chunk
        self._session: _Session | None = None

    @property
    def id(self) -> str:
        """The same for the same database and schema, whichever user connects and wherever it has moved."""
        return self._address.id

    async def probe(self, generation: Generation = FIRST) -> str:
        """The version of the server, and how many of the job's tables exist; raises whatever `open` would raise."""
        with explained(self._address):
            connection = await connect(self._address, self._timeout)
            try:
                return await probe(connection, self._address, self._tables, self._job, generation)
            finally:
                await disconnect(connection)

    async def open(self, cursor: int, generation: Generation = FIRST) -> int:
        """Connect, create what is missing, refuse what does not fit; the place where the store goes on."""
        await self.close()
        with explained(self._address):
            connection = await connect(self._address, self._timeout)
            try:
                self._session = await _prepared(
                    connection, self._address, self._tables, self._job, cursor, generation, shared=self._shared
                )
            except BaseException:
                connection.terminate()
                raise
        return self._session.cursor.seq

    async def write(self, batches: Sequence[Batch]) -> None:
        """Store these batches and move the cursor, in one transaction."""
        for quarrels in range(QUARRELS):
            try:
                return await self._write(batches, alone=quarrels > 0)
            except StoreError as error:
                if self._session is None or not is_quarrel(error.__cause__):
                    raise
                await self.open(self._session.cursor.seq, self._session.generation)
        return await self._write(batches, alone=True)

    async def finish(self, expected: Mapping[str, TableExpectation] = NOTHING_EXPECTED) -> Mapping[str, TableFacts]:
        """The facts about each table; beside the tables in place there is one more, how the two differ.

        The tables themselves are always up to date. Only rows that were found since this state of the job began
        count: so not those that stayed when it started again with --fresh. In a table that several jobs fill, rows
        that others have written since then count, too. What is known is told without reading the tables again.
        """
        session = self._connected()
        async with self._using(session):
            return await session.facts(expected)

    async def switch(self) -> None:
        """Put the tables of a generation beside in the place of the last one's, in one transaction."""
        session = self._connected()
        if session.beside:
            async with self._using(session):
                await session.switch()
            await self.open(session.cursor.seq, session.generation)

    async def close(self) -> None:
        """Close the connection."""
        session, self._session = self._session, None
        if session is not None:
            await disconnect(session.connection)

    async def _write(self, batches: Sequence[Batch], *, alone: bool) -> None:
        session = self._connected()
        async with self._using(session):
            await session.write(batches, self._chunk, alone=alone)

    def _connected(self) -> _Session:
        if self._session is None:
            raise StoreError(f"{self._address.label}: the connection was lost", passing=True)
        return self._session

    @asynccontextmanager
    async def _using(self, session: _Session) -> AsyncIterator[None]:
        """Explain what goes wrong inside; the connection is not used again after that."""
        try:
            with explained(self._address):
                yield
        except BaseException:
            session.connection.terminate()
            raise


class _Session:
    """A connection to prepared tables."""

    def __init__(
        self,
        connection: Connection,
        address: Address,
        tables: Sequence[Table],
        job: WritingJob,
        loader: Loader,
        cursor: JobCursor,
        generation: Generation,
        beside: bool,
    ) -> None:
        self.connection = connection
        self.cursor = cursor
        self.generation = generation
        self.beside = beside
        """Whether the generation is in tables beside those in place."""
        self._address = address
        self._tables = tables
        self._job = job
        self._loader = loader

    async def write(self, batches: Sequence[Batch], chunk: Bounds, *, alone: bool) -> None:
        """Write the batches that the tables lack, alongside other jobs' writes, or alone.

        All or none; of those of very many tables, so many that the server can lock their tables at once.
        """
        for some in of_few_tables([batch for batch in batches if batch.seq > self.cursor.seq], TABLES_AT_ONCE):
            await self._write(some, chunk, alone=alone)

    async def _write(self, fresh: Sequence[Batch], chunk: Bounds, *, alone: bool) -> None:
        pieces = list(chunks([batch for batch in fresh if batch.lines], chunk))
        in_order = len(pieces) == len({table for table, _ in pieces})
        withdrawing = any(TOMBSTONE in lines for _, lines in pieces)
        together = in_order and not withdrawing and not alone
        if not await self._written(pieces, fresh[-1].seq, together=together):
            await self._written(pieces, fresh[-1].seq, together=False)

    async def _written(self, pieces: Sequence[tuple[str, bytes]], seq: int, *, together: bool) -> bool:
        """Write all or nothing. Nothing, if it turns out that these tables are not to be written to together."""
        async with transaction(self.connection, BEGIN):
            lock_writes = statements()["write_together" if together else "write_alone"]
            await self.connection.execute(lock_writes, self._address.schema)
            await self.cursor.check_standing()
            await self._loader.begin({table for table, _ in pieces})
            if together and self._loader.any_sweeps:
                return False
            for table, lines in pieces:
                await self._loader.load(table, lines)
            if self._loader.grown:
                await self._note_tables()
            await self.cursor.move(seq, self._loader.earliest)
        self.cursor.moved(seq)
        return True

    async def _note_tables(self) -> None:
        suffix = NEXT if self.beside else ""
        await note_tables(self.connection, self._address, self._job, self._loader.shapes, suffix, more=True)

    async def facts(self, expected: Mapping[str, TableExpectation]) -> Mapping[str, TableFacts]:
        """The facts about the tables; those beside are compared with the ones in place."""
        async with self.connection.transaction(isolation="repeatable_read", readonly=True):
            await self.cursor.check_standing()
            there = await writers(self.connection, self._address)
            one = itself(there, self._job)
            what = about(there, self._job, self.generation, self.beside, self._loader.shapes, expected)
            known = await known_facts(self.connection, self._address, self._job, what)
            if known is not None:
                return known
            facts = await self._facts(expected, None if self.beside else one.begun_at)
        await note_facts(self.connection, self._address, self._job, one.writes, KnownFacts(what, facts))
        return facts

    async def _facts(self, expected: Mapping[str, TableExpectation], since: datetime | None) -> dict[str, TableFacts]:
        shapes, suffix = self._loader.shapes, NEXT if self.beside else ""
        facts = await facts_of(self.connection, self._address, shapes, suffix, expected, since)
        if not self.beside:
            return facts
        found = await changes(self.connection, self._address, shapes)
        return {name: msgspec.structs.replace(one, changes=found[name]) for name, one in facts.items()}

    async def switch(self) -> None:
        """Put the tables beside in the place of the old ones."""
        async with transaction(self.connection):
            await lock(self.connection, self._address)
            await self.connection.execute(statements()["write_alone"], self._address.schema)
            await self.cursor.check_standing()
            await switch(
                self.connection,
                self._address,
                self._job,
                self.cursor.only,
                self.generation,
                self._tables,
                self._loader.shapes,
            )


async def _prepared(
    connection: Connection,
    address: Address,
    tables: Sequence[Table],
    job: WritingJob,
    cursor: int,
    generation: Generation,
    *,
    shared: bool,
) -> _Session:
    if shared:
        await be_among_others(connection)
    if len(tables) > TABLES_AT_ONCE and not generation.beside:
        await _make_many(connection, address, tables, job)
    async with transaction(connection):
        await lock(connection, address)
        await make_schema(connection, address)
        await be_at_work(connection, address, job)
        place = await begin_at(connection, address, job, cursor, generation, shared=shared)
        if shared:
            refuse_late(address, itself(await writers(connection, address), job), generation)
        beside = await begin_generation(connection, address, tables, job, generation)
        if beside:
            shapes = await make_next(connection, address, tables, job, generation, place.last)
        else:
            shapes = await make_tables(connection, address, tables, job)
        suffix = NEXT if beside else ""
        await note_tables(connection, address, job, shapes, suffix, more=beside)
        await place.remember_standing()
    loader = Loader(connection, address, shapes, suffix)
    return _Session(connection, address, tables, job, loader, place, generation, beside)


async def _make_many(connection: Connection, address: Address, tables: Sequence[Table], job: WritingJob) -> None:
    """Make more tables than a server can lock in one transaction; what follows finds them there."""
    for start in range(0, len(tables), TABLES_AT_ONCE):
        async with transaction(connection):
            await lock(connection, address)
            await make_schema(connection, address)
            await make_tables(connection, address, tables[start : start + TABLES_AT_ONCE], job)


def of_few_tables(batches: Sequence[Batch], most: int) -> Iterator[list[Batch]]:
    """The batches in their order, in groups that are of so many tables at most."""
    group: list[Batch] = []
    tables: set[str] = set()
    for batch in batches:
        if batch.table not in tables and len(tables) == most:
            yield group
            group, tables = [], set()
        group.append(batch)
        tables.add(batch.table)
    if group:
        yield group
