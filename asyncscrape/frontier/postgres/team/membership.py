"""A worker's place among the others: its lease, its transactions, and what happens if either is lost.

1. Each transaction of a worker begins with a sign of life, which locks its row: nobody can fence the worker before
   the transaction ends. If the row is fenced, or the last sign is older than a lease, everything is lost, and the
   worker goes on under a new id: it has no host, and nothing that it had taken. One that takes long ends with
   another sign: nobody could fence the worker meanwhile, so it has lost nothing.
2. The transaction stores its number. If the connection breaks while it is committed, the number tells, on the next
   connection, whether it was. Asking for it waits until the broken one has come to its end.
3. Between transactions a heartbeat gives signs of life, and fences workers that have given none for a lease. With
   each, one of a team learns what it may take, see `sharing.py`.
4. The lease is counted from before its sign was sent, so the worker knows less time than the server grants.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from asyncscrape.errors import AsyncscrapeError, JobRunning, StoreError, UsageError
from asyncscrape.frontier.postgres.job_schema.job_place import FAREWELL, JobPlace, connect, disconnect
from asyncscrape.frontier.postgres.job_schema.job_tables import prepare
from asyncscrape.frontier.postgres.job_schema.named_statements import Statements
from asyncscrape.frontier.postgres.job_schema.transaction import JobWork
from asyncscrape.frontier.postgres.team.entrance import refuse_others
from asyncscrape.frontier.postgres.team.recovery import recover
from asyncscrape.frontier.postgres.team.sharing import Sharing
from asyncscrape.lease_clock import now
from asyncscrape.postgres.explanations import explain, is_quarrel
from asyncscrape.process_name import process_name
from asyncscrape.team import Lease, Share, Team
from asyncscrape.units import in_words

if TYPE_CHECKING:
    from asyncpg import Connection

T = TypeVar("T")
log = logging.getLogger(__name__)

BEATS = 4
"""Signs of life in a lease, so that a lost one costs nothing."""
LOOKS = 1.0
"""Seconds between two looks at the others of a team, however long the lease."""
MARGIN = 0.25
"""The part of a lease that a worker leaves unused: a request that is about to be sent needs some time."""
QUARRELS = 20
"""Tries of a transaction that the server rolls back because another was in the way."""
TELLING = 2
"""Failures in a row after which the user is told: a connection that was cut is often replaced at once."""
PAUSE = 0.2
"""Seconds between tries to connect, and between looks at a worker whose lease should have ended."""


class Membership:
    """Runs the transactions of one worker, one after the other, over connections that may break."""

    def __init__(self, place: JobPlace, lease: float, patience: float, team: Team | None = None) -> None:
        self._place = place
        self._team = team
        self._sharing = Sharing(team, lease) if team else None
        self._seconds = lease
        self._patience = patience
        self._connection: Connection | None = None
        self._turn = asyncio.Lock()
        self._number = 0
        self._failures = 0
        self.id = 0
        self.job_id = ""
        self.reads = False
        """Whether this worker has registered stores."""
        self.lease = Lease()

    @property
    def shared(self) -> bool:
        """Whether others may work beside this worker."""
        return self._team is not None

    @property
    def share(self) -> Share:
        """What it may take."""
        return self._sharing.share if self._sharing else Share()

    # Being there

    async def leave(self) -> None:
        """Stop taking part: whatever is still leased counts as that of a dead worker."""
        try:
            async with asyncio.timeout(self._seconds), self._turn:
                await self._say_goodbye()
        except Exception as error:  # others will notice when the lease ends
            log.debug("leaving the job was not noted: %s", error)
        finally:
            await self._hang_up()

    async def _say_goodbye(self) -> None:
        if self._connection is not None and not self._connection.is_closed():
            work = JobWork(self._connection)
            async with self._connection.transaction():
                if await work.value("leave", self.id) is not None:
                    await bid_farewell(work, [self.id])

    async def beat(self) -> None:
        """Give signs of life, and fence those who give none, until cancelled."""
        pause = 0.0 if self.shared else self._seconds / BEATS
        while True:
            await asyncio.sleep(pause)
            with suppress(AsyncscrapeError):  # the lease runs out by itself
                pause = await self.run(self._look_around)

    async def _look_around(self, work: JobWork) -> float:
        """Seconds until the next look: one of a team looks at the others, above all when the lease of one may end."""
        await self.reap(work)
        pause = self._seconds / BEATS
        if self._sharing is None:
            return pause
        await self._sharing.renew(work)
        await recover(work)
        end: float = await work.value("next_end", timedelta(seconds=self._seconds))
        return min(pause, LOOKS, max(PAUSE, end))

    async def reap(self, work: JobWork) -> None:
        """Fence workers that have been silent for too long."""
        if gone := [row["id"] for row in await work.rows("fence", timedelta(seconds=self._seconds))]:
            await bid_farewell(work, gone)

    # Transactions

    async def run(self, step: Callable[[JobWork], Awaitable[T]]) -> T:
        """Run a step in a transaction that is stored once, or not at all; also over a server that is restarted.

        If the caller is cancelled, the transaction comes to its end all the same.
        """
        deadline = now() + self._patience
        async with self._turn:
            self._number += 1
            return await to_its_end(self._until_stored(step, deadline))

    async def _until_stored(self, step: Callable[[JobWork], Awaitable[T]], deadline: float) -> T:
        quarrels = 0
        attempt: Attempt[T] | None = None
        while True:
            try:
                connection = await self._connected()
                if attempt is None or not await attempt.was_stored(connection, self._number):
                    attempt = Attempt(JobWork(connection, self.id), step)
                    await attempt.make(self._sign, self._seconds / BEATS)
                return self._stored(attempt)
            except asyncio.CancelledError:
                self._drop()
                raise
            except Exception as error:
                if is_quarrel(error) and quarrels < QUARRELS:
                    attempt, quarrels = None, quarrels + 1
                    continue
                if attempt is not None and not attempt.complete:
                    attempt = None
                await self._recover(error, deadline)

    def _stored(self, attempt: Attempt[T]) -> T:
        self.id = attempt.work.worker
        self.lease = Lease(self.id, attempt.began + self._seconds * (1 - MARGIN))
        self._failures = 0
        for remember in attempt.work.after:
            remember()
        return attempt.answer

    async def _sign(self, work: JobWork) -> None:
        """The first statement of a transaction: a sign of life, or a new beginning."""
        share, lease = self.share, timedelta(seconds=self._seconds)
        told = share.workers, share.place is not None
        if work.worker and await work.value("beat", work.worker, self._number, lease, *told):
            return
        await self.reap(work)
        await refuse_others(work, self._place, self._seconds, alone=not self.shared)
        work.worker = await work.value("worker_join", self._number, self.reads, *self._described())
        if self.reads:
            await work.run("begin_places", work.worker)
        if self._sharing:
            await self._sharing.begin(work)

    def _described(self) -> tuple[str, bool, int, int | None]:
        """What the worker says of itself: its name, whether it is alone, and what it expects of its team."""
        if self._team is None:
            return process_name(), True, 1, None
        expected = 1 if self.id else self._team.expected  # who comes back under a new id was there before
        return self._team.name, False, expected, self._team.most

    # Connections

    async def _connected(self) -> Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect(self._place, self._seconds)
            await self._enter(self._connection)
        return self._connection

    async def _enter(self, connection: Connection) -> None:
        """Keep owners out, and make sure that it is still the same job."""
        label = self._place.address.label
        if not await Statements(connection).value("share_lock", self._place.lock):
            await self._hang_up()
            raise JobRunning(
                f"{label}: another command needs the job for itself at the moment; try again when it has ended"
            )
        job_id = await prepare(connection, self._place)
        if self.job_id and job_id != self.job_id:
            await self._hang_up()
            raise UsageError(f"{label}: the job was started anew while this worker was cut off")
        self.job_id = job_id

    async def _recover(self, error: Exception, deadline: float) -> None:
        """Wait before another try, if the trouble may pass; or raise it in plain words."""
        told = explain(error, self._place.address)
        if not isinstance(told, StoreError) or not told.passing:
            raise told from error
        await self._hang_up()
        if now() > deadline:
            patience = in_words(self._patience)
            given_up = f"{told}; after {patience} this was given up; the same command goes on when it is mended"
            raise StoreError(given_up, passing=True) from error
        self._failures += 1
        if self._failures == TELLING:
            log.warning("%s; it gets %s to come back", told, in_words(self._patience))
        await asyncio.sleep(PAUSE)

    def _drop(self) -> None:
        """Leave a connection that may be in the middle of a transaction."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _hang_up(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await disconnect(connection)


