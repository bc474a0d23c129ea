"""Looking at a job from outside, even while workers are at it. Nothing is changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import timedelta

from asyncscrape.frontier.base import Failure, PageRead, SkippedUrl
from asyncscrape.frontier.postgres.job_schema.job_place import JobPlace, connect, disconnect
from asyncscrape.frontier.postgres.job_schema.job_tables import TEAMS, check
from asyncscrape.frontier.postgres.job_schema.transaction import JobWork
from asyncscrape.frontier.postgres.standings import standing_as_of
from asyncscrape.frontier.postgres.team.worker_views import with_workers
from asyncscrape.frontier.states import COUNTED, Stage
from asyncscrape.frontier.stored_rows import failure_of
from asyncscrape.model import PastRequest
from asyncscrape.postgres.explanations import explained
from asyncscrape.stats import Standing, Totals


class Looker:
    """Reads the state of a job over a connection of its own."""

    def __init__(self, place: JobPlace, lease: float) -> None:
        self._place = place
        self._lease = lease

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[tuple[JobWork, int]]:
        """A look at one moment, and the layout of the job's tables; 0 if it has none."""
        with explained(self._place.address):
            connection = await connect(self._place, self._lease)
            try:
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    yield JobWork(connection), await check(connection, self._place)
            finally:
                await disconnect(connection)

    async def standing(self) -> Standing | None:
        """The state of the job; None if nothing is stored yet and the job is not running."""
        async with self._opened() as (work, layout):
            running: bool = await work.value("locked", self._place.lock)
            if not layout:
                return Standing(Totals(), {}, None, running=True) if running else None
            running = running or await work.value("living", timedelta(seconds=self._lease))
            await work.look()
            standing = await standing_as_of(work, running=running)
            return standing if layout < TEAMS else await with_workers(work, standing, self._lease)

    async def failures(self) -> list[Failure]:
        """Every failed URL, in order of discovery."""
        async with self._opened() as (work, layout):
            return [failure_of(row) for row in (await work.rows("failures") if layout else ())]

    async def skipped(self) -> list[SkippedUrl]:
        """Every URL that was found and not fetched: skipped requests in order of discovery, then links by URL."""
        async with self._opened() as (work, layout):
            if not layout:
                return []
            requests = [
                SkippedUrl(row["url"], row["reason"] or "", row["detail"] or "", row["parent"] or "")
                for row in await work.rows("requests_skipped")
            ]
            links = await work.rows("links_left")
            return requests + [SkippedUrl(row["url"], row["reason"], "", row["parent"] or "") for row in links]

    async def pages_read(self) -> list[PageRead]:
        """Every page that was read, in order of discovery."""
        async with self._opened() as (work, layout):
            rows = await work.rows("pages_read") if layout else ()
            return [PageRead(row["url"], row["parent"] or "") for row in rows]

    async def past(self, kinds: Collection[str]) -> list[PastRequest]:
        """Every request of these kinds that was ever queued: kind by kind, in order of discovery."""
        async with self._opened() as (work, layout):
            return [
                PastRequest(row["url"], row["kind"], row["note"], COUNTED[Stage(row["state"])])
                for kind in kinds
                for row in (await work.rows("of_kind", kind) if layout else ())
            ]
