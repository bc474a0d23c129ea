"""The run as a whole: opens the parts, lets them work side by side, drains and closes them."""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack

import msgspec

from asyncscrape.config.models import Config
from asyncscrape.crawl.committer import Committer, Stored, set_within
from asyncscrape.crawl.dispatcher import Bounds, Dispatcher, End, Parts
from asyncscrape.crawl.exchange import Journey
from asyncscrape.crawl.host_policies import Manners, new_fetcher
from asyncscrape.crawl.scheduler import host_views
from asyncscrape.crawl.scope import Reach, reach
from asyncscrape.delivery.backpressure import Delivery
from asyncscrape.downloads.dedupe import Once
from asyncscrape.downloads.store_gate import Keeper
from asyncscrape.errors import AsyncscrapeError, Exit, StoreError
from asyncscrape.fetchers.http.fetcher import HttpFetcher
from asyncscrape.frontier.sqlite.lock import JobLock
from asyncscrape.frontier.sqlite.queue import Frontier, Notes
from asyncscrape.frontier.sqlite.reading import STATE_FILE, assemble, unopened
from asyncscrape.frontier.sqlite.thread import FrontierThread
from asyncscrape.model import BLOBS, Job, Kind, Request, Table
from asyncscrape.politeness.clock import Window
from asyncscrape.stats import Look, Meter, Snapshot
from asyncscrape.storage.build import build_blobs, build_stores
from asyncscrape.storage.s3.options import S3Options
from asyncscrape.units import in_words

log = logging.getLogger(__name__)

SEEDS_AT_ONCE = 2_000
SORTS = (Kind.PAGE, Kind.BLOB, Kind.SITEMAP)
LOOK_EVERY = 1.0
"""Seconds between two notes for `status` of how the run is doing."""


class Limits(msgspec.Struct, frozen=True):
    """Where this run is to stop, even if the job is not finished."""

    max_pages: int | None = None
    seconds: float | None = None


