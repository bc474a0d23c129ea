"""The requests under way, and whether another may start. They are told to the hosts' clocks and the run's limits."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec
from asyncio_throttle.throttler import Throttler

from asyncscrape.crawl.events import Ended, Events, OnTheWire
from asyncscrape.crawl.exchange import HostNews, Result
from asyncscrape.crawl.hosts import Host, Sent, Stay
from asyncscrape.crawl.page_limit import PageLimit
from asyncscrape.crawl.tasks import Tasks
from asyncscrape.frontier.base import Worker
from asyncscrape.model import Kind, Outcome, Request
from asyncscrape.politeness.clock import GUARD, Window
from asyncscrape.stats import Totals
from asyncscrape.team import Share
from asyncscrape.units import Rate

log = logging.getLogger(__name__)


class Capacity(msgspec.Struct, frozen=True):
    """How much the run as a whole may do at once, and in all."""

    concurrency: int
    rate: Rate | None
    pages: PageLimit
    asks: bool = True
    """Whether hosts are asked; if not, their clocks stay as they were stored."""


class Exchanges(Protocol):
    """Carries out requests: steps 4 and 5."""

    async def carry_out(self, request: Request, on_sent: Callable[[], None]) -> Result:
        """The result of one request."""

    @property
    def apart(self) -> int:
        """Requests that only wait to be parsed, perhaps for long, and hold up no others."""


class RunQuota:
    """[politeness].rate: how many requests the whole run may send within so many seconds.

    asyncio-throttle lets requests start one after another; only the dispatcher waits for it. What counts is what the
    servers see, and a connection may take a while: so the window of requests on the wire has the last word.
    """

    def __init__(self, rate: Rate) -> None:
        self._count = rate.count
        self._throttler = Throttler(rate.count, rate.seconds + GUARD)
        self._window = Window(rate)
        self.granted = False
        """Whether the throttler has admitted a request that has not started yet."""

    def keep_to(self, share: Share) -> None:
        """Keep to a share of the quota from now on."""
        self._throttler.rate_limit = part = share.part(self._count)
        self._window.resize(part)

    async def wait(self) -> None:
        """Until one more request may start."""
        if not self.granted:
            await self._throttler.acquire()  # type: ignore[no-untyped-call]  # the library has no annotations
            self.granted = True

    def ready_at(self, now: float) -> float:
        """When the window allows another start."""
        return self._window.ready_at(now)

    def start(self, now: float) -> None:
        """A request takes its place."""
        self.granted = False
        self._window.start(now)

    def sent(self, now: float) -> None:
        """It is on the wire, or failed before it got there."""
        self._window.sent(now)


class InFlight:
    """The open requests of a run. Each one that starts must end, and counts as sent by then at the latest."""

    def __init__(
        self,
        exchange: Exchanges,
        capacity: Capacity,
        worker: Worker,
        tasks: Tasks,
        events: Events,
        now: Callable[[], float],
    ) -> None:
        self._exchange = exchange
        self._worker = worker
        self._capacity = capacity
        self._tasks = tasks
        self._events = events
        self._now = now
        self._moved: set[Host] = set()
        self._quota = RunQuota(capacity.rate) if capacity.rate else None
        self.open = 0
        """Requests open right now, robots.txt among them."""
        self.by_kind: Counter[Kind] = Counter()
        """The same without those for robots.txt."""

    # Whether another may start

    @property
    def full(self) -> bool:
        """Whether one must end before another may start."""
        most = self._worker.share.part(self._capacity.concurrency)
        return self.open - self._exchange.apart >= most or not self._capacity.pages.allows(self.by_kind[Kind.PAGE])

    @property
    def at_limit(self) -> bool:
        """Whether the run has finished as many pages as it may."""
        return self._capacity.pages.reached

    def quota_at(self, now: float) -> float:
        """When the requests on the wire leave room in the run's quota for another."""
        if not self._quota:
            return now
        if self._worker.shared:
            self._quota.keep_to(self._worker.share)
        return self._quota.ready_at(now)

    @property
    def awaits_quota(self) -> bool:
        """Whether the next start must first wait for the run's quota, see `until_quota`."""
        return self._quota is not None and not self._quota.granted

    async def until_quota(self) -> None:
        """Wait until the run's quota admits one more request."""
        if self._quota:
            await self._quota.wait()

    # The life of a request

    def begin(self, host: Host, request: Request) -> None:
        """Start a request of the frontier; its end comes as an event."""
        kind = Kind.counted(request.kind)
        task = self._tasks.begin(self._carry_out(host, request, kind, self.start(host, kind)))
        host.work.add(task)
        task.add_done_callback(host.work.discard)

    async def _carry_out(self, host: Host, request: Request, kind: Kind, sent: Sent) -> None:
        result = None
        try:
            result = await self._exchange.carry_out(request, sent)
        finally:
            self._events.put(Ended(host, sent, result.news if result else HostNews(), kind, result))

    def start(self, host: Host, kind: Kind | None = None) -> Sent:
        """A request begins; one without a kind is not in the frontier."""
        now = self._now()
        self.open += 1
        if kind is not None:
            self.by_kind[kind] += 1
        host.clock.start(now)
        if self._quota:
            self._quota.start(now)
        waiting = [host]
        return lambda: self._sent(waiting.pop()) if waiting else None

    def _sent(self, host: Host) -> None:
        now = self._now()
        host.clock.sent(now)
        if self._quota:
            self._quota.sent(now)
        if host.clock.delay or host.clock.policy.rate or self._quota:
            self._events.put(OnTheWire(host))

    def end(self, ended: Ended) -> None:
        """It has ended: the host may be asked again, or is given up."""
        ended.sent()
        host, asked_so_far = ended.host, not ended.host.given_up
        self.open -= 1
        if ended.kind is not None:
            self.by_kind[ended.kind] -= 1
        news = ended.news if self._capacity.asks else HostNews()
        host.clock.end(self._now(), news.signal, news.latency, news.hold_until, news.why)
        if news.withheld and not host.withheld:
            host.withheld = news.withheld
            log.warning("%s is asked no more in this run: %s", host.name, host.withheld)
        self.moved(host)
        if host.given_up and asked_so_far:
            log.warning("%s is given up: %s", host.name, host.given_up.detail)

    def settle(self, outcome: Outcome) -> None:
        """Count a page towards the limit of the run."""
        self._capacity.pages.settle(outcome)

    def stored(self, outcomes: Iterable[Outcome], totals: Totals) -> None:
        """A group is stored."""
        self._capacity.pages.stored(outcomes, totals)

    # The clocks

    def moved(self, host: Host) -> None:
        """Store the clock of this host with the next group."""
        if self._capacity.asks and host.stay is not Stay.LOST:
            self._moved.add(host)

    def take_moved_clocks(self) -> dict[str, bytes]:
        """Take the clocks that have moved; the caller stores them."""
        clocks = {host.name: host.clock.dump() for host in self._moved if host.stay is not Stay.LOST}
        self._moved.clear()
        return clocks
