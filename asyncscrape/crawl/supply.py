"""From the frontier into memory: the hosts granted to us, and the next requests of each."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Iterable, Mapping

from asyncscrape.crawl.departures import Departures
from asyncscrape.crawl.events import Events, Granted, Refilled
from asyncscrape.crawl.grants import Grants
from asyncscrape.crawl.scheduler import Scheduler
from asyncscrape.crawl.tasks import Tasks
from asyncscrape.crawl.tenure import Tenure
from asyncscrape.frontier.base import Committed, Grant, Taken, Worker

log = logging.getLogger(__name__)

HOSTS_AT_ONCE = 1_000
"""Hosts granted in one go: so many are taken over in ten milliseconds or so, and there may be a million."""
OTHERS = 0.5
"""Seconds until another look when others may have left work for this worker."""


class Supply:
    """Brings hosts and requests while the loop goes on."""

    def __init__(
        self,
        worker: Worker,
        tenure: Tenure,
        grants: Grants,
        hosts: Scheduler,
        departures: Departures,
        tasks: Tasks,
        events: Events,
        now: Callable[[], float],
    ) -> None:
        self._worker = worker
        self._tenure = tenure
        self._grants = grants
        self._hosts = hosts
        self._departures = departures
        self._tasks = tasks
        self._events = events
        self._now = now
        self._ungranted = True
        """Whether there may be hosts with work that no worker has."""
        self._asked = -math.inf
        """When hosts were asked for last."""

    def heed(self) -> None:
        """Drop everything if this worker was silent for so long that others may have it."""
        if self._tenure.lost:
            log.warning("this worker was cut off from the others; it begins again, and others have its hosts")
            self._departures.lost([*self._grants])
            self._tenure.renew()
            self._ungranted = True

    def attend(self) -> None:
        """Start to bring what is wanted now."""
        now = self._now()
        due = now - self._asked >= OTHERS if self._worker.shared else self._ungranted
        if due and (room := self._room()) and self._tasks.begin_once("hosts", lambda: self._acquire(room)):
            self._ungranted, self._asked = False, now
        self._departures.attend()
        if wants := self._hosts.refills.hungry():
            self._hosts.refills.under_way(map(self._hosts.host, wants))
            self._tasks.begin(self._refill(wants))

    def _room(self) -> int:
        """How many hosts this worker may take now."""
        share = self._worker.share
        if share.place is None:
            return 0
        return HOSTS_AT_ONCE if share.hosts is None else min(HOSTS_AT_ONCE, max(0, share.hosts - len(self._grants)))

    async def _acquire(self, most: int) -> None:
        self._events.put(Granted(await self._worker.acquire(most), self._worker.lease.term))

    async def _refill(self, wants: Mapping[str, int]) -> None:
        self._events.put(Refilled(await self._worker.poll(wants, self._now()), self._worker.lease.term))

    @property
    def patience(self) -> float:
        """Seconds until the loop must look at what others have left, and whether this worker still has its hosts."""
        return math.inf if self._tenure.forever else OTHERS

    # Arrivals

    def granted(self, grants: Iterable[Grant], term: int) -> None:
        """Take over these hosts, unless they are lost already."""
        grants = list(grants) if self._tenure.is_of(term) else []
        self._ungranted |= len(grants) >= HOSTS_AT_ONCE
        self._grants.add(grants)
        self._hosts.add({grant.host: grant.waiting for grant in grants}, self._now())

    def refilled(self, taken: Mapping[str, Taken], term: int) -> None:
        """Take these requests into memory, unless they are lost already."""
        if self._tenure.is_of(term):
            self._hosts.refill(taken, self._now())

    def committed(self, committed: Committed, term: int) -> None:
        """A group is stored: it may have brought new URLs, and hosts that no worker has yet."""
        now = self._now()
        for host in committed.fresh.keys() - committed.taken.keys():
            if host in self._grants:
                self._hosts.offered(host, now)
            else:
                self._ungranted = True
        self.refilled(committed.taken, term)
        if self._tenure.is_of(term):
            self._departures.lost([host for host in committed.fenced if host in self._grants])

    # The end

    async def finished(self) -> bool:
        """Whether no worker has anything left to do."""
        return await self._worker.finished()

    async def look_again(self) -> None:
        """Others still have work, and may have found some for us: after a while, ask for new hosts and requests."""
        await asyncio.sleep(OTHERS)
        self._ungranted = True
        self._hosts.expect_more(self._now())
