"""Steps 2 to 5 and 8 of the crawl: from a host whose turn it is to an outcome, and from new links to their hosts."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any, Literal

import msgspec

from asyncscrape.crawl.committer import Committer, Stored
from asyncscrape.crawl.gate import Gate
from asyncscrape.crawl.journey import Journey, Travelled, failed
from asyncscrape.crawl.manners import Manners
from asyncscrape.crawl.scheduler import GivenUp, Host, Scheduler, Turn
from asyncscrape.errors import FetchError, StoreError
from asyncscrape.fetchers.http import HttpFetcher
from asyncscrape.frontier.sqlite import Frontier, SavedHost, sort_of
from asyncscrape.frontier.thread import FrontierThread
from asyncscrape.model import PAGE, SITEMAP, Outcome, Request, Response
from asyncscrape.politeness.clock import HostClock, Signal, Window
from asyncscrape.politeness.decisions import classify, deadline
from asyncscrape.politeness.robots import Robots
from asyncscrape.urls import authority, canonical, origin

log = logging.getLogger(__name__)

End = Literal["finished", "limit", "stopped"]

BREATH = 100
"""Turns taken in a row before the rest of the program gets its own."""


class Bounds(msgspec.Struct, frozen=True):
    """What the run as a whole may have open or do."""

    concurrency: int
    quota: Window | None
    max_pages: float
    """Pages this run may still finish."""
    sitemaps_of: frozenset[str]
    """Origins whose robots.txt tells which sitemaps to read."""


class Dispatcher:
    """Starts requests when their host is due, and hears from each how it went."""

    def __init__(
        self,
        thread: FrontierThread,
        frontier: Frontier,
        committer: Committer,
        fetcher: HttpFetcher,
        journey: Journey,
        manners: Manners,
        bounds: Bounds,
        saved: Mapping[str, SavedHost],
        robots: Mapping[str, bytes],
        now: Callable[[], float],
        on_fault: Callable[[BaseException], None],
    ) -> None:
        self._on_fault = on_fault
        self._thread = thread
        self._frontier = frontier
        self._committer = committer
        self._fetcher = fetcher
        self._journey = journey
        self._manners = manners
        self._bounds = bounds
        self._saved = saved
        self._now = now
        self._wake = asyncio.Event()
        self._travels: set[asyncio.Task[None]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        """Work beside the travels: refills, and origins being asked for their robots.txt."""
        self._open = 0
        self._pages_done = 0
        self.open_by_sort: Counter[str] = Counter()
        """Open requests of the frontier: "page", "blob", "sitemap"."""
        self._end: End | None = None
        self._dirty: set[Host] = set()
        self.gate = Gate(self._errand, robots, now)
        self.hosts = Scheduler(self._new_clock)
        self.held_up = ""
        """What keeps new requests from starting, for people; empty when nothing does."""

    def _new_clock(self, host: str) -> HostClock:
        """The clock of a host, as the last run left it."""
        saved, policy = self._saved.get(host), self._manners.policy(host)
        if saved is None or not (saved.clock or saved.leased):
            return HostClock(policy)
        clock = HostClock.load(policy, saved.clock or b"", self._now(), saved.leased)
        if not self._manners.robots(host):
            clock.crawl_delay = 0.0
        return clock

    # The loop

    async def run(self) -> End:
        """Dispatch until nothing is left to do, a limit is reached, or `stop` is called."""
        turns = 0
        while True:
            turn = self._poll()
            if turn is not None:
                self._take(turn)
                turns += 1
                if turns % BREATH == 0:
                    await asyncio.sleep(0)
            elif (end := self._over()) is not None:
                return end
            else:
                await self._pause()

    def stop(self, end: End) -> None:
        """Start nothing more."""
        self._end = self._end or end
        self._wake.set()

    def wake(self) -> None:
        """Something has changed that may let a request start."""
        self._wake.set()

    def _poll(self) -> Turn | None:
        if self._busy() or self._quota_at() > self._now():
            return None
        return self.hosts.poll(self._now())

    def _busy(self) -> bool:
        """Whether something must end before anything may start, whatever the clocks say."""
        return bool(
            self._end
            or self.held_up
            or self._open >= self._bounds.concurrency
            or self._committer.full
            or self._pages_done + self.open_by_sort[PAGE] >= self._bounds.max_pages
        )

    def _quota_at(self) -> float:
        return self._bounds.quota.ready_at(self._now()) if self._bounds.quota else 0.0

    def _over(self) -> End | None:
        """Why the loop ends, if it does."""
        if self._end:
            return self._end
        if self._open:
            return None
        if self._committer.busy:
            self._committer.hurry()
            return None
        if not self._tasks and not self.hosts.waits:
            return "finished"
        return "limit" if self._pages_done >= self._bounds.max_pages else None

    async def _pause(self) -> None:
        """Wait until something changes, or until the next host or the quota is due."""
        if self.hosts.hungry:
            self._begin(self._refill(), self._tasks)
        until = max(self.hosts.next_at(), self._quota_at())
        timer = None
        if until < math.inf and not self._busy():
            timer = asyncio.get_running_loop().call_later(max(0.0, until - self._now()), self._wake.set)
        await self._wake.wait()
        self._wake.clear()
        if timer is not None:
            timer.cancel()

    async def _refill(self) -> None:
        taken = await self._thread.call(self._frontier.take, self.hosts.wants(), self._now())
        self.hosts.refill(taken, self._now())
        self._wake.set()

    def _begin(self, work: Coroutine[Any, Any, None], tasks: set[asyncio.Task[None]]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._wake.set()
        if not task.cancelled() and (error := task.exception()):
            self._on_fault(error)

    # One turn

    def _take(self, turn: Turn) -> None:
        host, request, errand = turn
        if request is not None:
            self._admit(host, request)
        elif errand is not None and not errand.done():
            if host.given_up:
                errand.set_exception(FetchError(*host.given_up, transient=False))
            else:
                self._start(host)
                errand.set_result(None)
        self.hosts.relist(host, self._now())

    def _admit(self, host: Host, request: Request) -> None:
        """Step 3: start the request, or say why not."""
        if host.given_up:
            self._committer.put(Travelled(failed(request, *host.given_up), Signal.NEUTRAL))
            return
        why = self._journey.why_not(request)
        if why is not None:
            self._skip(request, "scope", why)
        elif not self._manners.robots(host.name):
            self._send_off(host, request)
        elif (robots := self.gate.robots(origin(request.url), self._manners.user_agent(host.name))) is None:
            host.queue.appendleft(request)
            host.held = True
            self._begin(self._ask(host, origin(request.url)), self._tasks)
        elif robots.allows(request.url):
            self._send_off(host, request)
        else:
            self._skip(request, "robots", "robots.txt disallows it")

    def _skip(self, request: Request, reason: str, detail: str) -> None:
        self._committer.put(Travelled(Outcome(request, "skipped", reason, detail), Signal.NEUTRAL))

    def _send_off(self, host: Host, request: Request) -> None:
        self._start(host)
        self.open_by_sort[sort_of(request.kind)] += 1
        self._begin(self._travel(host, request), self._travels)

    def _start(self, host: Host) -> None:
        now = self._now()
        self._open += 1
        host.clock.start(now)
        if self._bounds.quota:
            self._bounds.quota.start(now)

    def _sent(self, host: Host) -> None:
        now = self._now()
        host.clock.sent(now)
        if self._bounds.quota:
            self._bounds.quota.sent(now)
        if host.clock.delay:
            self.hosts.relist(host, now)
            self._wake.set()

    async def _travel(self, host: Host, request: Request) -> None:
        """Steps 4 and 5 for one request, and what they say of its host."""
        travelled = None
        try:
            policy, agent = self._manners.policy(host.name), self._manners.user_agent(host.name)
            travelled = await self._journey.travel(request, policy, agent, lambda: self._sent(host))
        except StoreError:
            raise
        except Exception as error:
            log.exception("a fault in asyncscrape on %s", request.url)
            travelled = Travelled(failed(request, "internal error", repr(error)), Signal.NEUTRAL)
        finally:
            self.open_by_sort[sort_of(request.kind)] -= 1
            self._ended(host, *(travelled[1:4] if travelled else (Signal.NEUTRAL,)))
        self._settle(host, travelled)

    def _settle(self, host: Host, travelled: Travelled) -> None:
        outcome = travelled.outcome
        if outcome.state == "pending" and not outcome.hop and host.given_up:
            outcome = msgspec.structs.replace(outcome, state="failed")
            travelled = travelled._replace(outcome=outcome)
        self._pages_done += sort_of(outcome.request.kind) == PAGE and outcome.state != "pending"
        self._committer.put(travelled)

    def _ended(self, host: Host, signal: Signal, latency: float = 0.0, hold_until: float | None = None) -> None:
        """The host hears how a request went; it may be asked again, or has used up our patience."""
        now = self._now()
        self._open -= 1
        self._committer.count("requests")
        host.clock.end(now, signal, latency, hold_until)
        self._dirty.add(host)
        if host.given_up:
            self._give_up(host, host.given_up)
        self.hosts.relist(host, now)
        self._wake.set()

    def _give_up(self, host: Host, why: GivenUp) -> None:
        """Fail what waits at a host that answers nothing useful; `retry` puts it back another day."""
        log.warning("%s is given up: %s", host.name, why.detail)
        host.more, host.next_retry = False, None
        self._committer.give_up(host.name, why.reason, why.detail)

    # robots.txt

    async def _ask(self, host: Host, asked: str) -> None:
        """Have a host's robots.txt read; its queue is held meanwhile."""
        policy = self._manners.policy(host.name)
        if host.clock.answered:
            policy = replace(policy, retries=2 * policy.retries)
        why = await self.gate.ask(asked, policy)
        robots = self.gate.robots(asked, self._manners.user_agent(host.name))
        host.held = False
        if robots is None:
            host.refusal = f"robots.txt cannot be read: {why}"
            self._give_up(host, GivenUp("robots unreachable", host.refusal))
        else:
            self._heed(host, asked, robots)
        self.hosts.relist(host, self._now())

    def _heed(self, host: Host, asked: str, robots: Robots) -> None:
        host.clock.crawl_delay = robots.crawl_delay or 0.0
        self._dirty.add(host)
        if asked in self._bounds.sitemaps_of:
            urls = [url for place in robots.sitemaps if (url := canonical(place, f"{asked}/robots.txt"))]
            self._committer.offer([Request(url, SITEMAP) for url in urls])

    async def _errand(self, request: Request) -> Response:
        """Fetch something that is not in the frontier, when its host's turn has come."""
        name = authority(request.url)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.hosts.send(name, turn, self._now())
        self._wake.set()
        await turn
        host = self.hosts.host(name)
        news: tuple[Any, ...] = (Signal.FAILURE,)
        try:
            agent = self._manners.user_agent(name)
            response = await self._fetcher.fetch(request, user_agent=agent, on_sent=lambda: self._sent(host))
            signal = classify(response.status).signal
            news = (signal, response.elapsed, deadline(response, self._now()))
            return response
        finally:
            self._ended(host, *news)

    # What the commits say, and are told

    def stored(self, stored: Stored) -> None:
        """Step 8: a group is stored; wake the hosts it concerns."""
        now = self._now()
        for host in stored.fresh:
            self.hosts.offered(host, now)
        for outcome in stored.outcomes:
            if outcome.state == "pending" and not outcome.hop:
                self.hosts.retry(authority(outcome.request.url), outcome.retry_at, now)
        self._wake.set()

    def changed_clocks(self) -> dict[str, bytes]:
        """The clocks that moved since the last call."""
        clocks = {host.name: host.clock.dump() for host in self._dirty}
        self._dirty.clear()
        return clocks

    # The end

    async def drain(self, patience: float) -> None:
        """Let what is open come to its end, for so long; then drop it, to be asked for again by the next run."""
        if self._travels:
            await asyncio.wait(self._travels, timeout=patience)
        self.abandon()
        await asyncio.gather(*self._travels, *self._tasks, return_exceptions=True)

    def abandon(self) -> None:
        """Drop everything that is open."""
        for task in (*self._travels, *self._tasks):
            task.cancel()