class Crawl:
    """One run of a job, from where the last one ended."""

    def __init__(self, config: Config, job: Job, *, limits: Limits) -> None:
        self._config = config
        self._job = job
        self._limits = limits
        self._epoch = time.time() - time.monotonic()
        self._begun = self.now()
        self._state = "running"
        self._note = "opening the job"
        self._interrupts = 0
        self._fault: BaseException | None = None
        self._work: asyncio.Task[None] | None = None
        self._meter = Meter()
        self._looked = 0.0
        self._frontier: Frontier | None = None
        self._before: dict[str, float] = {}
        """The totals when this run began."""

    def now(self) -> float:
        """Unix time on a clock that never jumps."""
        return self._epoch + time.monotonic()

    def interrupt(self) -> int:
        """Stop: the first time once open requests are over, the second time at once. Nothing is lost either way.

        How often it was called.
        """
        self._interrupts += 1
        if self._frontier is None or self._interrupts > 1:
            self._abandon()
        else:
            self._note = f"stopping: open requests get {in_words(self._config.fetch.drain_timeout)} to finish"
            self._delivery.leave_within(self._config.fetch.drain_timeout)
            self._dispatcher.stop("stopped")
        return self._interrupts

    def _abandon(self) -> None:
        if self._work is not None:
            self._work.cancel()

    # The run as a whole

    async def run(self) -> Snapshot:
        """Run to the end of the job, or to where it is stopped."""
        self._work = asyncio.create_task(self._run())
        try:
            await self._work
        except asyncio.CancelledError:
            if not self._interrupts and self._fault is None:
                raise
            self._state = "stopped"
        except StoreError as error:
            self._fault = self._fault or error
        if self._fault is not None:
            self._failed(self._fault)
        snapshot = self.snapshot()
        speed = (self._of_run("page.done") + self._of_run("page.failed")) / max(snapshot.seconds, 0.001)
        return msgspec.structs.replace(snapshot, exit=self._exit_code(), pages_per_second=round(speed, 1), left=None)

    def _failed(self, fault: BaseException) -> None:
        if not isinstance(fault, StoreError):
            raise fault
        self._state, self._note = "failed", str(fault)

    def _exit_code(self) -> int:
        if self._state != "finished":
            return Exit.STORE if self._state == "failed" else Exit.INTERRUPTED if self._interrupts else Exit.LIMIT
        totals = self._frontier.totals if self._frontier else {}
        failed, done = (sum(totals.get(f"{sort}.{state}", 0) for sort in SORTS) for state in ("failed", "done"))
        bad = failed and failed / (failed + done) > self._config.fetch.max_failure_ratio
        return Exit.FAILURES if bad else Exit.FINISHED

    async def _run(self) -> None:
        async with AsyncExitStack() as stack:
            frontier = await self._open(stack)
            self._note = ""
            stores = asyncio.create_task(self._watch_stores())
            commits = asyncio.create_task(self._commit())
            try:
                end = await self._crawl()
                self._committer.close()
                await commits
                await self._finish(end)
                # Only now, when the clocks of all hosts are stored. After any other end the next run takes what is
                # leased for requests that may have been sent.
                await self._thread.call(frontier.release)
            except AsyncscrapeError as error:
                self._fault = self._fault or error
                raise
            finally:
                for task in (stores, commits):
                    task.cancel()
                await asyncio.gather(stores, commits, return_exceptions=True)
                await self._leave_word(frontier)

    async def _leave_word(self, frontier: Frontier) -> None:
        """Let `status` tell afterwards why the run failed."""
        if not isinstance(self._fault, AsyncscrapeError):
            return
        self._state, self._note = "failed", str(self._fault)
        try:
            look = msgspec.json.encode(self._look()).decode()
            await self._thread.call(frontier.commit, (), Notes(look=look))
        except StoreError as error:  # it may be this very disk that is full
            log.debug("why the run failed could not be noted: %s", error)

    async def _watch_stores(self) -> None:
        self._on_fault(await self._delivery.failure())

    async def _commit(self) -> None:
        try:
            await self._committer.run()
        except Exception as error:
            self._on_fault(error)

    def _on_fault(self, error: BaseException) -> None:
        """Only the first ends the run: a second cancellation would disturb the closing of the parts."""
        if self._fault is None:
            self._fault = error
            self._abandon()

    # Opening

    async def _open(self, stack: AsyncExitStack) -> Frontier:
        """Open the parts, from the state file to the network, in the order in which each needs the other."""
        config = self._config
        self._thread = FrontierThread()
        stack.push_async_callback(self._thread.close)
        await self._thread.call(stack.enter_context, JobLock(config.directory))
        frontier = await self._thread.call(Frontier.open, config.directory / STATE_FILE)
        stack.push_async_callback(self._thread.call, frontier.close)
        tables = self._tables(frontier)
        await self._thread.call(frontier.agree, tables)
        self._before = dict(frontier.totals)
        s3 = S3Options(**config.s3)
        stores = build_stores(config.record_stores, config.directory, tables, frontier.job_id, s3)
        limits = (config.store.journal_limit, config.store.store_deadline)
        self._delivery = Delivery(self._thread, frontier, stores, limits, self._advanced)
        await self._delivery.register()
        self._committer = Committer(self._thread, frontier, self._notes, self.now, self._stored)
        places = await self._thread.call(reach, config, self._job.seeds())
        fetcher = await stack.enter_async_context(new_fetcher(config, places))
        self._keeper = Keeper(
            build_blobs(config.blob_store, config.directory, s3),
            Once(self._thread, frontier) if config.store.dedupe else None,
            config.store.store_deadline,
            self.now,
            self._on_fault,
        )
        stack.push_async_callback(self._keeper.close)
        await self._keeper.prepare(await self._thread.call(frontier.leased_paths))
        redirects = config.fetch.max_redirects
        journey = Journey(self._job, fetcher, self._keeper, places.scope, places.hosts, redirects, self.now)
        await self._open_dispatcher(frontier, fetcher, journey, places)
        # Last of all: what an earlier run left in the journal is delivered at once, and the dispatcher hears of it.
        stack.push_async_callback(self._delivery.close)
        await self._delivery.open()
        self._frontier = frontier
        return frontier

    def _tables(self, frontier: Frontier) -> tuple[Table, ...]:
        """The job's tables; also that of its files, when an earlier config made it store some."""
        tables = self._job.tables
        return (*tables, BLOBS) if BLOBS not in tables and frontier.totals.get(f"record.{BLOBS.name}") else tables

    async def _open_dispatcher(
        self, frontier: Frontier, fetcher: HttpFetcher, journey: Journey, places: Reach
    ) -> None:
        parts = Parts(
            self._thread,
            frontier,
            self._committer,
            fetcher,
            journey,
            self._keeper,
            Manners(self._config),
            self._bounds(frontier, places),
            self.now,
            self._on_fault,
        )
        saved = await self._thread.call(frontier.saved_hosts)
        self._dispatcher = Dispatcher(parts, saved, await self._thread.call(frontier.saved_robots))
        await self._thread.call(frontier.release)
        self._dispatcher.hosts.waiting(await self._thread.call(frontier.waiting), self.now())

    def _bounds(self, frontier: Frontier, places: Reach) -> Bounds:
        politeness, most = self._config.politeness, self._config.scope.max_pages
        before = frontier.totals.get("page.done", 0) + frontier.totals.get("page.failed", 0)
        of_job = math.inf if most is None else max(0, most - before)
        of_run = math.inf if self._limits.max_pages is None else self._limits.max_pages
        quota = Window(politeness.rate) if politeness.rate else None
        return Bounds(politeness.concurrency, quota, min(of_job, of_run), places.sitemaps_of)

    # Crawling

    async def _crawl(self) -> End:
        """Steps 1 to 8, until nothing is left to do or something stops the run."""
        timer = None
        if self._limits.seconds is not None:
            timer = asyncio.get_running_loop().call_later(self._limits.seconds, self._dispatcher.stop, "limit")
        try:
            await self._seed()
            end = await self._dispatcher.run()
            await self._dispatcher.drain(self._config.fetch.drain_timeout)
        finally:
            if timer is not None:
                timer.cancel()
            await self._dispatcher.abandon()
        return end

    async def _seed(self) -> None:
        """Step 1. Seeds of an earlier run are known already, so offering them again changes nothing."""
        seeds = self._job.seeds()
        while not self._dispatcher.stopped and (group := await self._thread.call(some_of, seeds)):
            self._committer.offer(group)
            await self._committer.write()

    async def _finish(self, end: End) -> None:
        """Let the stores take what is left. Tables are finished unless somebody waits for the run to stop."""
        over = asyncio.Event()
        telling = asyncio.create_task(self._tell_until(over))
        try:
            if end != "stopped":
                self._note = "making the finished tables"
            found = await self._delivery.end(tables=end != "stopped")
        finally:
            over.set()
            await telling
        self._committer.found(found or {})
        self._state = "finished" if end == "finished" and found is not None else "stopped"
        self._note = ""
        self._looked = 0.0
        await self._committer.write()

    async def _tell_until(self, over: asyncio.Event) -> None:
        """Let others see what the stores do, now that no commits come by."""
        while not await set_within(LOOK_EVERY, over):
            await self._committer.write()

    # News between the parts

    def _stored(self, stored: Stored) -> None:
        if stored.bytes:
            self._delivery.added(stored.records, stored.bytes)
        self._dispatcher.stored(stored)
        done = self._of_run("page.done") + self._of_run("page.failed")
        files = self._of_run("blob.done") + self._of_run("blob.failed")
        self._meter.note(self.now(), done, done + files, self._of_run("bytes"))

    def _advanced(self) -> None:
        """The journal has grown or shrunk: too much of it keeps the crawl waiting for the stores."""
        self._dispatcher.held_up = self._delivery.held_up()
        self._dispatcher.wake()

    def _notes(self) -> Notes:
        """What is stored beside the next group of outcomes."""
        look = ""
        if self.now() - self._looked >= LOOK_EVERY:
            self._looked = self.now()
            look = msgspec.json.encode(self._look()).decode()
        return Notes(self._dispatcher.traffic.moved_clocks(), self._dispatcher.gate.take_news(), look=look)

    # Being looked at

    def snapshot(self) -> Snapshot:
        """How the run is doing right now; requests, bytes and seconds are those of this run."""
        if self._frontier is None:
            return unopened(self._job.name, self._state, self._note)
        snapshot = assemble(self._job.name, self._frontier.totals, self._delivery.views(), self._look())
        own = {name: int(self._of_run(name)) for name in ("requests", "retries", "bytes", "dropped")}
        queued = sum(sort[state] for sort in (snapshot.pages, snapshot.files) for state in ("pending", "active"))
        return msgspec.structs.replace(snapshot, **own, left=self._meter.time_for(queued))

    def _of_run(self, total: str) -> float:
        totals = self._frontier.totals if self._frontier else {}
        return totals.get(total, 0) - self._before.get(total, 0)

    def _look(self) -> Look:
        pages, _, size = self._meter.speed()
        now = self.now()
        note = self._note or "; ".join(filter(None, (self._dispatcher.held_up, self._keeper.trouble)))
        seconds = round(now - self._begun, 3)
        return Look(
            self._state,
            dict(self._dispatcher.open_by_sort),
            host_views(self._dispatcher.hosts, now),
            note,
            seconds,
            round(pages, 1),
            round(size),
            {name: view for name, view in self._delivery.views().items() if view.trouble},
        )


def some_of(seeds: Iterator[Request]) -> list[Request]:
    """The next seeds, as many as go into one commit."""
    return list(itertools.islice(seeds, SEEDS_AT_ONCE))
