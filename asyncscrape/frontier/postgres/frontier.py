"""The frontier for many workers: the whole state of a job in a schema of a Postgres database."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import TypeVar

from asyncscrape.errors import JobRunning
from asyncscrape.frontier.base import Failure, PageRead, SkippedUrl, Worker
from asyncscrape.frontier.postgres import earlier_ends
from asyncscrape.frontier.postgres.job_schema.job_place import JobPlace, connect, disconnect, place_of
from asyncscrape.frontier.postgres.job_schema.job_tables import check, drop, prepare
from asyncscrape.frontier.postgres.job_schema.transaction import JobWork
from asyncscrape.frontier.postgres.looking import Looker
from asyncscrape.frontier.postgres.next_generation import begin_generation
from asyncscrape.frontier.postgres.requeue import requeue
from asyncscrape.frontier.postgres.team.entrance import until_free
from asyncscrape.frontier.postgres.team.membership import bid_farewell
from asyncscrape.frontier.postgres.worker import joined
from asyncscrape.model import Generation, PastRequest
from asyncscrape.postgres.address import Address
from asyncscrape.postgres.explanations import explained
from asyncscrape.stats import Standing
from asyncscrape.team import Team

T = TypeVar("T")

LEASE = 8.0
"""Seconds after which the hosts of a silent worker go to others."""
PATIENCE = 60.0
"""Seconds for which a call waits for a server that is away."""


class PostgresFrontier:
    """See `frontier.base.Frontier`."""

    def __init__(
        self,
        address: Address,
        job: str,
        *,
        lease: float = LEASE,
        patience: float = PATIENCE,
    ) -> None:
        self._place = place_of(address, job)
        self._lease = lease
        self._patience = patience
        self._looker = Looker(self._place, lease)

    def join(self, *, newest_first: bool = False, team: Team | None = None) -> AbstractAsyncContextManager[Worker]:
        """Take part in the job, as one of a team, or alone."""
        return joined(self._place, self._lease, self._patience, newest_first, team)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[PostgresOwner]:
        """Keep everybody else out for the time being."""
        await until_free(self._place, self._lease, alone=True)
        with explained(self._place.address):
            connection = await connect(self._place, self._lease)
        try:
            owner = PostgresOwner(JobWork(connection), self._place, self._lease)
            await owner.enter()
            yield owner
        finally:
            await disconnect(connection)

    async def standing(self) -> Standing | None:
        """The state of the job."""
        return await self._looker.standing()

    async def failures(self) -> list[Failure]:
        """Every failed URL."""
        return await self._looker.failures()

    async def skipped(self) -> list[SkippedUrl]:
        """Every URL that was found and not fetched."""
        return await self._looker.skipped()

    async def pages_read(self) -> list[PageRead]:
        """Every page that was read."""
        return await self._looker.pages_read()

    async def past(self, kinds: Collection[str]) -> list[PastRequest]:
        """Every request of these kinds."""
        return await self._looker.past(kinds)


class PostgresOwner:
    """See `frontier.base.Owner`."""

    def __init__(self, session: JobWork, place: JobPlace, lease: float) -> None:
        self._session = session
        self._place = place
        self._lease = timedelta(seconds=lease)

    async def enter(self) -> None:
        """Lock all others out, and upgrade the tables. A killed worker counts as running until its lease ends."""
        with explained(self._place.address):
            free = await self._session.value("sole_lock", self._place.lock)
            if free and await check(self._session.connection, self._place):
                await prepare(self._session.connection, self._place)
                await self._fence()
                free = not await self._session.value("living", self._lease)
        if not free:
            raise JobRunning(
                f"{self._place.address.label}: the job is already running; watch it with `asyncscrape status`, or "
                "stop its workers first"
            )

    async def _fence(self) -> None:
        async with self._session.connection.transaction():
            if gone := [row["id"] for row in await self._session.rows("fence", self._lease)]:
                await bid_farewell(self._session, gone)

    async def requeue(self, pattern: re.Pattern[str] | None = None) -> int:
        """Put failed URLs back into the queue."""

        async def step(work: JobWork) -> int:
            await earlier_ends.end_rereading(work)
            return await requeue(work, pattern)

        with explained(self._place.address):
            return await self._run(step) if await check(self._session.connection, self._place) else 0

    async def begin_generation(self, *, reread: bool = False) -> Generation:
        """Begin the next generation."""
        with explained(self._place.address):
            await prepare(self._session.connection, self._place)
            return await self._run(lambda work: begin_generation(work, reread=reread))

    async def erase(self) -> None:
        """Drop the schema of the job."""
        with explained(self._place.address):
            await drop(self._session.connection, self._place)

    async def _run(self, step: Callable[[JobWork], Awaitable[T]]) -> T:
        work = JobWork(self._session.connection)
        async with work.connection.transaction():
            answer = await step(work)
            await work.end()
        return answer
