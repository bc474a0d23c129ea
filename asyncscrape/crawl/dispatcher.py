"""Steps 2 to 5 and 8 of the crawl: from a host whose turn it is to an outcome, and from new links to their hosts."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any, Literal, NamedTuple

import msgspec

from asyncscrape.crawl.committer import GATHER, Committer, Stored
from asyncscrape.crawl.errands import Errands
from asyncscrape.crawl.exchange import Journey, Travelled, failed
from asyncscrape.crawl.host_policies import Manners
from asyncscrape.crawl.in_flight import Sent, Traffic
from asyncscrape.crawl.robots import Gate
from asyncscrape.crawl.scheduler import Host, Scheduler, Turn
from asyncscrape.downloads.extra_paths import Copier
from asyncscrape.downloads.store_gate import Keeper
from asyncscrape.errors import StoreError
from asyncscrape.fetchers.http.fetcher import HttpFetcher
from asyncscrape.frontier.sqlite.queue import Frontier, SavedHost, sort_of
from asyncscrape.frontier.sqlite.thread import FrontierThread
from asyncscrape.model import Kind, Outcome, Request, State
from asyncscrape.politeness.clock import HostClock, Signal, Window
from asyncscrape.politeness.robots import Robots
from asyncscrape.urls import authority, origin

log = logging.getLogger(__name__)

End = Literal["finished", "limit", "stopped"]

BREATH = 100
"""Turns taken in a row before the rest of the program gets its own."""
PARKED = 10_000
"""Files that wait in memory for a blob store in trouble; beyond that the crawl waits for it."""
TRIALS = 16
"""Files that have their turn again when one of them may find out whether the store is well."""


class Bounds(msgspec.Struct, frozen=True):
    """What the run as a whole may have open or do."""

    concurrency: int
    quota: Window | None
    max_pages: float
    """Pages this run may still finish."""
    sitemaps_of: frozenset[str]
    """Origins whose robots.txt tells which sitemaps to read."""


FEW = 16
"""Open requests with which a run still waits for the answer to one."""


class Parts(NamedTuple):
    """What a dispatcher works with."""

    thread: FrontierThread
    frontier: Frontier
    committer: Committer
    fetcher: HttpFetcher
    journey: Journey
    keeper: Keeper
    manners: Manners
    bounds: Bounds
    now: Callable[[], float]
    on_fault: Callable[[BaseException], None]


class Dispatcher:
    """Starts requests when their host is due, and hears from each how it went.

    `saved` and `robots` are what the last run knew of the hosts.
    """

    def __init__(self, parts: Parts, saved: Mapping[str, SavedHost], robots: Mapping[str, bytes]) -> None:
        self._thread, self._frontier, self._committer = parts.thread, parts.frontier, parts.committer
        self._journey, self._manners, self._bounds = parts.journey, parts.manners, parts.bounds
        self._now = now = parts.now
        self._on_fault = parts.on_fault
        self._saved = saved
        self._keeper = parts.keeper
        self._keeper.on_change = self._unpark
        self._parked: deque[tuple[Host, Request]] = deque()
        """Files whose turn came while none could be stored."""
        self._copier = Copier(parts.thread, parts.frontier, parts.keeper, parts.committer.put)
        self._copying: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._travels: set[asyncio.Task[None]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        """Work beside the travels: refills, copies, and origins being asked for their robots.txt."""
        self._pages_done = 0
        self._hopping = 0
        """Pages that were redirected and not stored since: only then is known whether that was their end."""
        self._merged = parts.frontier.totals.get("page.merged", 0)
        self.open_by_sort: Counter[str] = Counter()
        """Open requests of the frontier: "page", "blob", "sitemap"."""
        self._end: End | None = None
        self.hosts = Scheduler(self._new_clock)
        bounds = parts.bounds
        self.traffic = Traffic(self.hosts, bounds.concurrency, bounds.quota, now, self.wake, parts.committer.count)
        self._errands = Errands(self.hosts, self.traffic, parts.fetcher, parts.manners, now, self.wake)
        self.gate = Gate(self._errands.fetch, robots, now)
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
        elif (told := self._told_delay(host)) is not None:
            clock.crawl_delay = told
        return clock

    def _told_delay(self, host: str) -> float | None:
        """The Crawl-delay that a host's robots.txt asks of us; it may have two, for http and for https."""
        agent = self._manners.user_agent(host)
        both = [self.gate.robots(f"{scheme}://{host}", agent) for scheme in ("http", "https")]
        return max((robots.crawl_delay or 0.0 for robots in both if robots), default=None)

    # The loop

    async def run(self) -> End:
        """Dispatch until nothing is left to do, a limit is reached, or `stop` is called."""
        turns = 0
        self._copy()
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

    @property
    def stopped(self) -> bool:
        """Whether somebody has called `stop`."""
        return self._end is not None

    def wake(self) -> None:
        """Something has changed that may let a request start."""
        self._wake.set()

    def _poll(self) -> Turn | None:
        if self._busy() or self.traffic.quota_at() > self._now():
            return None
        return self.hosts.poll(self._now())

    def _busy(self) -> bool:
        """Whether something must end before anything may start, whatever the clocks say."""
        return bool(
            self._end
            or self.held_up
            or self.traffic.full
            or self._committer.full
            or len(self._parked) >= PARKED
            or self._pages_done + self._hopping + self.open_by_sort[Kind.PAGE] >= self._bounds.max_pages
        )

    def _over(self) -> End | None:
        """Why the loop ends, if it does."""
        if self._end:
            return self._end
        if self.traffic.open:
            return None
        if self._committer.busy:
            self._committer.hurry()
            return None
        if not (self._tasks or self._parked or self.hosts.waits):
            return "finished"
        return "limit" if self._pages_done >= self._bounds.max_pages else None

    async def _pause(self) -> None:
        """Wait until something changes, or until the next host or the quota is due."""
        if self.hosts.hungry:
            self._begin(self._refill(self.hosts.wants()), self._tasks)
        until = max(self.hosts.next_at(), self.traffic.quota_at())
        timer = None
        if until < math.inf and not self._busy():
            timer = asyncio.get_running_loop().call_later(max(0.0, until - self._now()), self._wake.set)
        await self._wake.wait()
        self._wake.clear()
        if timer is not None:
            timer.cancel()

    async def _refill(self, wants: Mapping[str, int]) -> None:
        taken = await self._thread.call(self._frontier.take, wants, self._now())
        self.hosts.refill(taken, self._now())
        self._wake.set()

    def _begin(self, work: Coroutine[Any, Any, None], tasks: set[asyncio.Task[None]]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._wake.set()
        if not task.cancelled() and (error := task.exception()):
            self._on_fault(error)

    # One turn

    def _take(self, turn: Turn) -> None:
        host, request, errand = turn
        if request is not None:
            self._admit(host, request)
        elif errand is not None:
            self._errands.go(host, errand)
        else:
            self._give_up(host)
        self.hosts.relist(host, self._now())

    def _admit(self, host: Host, request: Request) -> None:
        """Step 3: start the request, or say why not."""
        if host.given_up:
            self._fail(request, *host.given_up)
        elif (why := self._journey.why_not(request)) is not None:
            self._skip(request, "scope", why)
        elif not self._manners.robots(host.name):
            self._send_off(host, request)
        else:
            self._admit_by_robots(host, request)

    def _admit_by_robots(self, host: Host, request: Request) -> None:
        place = origin(request.url)
        robots = self.gate.robots(place, self._manners.user_agent(host.name))
        if robots is not None:
            if robots.allows(request.url):
                self._send_off(host, request)
            else:
                self._skip(request, "robots", "robots.txt disallows it")
        elif place in self.gate.refused:
            self._fail(request, "robots unreachable", self.gate.refused[place])
        else:
            host.queue.appendleft(request)
            host.held = True
            self._begin(self._ask(host, place), self._tasks)

    def _skip(self, request: Request, reason: str, detail: str) -> None:
        self._committer.put(Travelled(Outcome(request, State.SKIPPED, reason, detail), Signal.NONE))

    def _fail(self, request: Request, reason: str, detail: str) -> None:
        self._committer.put(Travelled(failed(request, reason, detail), Signal.NONE))

    def _send_off(self, host: Host, request: Request) -> None:
        if request.kind == Kind.BLOB and not self._keeper.admits():
            self._parked.append((host, request))
            return
        sent = self.traffic.start(host)
        self.open_by_sort[sort_of(request.kind)] += 1
        self._begin(self._travel(host, request, sent), self._travels)

    async def _travel(self, host: Host, request: Request, sent: Sent) -> None:
        """Steps 4 and 5 for one request, and what they say of its host."""
        travelled = None
        try:
            policy, agent = self._manners.policy(host.name), self._manners.user_agent(host.name)
            travelled = await self._journey.travel(request, policy, agent, sent)
        except StoreError:
            raise
        except Exception as error:
            log.exception("a fault in asyncscrape on %s", request.url)
            travelled = Travelled(failed(request, "internal error", repr(error)), Signal.NONE)
        finally:
            self.open_by_sort[sort_of(request.kind)] -= 1
            self.traffic.end(host, sent, *(travelled[1:4] if travelled else (Signal.NONE,)))
        self._settle(host, travelled)

    def _settle(self, host: Host, travelled: Travelled) -> None:
        outcome = travelled.outcome
        if outcome.state == State.PENDING and not outcome.hop and host.given_up:
            outcome = msgspec.structs.replace(outcome, state=State.FAILED)
            travelled = travelled._replace(outcome=outcome)
        if sort_of(outcome.request.kind) == Kind.PAGE:
            self._pages_done += outcome.state != State.PENDING
            self._hopping += bool(outcome.hop)
        self._committer.put(travelled)
        if self._starves(host):
            self._committer.hurry()
            if not host.refilling:
                self._committer.want(host.name, self.hosts.want(host))

    def _starves(self, host: Host) -> bool:
        """Whether a host could be asked now but has nothing to be asked for, unless the next commit brings it.

        A run with much else to do does not care: there large groups count.
        """
        now = self._now()
        return (
            not (host.queue or host.errands or host.more)
            and host.clock.ready_at(now) <= now
            and self.hosts.next_at() > now + GATHER
            and self.traffic.open <= FEW
            and self.traffic.quota_at() <= now
            and not self._busy()
        )

    def _unpark(self) -> None:
        """Files may be stored again, or one of them is to find out."""
        count = min(TRIALS if self._keeper.trouble else PARKED, len(self._parked))
        oldest = [self._parked.popleft() for _ in range(count)]
        for host, request in reversed(oldest):
            host.queue.appendleft(request)
        for host in {host for host, _ in oldest}:
            self.hosts.relist(host, self._now())
        self._wake.set()

    def _copy(self) -> None:
        """Make the copies that can be made, unless that is being done, or nothing more is to start."""
        if self._end is None and self._frontier.copies_ready and (self._copying is None or self._copying.done()):
            self._copying = self._begin(self._copier.run(), self._tasks)

    def _give_up(self, host: Host) -> None:
        """Fail what the frontier holds of a host that is not asked any more; `retry` puts it back another day."""
        assert host.given_up
        self.hosts.gone(host)
        self._committer.give_up(host.name, *host.given_up)

    # robots.txt

    async def _ask(self, host: Host, asked: str) -> None:
        """Have a host's robots.txt read; its queue is held meanwhile."""
        policy = self._manners.policy(host.name)
        if host.clock.answered:
            policy = replace(policy, retries=2 * policy.retries)
        await self.gate.ask(asked, policy)
        robots = self.gate.robots(asked, self._manners.user_agent(host.name))
        host.held = False
        if robots is not None:
            self._heed(host, asked, robots)
        self.hosts.relist(host, self._now())

    def _heed(self, host: Host, asked: str, robots: Robots) -> None:
        """Take in what a robots.txt says beside its rules."""
        host.clock.crawl_delay = self._told_delay(host.name) or 0.0
        self.traffic.moved(host)
        if asked in self._bounds.sitemaps_of:
            self._committer.offer(self._journey.sitemaps(robots.sitemaps, f"{asked}/robots.txt"))

    # What the commits say, and are told

    def stored(self, stored: Stored) -> None:
        """Step 8: a group is stored; wake the hosts it concerns."""
        now = self._now()
        for host in stored.fresh.keys() - stored.taken.keys():
            self.hosts.offered(host, now)
        for outcome in stored.outcomes:
            if outcome.hop:
                self._hopping -= sort_of(outcome.request.kind) == Kind.PAGE
            elif outcome.state == State.PENDING:
                self.hosts.retry(authority(outcome.request.url), outcome.retry_at, now)
        self.hosts.refill(stored.taken, now)
        merged = self._frontier.totals.get("page.merged", 0)
        self._pages_done += int(merged - self._merged)
        self._merged = merged
        self._copy()
        self._wake.set()

    # The end

    async def drain(self, patience: float) -> None:
        """Let what is open come to its end, for so long."""
        if self._travels:
            await asyncio.wait(self._travels, timeout=patience)

    async def abandon(self) -> None:
        """Drop what is still open, to be asked for again by the next run. What is stored later starts nothing."""
        self.stop("stopped")
        dropped = (*self._travels, *self._tasks)
        for task in dropped:
            task.cancel()
        await asyncio.gather(*dropped, return_exceptions=True)
