"""Each event goes to the parts that it concerns; step 8 of the crawl is one of them."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from asyncscrape.crawl.brakes import Brakes
from asyncscrape.crawl.closing import BundleCloser
from asyncscrape.crawl.committer import GATHER, Committer
from asyncscrape.crawl.events import (
    Ended,
    Event,
    Failed,
    FilesWelcome,
    Granted,
    OnTheWire,
    Refilled,
    RobotsRead,
    Stored,
)
from asyncscrape.crawl.exchange import Result
from asyncscrape.crawl.file_queue import FileQueue
from asyncscrape.crawl.hosts import Host, Stay
from asyncscrape.crawl.in_flight import InFlight
from asyncscrape.crawl.robots_reader import RobotsReader
from asyncscrape.crawl.scheduler import Scheduler
from asyncscrape.crawl.supply import Supply
from asyncscrape.model import State
from asyncscrape.urls import authority

FEW = 16
"""With no more open requests than this, a run is slowed down by waiting for one answer."""


class News:
    """Tells each part about the events that concern it."""

    def __init__(
        self,
        hosts: Scheduler,
        in_flight: InFlight,
        robots: RobotsReader,
        files: FileQueue,
        supply: Supply,
        closer: BundleCloser,
        committer: Committer,
        brakes: Brakes,
        now: Callable[[], float],
        *,
        asks: bool = True,
    ) -> None:
        """Unless the run `asks` hosts, it sends no requests."""
        self._hosts = hosts
        self._in_flight = in_flight
        self._robots = robots
        self._files = files
        self._supply = supply
        self._closer = closer
        self._committer = committer
        self._brakes = brakes
        self._now = now
        self._asks = asks

    def take_in(self, event: Event) -> None:
        """Take in one event. Raises the error of a part that failed."""
        match event:
            case Ended():
                self.ended(event)
            case OnTheWire(host):
                self._hosts.relist(host, self._now())
            case Stored():
                self._stored(event)
            case Refilled(taken, term):
                self._supply.refilled(taken, term)
            case RobotsRead(host, sitemaps):
                self._robots.heed(host)
                self._committer.offer(sitemaps)
                self._in_flight.moved(host)
                self._hosts.relist(host, self._now())
            case Granted(grants, term):
                self._supply.granted(grants, term)
            case FilesWelcome():
                for host in self._files.unpark():
                    self._hosts.relist(host, self._now())
            case Failed(error):
                raise error

    def ended(self, ended: Ended) -> None:
        """A request has ended."""
        host = ended.host
        self._in_flight.end(ended)
        if self._asks:
            self._committer.count_request()
        if ended.result is not None and host.stay is not Stay.LOST:
            self._settle(host, ended.result)
        self._hosts.relist(host, self._now())

    def _settle(self, host: Host, result: Result) -> None:
        """Have an outcome stored. A host that has nothing else to do gets more out of the same commit."""
        outcome = result.outcome
        if outcome.state is State.PENDING and not outcome.hop and host.given_up:
            outcome = msgspec.structs.replace(outcome, state=State.FAILED)
            result = result._replace(outcome=outcome)
        self._in_flight.settle(outcome)
        self._committer.put(result)
        if self._starves(host):
            self._committer.hurry()
            if not host.refilling:
                self._committer.want(host.name, self._hosts.refills.room(host))
                self._hosts.refills.under_way([host])

    def _starves(self, host: Host) -> bool:
        """Whether a host could be asked now but has no request until the next commit brings one.

        A run with much else to do ignores this: there, large groups matter more.
        """
        now = self._now()
        return (
            not (host.queue or host.errands or host.more)
            and host.clock.ready_at(now) <= now
            and self._hosts.next_at() > now + GATHER
            and self._in_flight.open <= FEW
            and self._in_flight.quota_at(now) <= now
            and not self._brakes.on
        )

    def _stored(self, stored: Stored) -> None:
        """Step 8: a group is stored; wake its hosts."""
        now = self._now()
        for outcome in stored.outcomes:
            if outcome.state is State.PENDING and not outcome.hop:
                self._hosts.retry(authority(outcome.request.url), outcome.retry_at, now)
        self._in_flight.stored(stored.outcomes, stored.committed.totals)
        self._supply.committed(stored.committed, stored.term)
        if stored.committed.copies:
            self._files.copies_wait()
        if stored.committed.ended:
            self._closer.ended()
