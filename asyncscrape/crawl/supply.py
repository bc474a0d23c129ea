"""From the frontier into memory: the hosts granted to us, and the next requests of each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping

from asyncscrape.crawl.events import Events, Granted, Refilled
from asyncscrape.crawl.grants import Grants
from asyncscrape.crawl.offers import Offers
from asyncscrape.crawl.scheduler import Scheduler
from asyncscrape.crawl.tasks import Tasks
from asyncscrape.frontier.base import Committed, Grant, Taken, Worker

HOSTS_AT_ONCE = 1_000
"""Hosts granted in one go: so many are taken over in ten milliseconds or so, and there may be a million."""
OTHERS = 1.0
"""Seconds until another look when only other workers have work left."""


class Supply:
    """Brings hosts and requests while the loop goes on."""

    def __init__(
        self,
        worker: Worker,
        grants: Grants,
        hosts: Scheduler,
        offers: Offers,
        tasks: Tasks,
        events: Events,
        now: Callable[[], float],
    ) -> None:
        self._worker = worker
        self._grants = grants
        self._hosts = hosts
        self._offers = offers
        self._tasks = tasks
        self._events = events
        self._now = now
        self._ungranted = True
        """Whether there may be hosts with work that no worker has."""

    def attend(self) -> None:
        """Start to bring what is wanted now."""
        if self._ungranted and self._tasks.begin_once("hosts", self._acquire):
            self._ungranted = False
        if wants := self._hosts.refills.hungry():
            self._hosts.refills.under_way(map(self._hosts.host, wants))
            self._tasks.begin(self._refill(wants))

    async def _acquire(self) -> None:
        self._events.put(Granted(await self._worker.acquire(HOSTS_AT_ONCE)))

    async def _refill(self, wants: Mapping[str, int]) -> None:
        self._events.put(Refilled(await self._worker.poll(wants, self._now())))

    # Arrivals

    def granted(self, grants: Iterable[Grant]) -> None:
        """Take over these hosts."""
        grants = list(grants)
        self._ungranted |= len(grants) >= HOSTS_AT_ONCE
        self._grants.add(grants)
        self._hosts.add({grant.host: grant.waiting for grant in grants}, self._now())

    def refilled(self, taken: Mapping[str, Taken]) -> None:
        """Take these requests into memory."""
        self._hosts.refill(taken, self._now())

    def committed(self, committed: Committed) -> None:
        """A group is stored: it may have brought new URLs, and hosts that no worker has yet."""
        now = self._now()
        for host in committed.fresh.keys() - committed.taken.keys():
            if host in self._grants:
                self._hosts.offered(host, now)
            else:
                self._ungranted = True
        self.refilled(committed.taken)
        self._lost(committed.fenced)

    def _lost(self, hosts: Collection[str]) -> None:
        """Other workers have taken these hosts: what their pages have offered is not stored."""
        if hosts:
            self._offers.forget()
        self._grants.remove(hosts)
        for host in hosts:
            self._hosts.drop(host)

    # The end

    async def finished(self) -> bool:
        """Whether no worker has anything left to do."""
        return await self._worker.finished()

    async def look_again(self) -> None:
        """Others still have work, and may have found some for us: after a while, ask for new hosts and requests."""
        await asyncio.sleep(OTHERS)
        self._ungranted = True
        self._hosts.refills.want_all()
