"""The run as a whole: open the parts, let them work side by side, drain and close them."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Awaitable, Iterator
from typing import NoReturn

import msgspec

from asyncscrape.config.models import Config
from asyncscrape.config.wishes_of import wishes_of
from asyncscrape.crawl.brakes import End
from asyncscrape.crawl.build import BUILDERS, Builders, Limits, Parts, opened
from asyncscrape.crawl.ending import Ending
from asyncscrape.crawl.judgement import Consent
from asyncscrape.crawl.status import Condition
from asyncscrape.crawl_job import Job
from asyncscrape.errors import AsyncscrapeError, Exit, Reason, StoreError
from asyncscrape.frontier.base import Frontier, Group
from asyncscrape.model import Request
from asyncscrape.quality.coverage import covered
from asyncscrape.snapshots import unopened
from asyncscrape.stats import RunState, Snapshot
from asyncscrape.team import Team
from asyncscrape.units import in_words

log = logging.getLogger(__name__)

SEEDS_AT_ONCE = 2_000
NO_CONSENT = Consent()


class Crawl:
    """One run of a job, from where the last one ended."""

    def __init__(
        self,
        config: Config,
        job: Job,
        frontier: Frontier,
        *,
        limits: Limits,
        consent: Consent = NO_CONSENT,
        builders: Builders = BUILDERS,
        team: Team | None = None,
    ) -> None:
        """`team` is for a worker that others may join."""
        self._config = config
        self._job = job
        self._frontier = frontier
        self._limits = limits
        self._consent = consent
        self._builders = builders
        self._team = team
        self._epoch = time.time() - time.monotonic()
        self._condition = Condition(self.now, config.scope.max_pages)
        self._interrupts = 0
        self._work: asyncio.Task[None] | None = None
        self._parts: Parts | None = None
        """The parts of the run, once all of them are open."""

    def now(self) -> float:
        """Unix time on a clock that never jumps."""
        return self._epoch + time.monotonic()

    def interrupt(self) -> int:
        """Stop: the first call lets open requests end, the second stops at once. Neither loses anything.

        The number of calls so far.
        """
        self._interrupts += 1
        if self._parts is None or self._interrupts > 1:
            if self._work is not None:
                self._work.cancel()
        else:
            patience = self._config.fetch.drain_timeout
            self._condition.stopping = True
            self._condition.set_note(f"stopping: open requests get {in_words(patience)} to finish")
            self._parts.stores.leave_within(patience)
            self._parts.dispatcher.stop(End.STOPPED)
        return self._interrupts

    def snapshot(self) -> Snapshot:
        """How the run is doing; requests, bytes and seconds are those of this run."""
        if self._parts is None:
            return unopened(self._job.name, self._condition.state, self._condition.note)
        return self._parts.status.snapshot()

    # The run as a whole

    async def run(self) -> Snapshot:
        """Run to the end of the job, or until it is stopped."""
        self._work = asyncio.create_task(self._run())
        try:
            await self._work
        except asyncio.CancelledError:
            if not self._interrupts:
                raise
            if self._condition.state is not RunState.FAILED:
                self._condition.enter(RunState.STOPPED)
        except StoreError as error:
            self._condition.enter(RunState.FAILED, str(error))
        snapshot = self.snapshot()
        if self._parts:
            snapshot = covered(snapshot, self._parts.status.totals, self._job.tables, wishes_of(self._config))
        ended = self._parts.status.pages_ended if self._parts else 0
        speed = round(ended / max(snapshot.seconds, 0.001), 1)
        return msgspec.structs.replace(snapshot, exit=self._exit_code(), pages_per_second=speed, left=None)

    def _exit_code(self) -> int:
        state = self._condition.state
        if state is RunState.FAILED:
            return Exit.STORE
        if state is not RunState.FINISHED and self._interrupts:
            return Exit.INTERRUPTED
        if self._condition.withheld:
            return Exit.USAGE
        if self._condition.refused:
            return Exit.FAILURES
        return Exit.FINISHED if state is RunState.FINISHED else Exit.LIMIT

    async def _run(self) -> None:
        place = (self._config, self._job, self._frontier, self._builders, self._limits)
        mix, team = self._consent.mix, self._team
        async with opened(*place, self._condition, self.now, mix=mix, team=team) as parts:
            self._parts = parts
            self._condition.set_note("")
            try:
                await self._work_with(parts)
            except AsyncscrapeError as error:
                await self._leave_word(parts, error)
                raise

    async def _work_with(self, parts: Parts) -> None:
        """Crawl and finish while stores and commits work beside it. The first failure ends everything."""
        try:
            async with asyncio.TaskGroup() as group:
                watched = [group.create_task(fails(part.failure())) for part in (parts.stores, parts.files)]
                commits = group.create_task(parts.committer.run())
                end = await self._crawl(parts)
                parts.committer.close()
                await commits
                ratio = self._config.fetch.max_failure_ratio
                await Ending(parts, self._condition, self._consent, ratio).finish(end)
                # Only now, when the clocks of all hosts are stored. After any other end, the next run must assume
                # that leased requests may have been sent.
                await parts.worker.release()
                for task in watched:
                    task.cancel()
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _leave_word(self, parts: Parts, fault: AsyncscrapeError) -> None:
        """Store why the run failed, for `status`; unless the frontier was away until it was given up."""
        self._condition.enter(RunState.FAILED, str(fault))
        if isinstance(fault, StoreError) and fault.passing:
            return
        try:
            await parts.worker.commit_and_take(Group(look=parts.status.look()), {}, self.now())
        except AsyncscrapeError as error:  # it may be this very disk that is full
            log.debug("why the run failed could not be noted: %s", error)

    # Crawling

    async def _crawl(self, parts: Parts) -> End:
        """Steps 1 to 8, until no work is left or the run is stopped."""
        timer = None
        if self._limits.seconds is not None:
            loop = asyncio.get_running_loop()
            timer = loop.call_later(self._limits.seconds, parts.dispatcher.stop, End.LIMIT)
        try:
            source = self._builders.source
            await self._seed(parts, source.requests() if source else self._job.seeds())
            end = await parts.dispatcher.run()
            if source and end is End.FINISHED and parts.status.totals.skipped.get(Reason.DAMAGED):
                await self._seed(parts, source.rest())
                end = await parts.dispatcher.run()
            await parts.dispatcher.drain(self._config.fetch.drain_timeout)
        finally:
            if timer is not None:
                timer.cancel()
            await parts.dispatcher.abandon()
        return end

    async def _seed(self, parts: Parts, seeds: Iterator[Request]) -> None:
        """Step 1. Seeds of an earlier run are known already, so offering them again changes nothing."""
        while not parts.dispatcher.stopped and (group := await asyncio.to_thread(some_of, seeds)):
            parts.committer.offer(group)
            await parts.committer.write()


def some_of(seeds: Iterator[Request]) -> list[Request]:
    """The next seeds, enough for one commit."""
    return list(itertools.islice(seeds, SEEDS_AT_ONCE))


async def fails(failure: Awaitable[Exception]) -> NoReturn:
    """Wait for a part to fail, and raise its failure."""
    raise await failure
