"""Records as tables of a Postgres database.

`open` prepares, in one transaction and one process at a time: our own tables by migrations, the record tables from
the config, the job's cursor. `write` takes batches and moves the cursor in one transaction, so a crash between the
two cannot happen. The database's cursor, not the journal's, says what the tables hold: if a connection breaks while
the answer to COMMIT is on its way, `open` finds out what became of it. So at-least-once delivery has exactly-once
effect.

After a failure nothing is mended: the connection is dropped, and `open` makes a new one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from asyncscrape.destinations import PostgresDestination
from asyncscrape.errors import StoreError, UsageError
from asyncscrape.model import Batch, Table
from asyncscrape.records.chunks import Bounds, chunks
from asyncscrape.storage.postgres.address import Address, address_of
from asyncscrape.storage.postgres.complaints import explained, is_quarrel
from asyncscrape.storage.postgres.connection import connect, disconnect, transaction
from asyncscrape.storage.postgres.loader import Loader
from asyncscrape.storage.postgres.preparing import begin_at, lock, make_schema, make_tables, note_tables
from asyncscrape.storage.postgres.probing import probe
from asyncscrape.storage.postgres.statements import own, statements

if TYPE_CHECKING:
    from asyncpg import Connection

STATEMENT_TIMEOUT = 60.0
"""Seconds after which a statement without an answer means that the server, or the way to it, is gone."""
QUARRELS = 3
"""Times that a write is tried again at once because another client was in the way."""
CHUNK = Bounds(rows=50_000, bytes=8_000_000)
"""What is read, copied and merged at once."""
BEGIN = "BEGIN; SET CONSTRAINTS ALL IMMEDIATE"
"""A constraint that waits for the commit could not say which row it refuses."""


class PostgresStore:
    """Keeps the records of a job in one schema of a database."""

    appetite = 8_000_000
    patience = 1.0

    def __init__(
        self,
        destination: PostgresDestination,
        tables: Sequence[Table],
        *,
        job: str,
        name: str,
        source: str = "",
        timeout: float = STATEMENT_TIMEOUT,
        chunk: Bounds = CHUNK,
    ) -> None:
        """`job` is the random id of the job's state: a job that is begun anew is another one.

        `source` is where the config's word was kept, when it must not be shown.
        """
        self.names = (name,)
        self._address = address_of(destination, source)
        self._tables = tuple(tables)
        self._job = job
        self._timeout = timeout
        self._chunk = chunk
        self._session: _Session | None = None

    @property
    def id(self) -> str:
        """The same for the same database and schema, whoever asks for it and wherever it has moved."""
        return self._address.id

    async def probe(self) -> str:
        """Which server answers, and how many of the job's tables are there; raises what `open` would."""
        with explained(self._address):
            connection = await connect(self._address, self._timeout)
            try:
                return await probe(connection, self._address, self._tables)
            finally:
                await disconnect(connection)

    async def open(self, cursor: int) -> int:
        """Connect, make what is missing, refuse what does not fit; the place up to which all is in the tables."""
        await self.close()
        with explained(self._address):
            connection = await connect(self._address, self._timeout)
            try:
                self._session = await _prepared(connection, self._address, self._tables, self._job, cursor)
            except BaseException:
                connection.terminate()
                raise
        return self._session.seq

    async def write(self, batches: Sequence[Batch]) -> None:
        """Take these batches and move the cursor, in one transaction."""
        for quarrels in range(QUARRELS):
            try:
                return await self._write(batches, alone=quarrels > 0)
            except StoreError as error:
                if self._session is None or not is_quarrel(error.__cause__):
                    raise
                await self.open(self._session.seq)
        return await self._write(batches, alone=True)

    async def finish(self) -> Mapping[str, int]:
        """Nothing is left to do: the tables are there since `open`.

        How many records they hold is not told, for other jobs may write to them too; what the journal counted stands.
        """
        return {}

    async def close(self) -> None:
        """Let go of the connection."""
        session, self._session = self._session, None
        if session is not None:
            await disconnect(session.connection)

    async def _write(self, batches: Sequence[Batch], *, alone: bool) -> None:
        if self._session is None:
            raise StoreError(f"{self._address.label}: the connection was lost", passing=True)
        try:
            with explained(self._address):
                await self._session.write(batches, self._chunk, alone=alone)
        except BaseException:
            self._session.connection.terminate()
            raise


class _Session:
    """A connection whose tables are prepared."""

    def __init__(self, connection: Connection, address: Address, job: str, loader: Loader, seq: int) -> None:
        self.connection = connection
        self.seq = seq
        """Everything up to here is in the tables."""
        self._address = address
        self._job = job
        self._loader = loader

    async def write(self, batches: Sequence[Batch], chunk: Bounds, *, alone: bool) -> None:
        """All of the batches that are not in the tables yet, or none; beside other jobs' writes, or alone."""
        fresh = [batch for batch in batches if batch.seq > self.seq]
        if not fresh:
            return
        self._loader.begin()
        pieces = list(chunks(fresh, chunk))
        in_order = len(pieces) == len({table for table, _ in pieces})
        async with transaction(self.connection, BEGIN):
            together = in_order and not alone
            lock_writes = statements()["write_together" if together else "write_alone"]
            await self.connection.execute(lock_writes, self._address.schema)
            for table, lines in pieces:
                await self._loader.load(table, lines)
            await self._move(fresh[-1].seq)
        self.seq = fresh[-1].seq

    async def _move(self, seq: int) -> None:
        move = own("move_cursor", self._address.schema)
        if await self.connection.execute(move, self._job, self.seq, seq) != "UPDATE 1":
            raise UsageError(
                f"{self._address.label}: another process has written records of this job meanwhile, perhaps from a "
                "copy of its state; run only one of them"
            )


async def _prepared(
    connection: Connection, address: Address, tables: Sequence[Table], job: str, cursor: int
) -> _Session:
    async with transaction(connection):
        await lock(connection, address)
        await make_schema(connection, address)
        seq = await begin_at(connection, address, job, cursor)
        shapes = await make_tables(connection, address, tables, job)
        await note_tables(connection, address, job, shapes)
    return _Session(connection, address, job, Loader(connection, address, job, shapes), seq)
