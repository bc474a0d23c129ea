"""The next request to start: a heap of `(ready at, host)`, decided without awaiting.

A host is on the heap when it has something to do and its clock says when; it leaves the heap for its turn, and comes
back once its clock allows another. Nobody sleeps while holding a slot, and nothing is polled: the crawl waits for
`next_at`, or until something changes.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import NamedTuple

from asyncscrape.crawl.hosts import Errand, Host, HostMoved, Stay
from asyncscrape.crawl.refills import Refills
from asyncscrape.crawl.visit_turns import VisitTurns
from asyncscrape.frontier.base import Taken, Waiting
from asyncscrape.model import Request
from asyncscrape.politeness.clock import PATIENCE, HostClock

LOW = 8
"""A queue in memory shorter than this is refilled while the host goes on with it."""


class Turn(NamedTuple):
    """A host may start one request now. With neither, it was given up: everything it has waiting is to fail."""

    host: Host
    request: Request | None
    errand: Errand | None


class Scheduler:
    """The hosts of a run, and whose turn it is."""

    def __init__(self, new_clock: Callable[[str], HostClock]) -> None:
        self._new_clock = new_clock
        self._hosts: dict[str, Host] = {}
        self._heap: list[tuple[float, int, Host]] = []
        self._order = count()
        self.refills = Refills(self._hosts)
        self.visits = VisitTurns(self.host)

    def __iter__(self) -> Iterator[Host]:
        return iter(self._hosts.values())

    def host(self, name: str) -> Host:
        """The host of that name; a new one starts with the clock that `new_clock` gives it."""
        known = self._hosts.get(name)
        if known is None:
            known = self._hosts[name] = Host(name, self._new_clock(name))
        return known

    # News that may give a host something to do

    def add(self, hosts: Mapping[str, Waiting], now: float) -> None:
        """New hosts of ours, and what the frontier holds of them."""
        for name, waits in hosts.items():
            host = self.host(name)
            host.note_waiting(waits)
            if waits.next_retry is not None and waits.next_retry > now + PATIENCE:
                host.next_retry = now  # stored when the time was wrong; the frontier mends it when it is asked
            self.relist(host, now)

    def offered(self, name: str, now: float) -> None:
        """The frontier has new URLs of this host."""
        host = self.host(name)
        host.more = True
        self.relist(host, now)

    def drop(self, name: str) -> None:
        """Forget this host, which belongs to another worker now, and cancel what is under way for it."""
        if host := self._hosts.pop(name, None):
            host.stay = Stay.LOST
            host.queue.clear()
            host.note_waiting(Waiting())
            self.refills.forget(host)
            for task in host.work:
                task.cancel()
            for errand in (*host.errands, *self.visits.drop(host)):
                if not errand.done():
                    errand.set_exception(HostMoved(name))
            host.errands.clear()

    def expect_nothing(self, host: Host) -> None:
        """The host was given up: nothing of it waits in the frontier any more."""
        host.more, host.next_retry = False, None

    def expect_more(self, now: float) -> None:
        """Other workers may have found something for every host. That of one that was given up fails in its turn."""
        self.refills.want_all()
        for host in self._hosts.values():
            if host.given_up:
                host.more = True
                self.relist(host, now)

    def retry(self, name: str, when: float, now: float) -> None:
        """One of the host's requests is to be tried again."""
        if host := self._hosts.get(name):
            host.next_retry = when if host.next_retry is None else min(when, host.next_retry)
            self.relist(host, now)

    def send(self, name: str, errand: Errand, now: float) -> None:
        """Give the host an errand for its next turn."""
        host = self.host(name)
        host.errands.append(errand)
        self.relist(host, now)

    def refill(self, taken: Mapping[str, Taken], now: float) -> None:
        """Requests that the frontier gave for hungry hosts."""
        for name, given in taken.items():
            if (host := self._hosts.get(name)) is None:
                continue
            host.refilling = False
            host.queue.extend(given.requests)
            host.note_waiting(given.waiting)
            self.relist(host, now)

    def relist(self, host: Host, now: float) -> None:
        """Put a host on the heap if it has something to do and its clock knows when it may."""
        ready = self._ready(host, now)
        if ready < host.listed:
            host.listed = ready
            heapq.heappush(self._heap, (ready, next(self._order), host))

    def _ready(self, host: Host, now: float) -> float:
        if host.stay is not Stay.OURS:
            return math.inf
        if host.given_up:
            return now if host.waits and not host.refilling else math.inf
        clock = host.clock.ready_at(now)
        held = host.held or host.withheld
        if host.errands or (not held and (host.queue or (host.more and not host.refilling))):
            return clock
        if host.next_retry is not None and not held and not host.refilling:
            return max(clock, host.next_retry)
        return math.inf

    # Whose turn it is

    def take_turn(self, now: float) -> Turn | None:
        """The next turn, if one is due. The caller starts the host's clock and relists the host.

        A host that was given up always has its turn, so that what waits there can be failed.
        """
        heap = self._heap
        while heap and heap[0][0] <= now:
            at, _, host = heapq.heappop(heap)
            if at != host.listed:
                continue
            host.listed = math.inf
            if self._ready(host, now) > now:
                self.relist(host, now)
            elif host.errands:
                return Turn(host, None, host.errands.popleft())
            elif host.queue:
                if len(host.queue) <= LOW:
                    self.refills.want(host, now)
                return Turn(host, host.queue.popleft(), None)
            elif host.given_up:
                return Turn(host, None, None)
            else:
                self.refills.want(host, now)
        return None

    def next_at(self) -> float:
        """When to look again, unless something changes before."""
        return self._heap[0][0] if self._heap else math.inf

    @property
    def waits(self) -> bool:
        """Whether any host has anything left to fetch."""
        return any(host.waits for host in self._hosts.values())
