"""The row of a job's cursor, as the process that writes the tables moves it.

A process that is alone reads the whole journal. The row says what the tables hold, and if somebody else has moved it,
one of the two was started from a copy of the job's state.

Of several workers each reads a stream of its own (`shared`), and the row says which is the last batch of any stream.
So each goes on at its own place, and what comes again changes nothing. That also holds for a process that is alone
after others were there, since their streams may end at different places. One of them switches to a new generation;
the others then have to look anew where to write, and whoever belongs to an older generation is refused.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from asyncscrape.errors import StoreError, UsageError
from asyncscrape.model import Generation
from asyncscrape.postgres.address import Address
from asyncscrape.storage.postgres.preparing import WritingJob
from asyncscrape.storage.postgres.statements import own, statements
from asyncscrape.storage.postgres.writers import Writer

if TYPE_CHECKING:
    from asyncpg import Connection, Record


class JobCursor:
    """The cursor over one connection, once it is at its place."""

    def __init__(
        self, connection: Connection, address: Address, job: WritingJob, seq: int, last: int, *, shared: bool
    ) -> None:
        self.seq = seq
        """The tables hold everything up to here of what this process reads."""
        self.last = last
        """The last batch in the tables when the cursor was last looked at or moved here."""
        self._connection = connection
        self._address = address
        self._job = job
        self._shared = shared
        self._standing: Record | None = None

    @property
    def only(self) -> int | None:
        """The last batch that must still be the last one; None where others write, too."""
        return None if self._shared else self.last

    async def remember_standing(self) -> None:
        """Remember which generations the tables hold, once they are ready."""
        self._standing = await self._find_standing()

    async def check_standing(self) -> None:
        """Refuse to go on if another worker has changed the generation; for the caller's transaction."""
        if self._shared and await self._find_standing() != self._standing:
            raise StoreError(
                f"{self._address.label}: another worker has put a new generation in its place", passing=True
            )

    async def move(self, seq: int, earliest: datetime | None) -> None:
        """Note that the tables hold everything up to here, the first of it found at this time.

        The last statement of a transaction, since all workers need this row.
        """
        move = own("move_cursor", self._address.schema)
        if await self._connection.execute(move, self._job.id, self.only, seq, earliest) != "UPDATE 1":
            raise moved_by_another(self._address)

    def moved(self, seq: int) -> None:
        """The transaction that moved it has been committed."""
        self.seq, self.last = seq, max(self.last, seq)

    async def _find_standing(self) -> Record | None:
        return await self._connection.fetchrow(own("standing", self._address.schema), self._job.id)


def moved_by_another(address: Address) -> UsageError:
    """The error when the cursor is not where this process, which should be the only one, has left it."""
    return UsageError(
        f"{address.label}: another process has written records of this job in the meantime, perhaps "
        "from a copy of its state; run only one of them"
    )


async def begin_at(
    connection: Connection, address: Address, job: WritingJob, cursor: int, generation: Generation, *, shared: bool
) -> JobCursor:
    """The cursor at the place up to which the tables hold everything; never before `cursor`.

    A generation beside needs nothing from before it began.
    """
    row = await connection.fetchrow(own("cursor", address.schema), job.id)
    seq, streams = (row["seq"], row["streams"]) if row else (0, False)
    if cursor > seq and not (generation.beside and cursor == generation.begin):
        raise UsageError(
            f"{address.label}: the database holds fewer records than this job has delivered to it; was it restored "
            "from an older backup, or is it a different database? Bring the records back, name the right database, "
            "or start again with --fresh"
        )
    if row is None or cursor > seq or (shared and not streams):
        begin = own("begin_cursor", address.schema)
        await connection.execute(begin, job.id, cursor, datetime.now(UTC), shared)
    last = max(cursor, seq)
    at = cursor if shared or streams else last
    return JobCursor(connection, address, job, at, last, shared=shared)


async def be_among_others(connection: Connection) -> None:
    """Let the server end a transaction of this process in which it is silent for too long."""
    await connection.execute(statements()["among_others"])


def refuse_late(address: Address, one: Writer, generation: Generation) -> None:
    """Refuse a worker whose generation is over: its records belong nowhere, and a newer one must not be dropped."""
    newest = max(one.generation, one.beside or 0)
    if newest > generation.number:
        raise UsageError(
            f"{address.label}: generation {newest} of this job has begun since this worker joined generation "
            f"{generation.number}; start the worker again"
        )
