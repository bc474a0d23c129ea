"""The frontier for a single machine: the whole state of a job in one file in the job's folder."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from pathlib import Path

from asyncscrape.errors import UsageError
from asyncscrape.frontier.base import Failure, PageRead, SkippedUrl, Worker
from asyncscrape.frontier.sqlite import earlier_ends
from asyncscrape.frontier.sqlite.database import StateDatabase
from asyncscrape.frontier.sqlite.lock import JobLock
from asyncscrape.frontier.sqlite.looking import STATE_FILE, failures, pages_read, past, skipped, standing
from asyncscrape.frontier.sqlite.next_generation import begin
from asyncscrape.frontier.sqlite.requeue import requeue
from asyncscrape.frontier.sqlite.set_aside import BESIDE, moved_name
from asyncscrape.frontier.sqlite.state_file import StateFile
from asyncscrape.frontier.sqlite.thread import FrontierThread, in_thread
from asyncscrape.frontier.sqlite.worker import joined
from asyncscrape.model import Generation, PastRequest
from asyncscrape.stats import Standing
from asyncscrape.team import Team


class SqliteFrontier:
    """See `frontier.base.Frontier`. A lock on the folder allows one worker at a time."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def join(self, *, newest_first: bool = False, team: Team | None = None) -> AbstractAsyncContextManager[Worker]:
        """Take part in the job, alone."""
        if team is not None:
            raise UsageError(
                f"{self._directory / STATE_FILE}: a job whose state is a file has one worker; for several, name a "
                'Postgres database in the config: [frontier] url = "postgres://…"'
            )
        return joined(self._directory, newest_first)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[SqliteOwner]:
        """Keep everybody else out for the time being."""
        async with in_thread(JobLock(self._directory)) as (thread, _):
            yield SqliteOwner(thread, self._directory)

    async def standing(self) -> Standing | None:
        """The state of the job."""
        return await asyncio.to_thread(standing, self._directory)

    async def failures(self) -> list[Failure]:
        """Every failed URL."""
        return await asyncio.to_thread(failures, self._directory)

    async def skipped(self) -> list[SkippedUrl]:
        """Every URL that was found and not fetched."""
        return await asyncio.to_thread(skipped, self._directory)

    async def pages_read(self) -> list[PageRead]:
        """Every page that was read."""
        return await asyncio.to_thread(pages_read, self._directory)

    async def past(self, kinds: Collection[str]) -> list[PastRequest]:
        """Every request of these kinds."""
        return await asyncio.to_thread(past, self._directory, kinds)


class SqliteOwner:
    """See `frontier.base.Owner`."""

    def __init__(self, thread: FrontierThread, directory: Path) -> None:
        self._thread = thread
        self._path = directory / STATE_FILE

    async def requeue(self, pattern: re.Pattern[str] | None = None) -> int:
        """Put failed URLs back into the queue."""
        return await self._thread.call(self._requeue, pattern)

    def _requeue(self, pattern: re.Pattern[str] | None) -> int:
        if not self._path.exists():
            return 0
        with closing(StateDatabase.open(self._path)) as database:
            file = StateFile(database)
            earlier_ends.end(file)
            return requeue(file, pattern)

    async def begin_generation(self, *, reread: bool = False) -> Generation:
        """Begin the next generation."""
        return await self._thread.call(self._begin_generation, reread)

    def _begin_generation(self, reread: bool) -> Generation:
        with closing(StateDatabase.open(self._path)) as database:
            return begin(StateFile(database), reread=reread)

    async def erase(self) -> None:
        """Delete the state file and the files that SQLite keeps beside it; also one that was set aside."""
        await self._thread.call(self._erase)

    def _erase(self) -> None:
        # The file itself goes first, so that after a kill in between nobody resumes half a state.
        for path in (self._path, moved_name(self._path)):
            for suffix in ("", *BESIDE):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