class Attempt(Generic[T]):
    """One try of a transaction."""

    def __init__(self, work: JobWork, step: Callable[[JobWork], Awaitable[T]]) -> None:
        self.work = work
        self.began = now()
        self._step = step
        self._answers: list[T] = []

    async def make(self, sign: Callable[[JobWork], Awaitable[None]], long: float) -> None:
        """Run it; after so many seconds, the sign of life at its beginning is too old."""
        async with self.work.connection.transaction():
            await sign(self.work)
            answer = await self._step(self.work)
            await self.work.end()
            if now() - self.began > long:
                self.began = now()
                await self.work.run("still_there", self.work.worker)
            self._answers.append(answer)

    @property
    def complete(self) -> bool:
        """Whether everything was done, and only the commit may have failed."""
        return bool(self._answers)

    @property
    def answer(self) -> T:
        """What the step has given."""
        return self._answers[0]

    async def was_stored(self, connection: Connection, number: int) -> bool:
        """Whether it was committed although no answer came."""
        return bool(await Statements(connection).value("commits", self.work.worker) == number)


async def to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Wait for work; when cancelled, let it come to its end first, unless that takes long."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    finally:
        if not task.done():
            await asyncio.wait([task], timeout=FAREWELL)
            task.cancel()


async def bid_farewell(work: JobWork, gone: list[int]) -> None:
    """Take from fenced workers what needs no order: their totals, and the bundles that they were closing."""
    await work.run("free_bundles", gone)
    await work.run("fold_tallies", gone)
    await work.run("drop_tallies", gone)
