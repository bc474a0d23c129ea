"""Hosts that leave this worker: those that it gives back, and those that it has lost.

A worker gives back what others should have: hosts beyond its fair share, hosts with nothing to do, and hosts that
another worker needs. Such a host starts nothing more; when its open requests have ended and are stored, with its
clock, the frontier gets it back. A host that was lost is dropped at once, with everything that is under way for it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable

from asyncscrape.crawl.grants import Grants
from asyncscrape.crawl.hosts import Host, Stay
from asyncscrape.crawl.offers import Offers
from asyncscrape.crawl.scheduler import Scheduler
from asyncscrape.crawl.tasks import Tasks
from asyncscrape.frontier.base import Worker
from asyncscrape.team import Share

EVERY = 1.0
"""Seconds between two looks."""
A_SECOND = 20_000
"""Hosts that are looked at in a second, on average: so it takes some percent of the time, however many there are."""


class Departures:
    """Lets hosts go."""

    def __init__(
        self,
        worker: Worker,
        grants: Grants,
        hosts: Scheduler,
        offers: Offers,
        store: Callable[[], Awaitable[None]],
        tasks: Tasks,
        now: Callable[[], float],
    ) -> None:
        """`store` commits what has ended so far."""
        self._worker = worker
        self._grants = grants
        self._hosts = hosts
        self._offers = offers
        self._store = store
        self._tasks = tasks
        self._now = now
        self._looked = 0.0
        self._idle: frozenset[Host] = frozenset()
        """Those with nothing to do at the last look."""
        self._leaving = False
        """Whether some hosts are leaving."""

    def lost(self, hosts: Collection[str]) -> None:
        """Other workers have these hosts: what their pages have offered is not stored."""
        if hosts:
            self._offers.forget()
        self.drop(hosts)

    def drop(self, hosts: Iterable[str]) -> None:
        """Forget these hosts."""
        self._grants.remove(hosts := [*hosts])
        for host in hosts:
            self._hosts.drop(host)

    def attend(self) -> None:
        """Now and then, choose hosts to give back; give back those that are ready."""
        share, now = self._worker.share, self._now()
        alone = share.workers == 1 and not share.wanted and not self._leaving
        if not self._worker.shared or alone or now - self._looked < max(EVERY, len(self._grants) / A_SECOND):
            return
        self._looked = now
        ours = [host for host in self._hosts if host.name in self._grants]
        idle = frozenset(filter(is_idle, ours))
        for host in chosen(ours, idle & self._idle, share):
            host.stay = Stay.LEAVING
        self._idle = idle
        leaving = [host for host in ours if host.stay is Stay.LEAVING]
        self._leaving = bool(leaving)
        if ready := [host.name for host in leaving if may_go(host)]:
            self._tasks.begin_once("departures", lambda: self._give_back(ready))

    async def _give_back(self, hosts: Collection[str]) -> None:
        await self._store()
        await self._worker.give_back(hosts)
        self.drop(hosts)


def may_go(host: Host) -> bool:
    """Whether a host that is leaving has no open requests; its robots.txt is read by its next worker.

    A page that goes on to another document is open although it holds no place at its host meanwhile.
    """
    return not (host.clock.open or host.refilling or len(host.work) > host.held)


def is_idle(host: Host) -> bool:
    """Whether there is nothing to do at a host. One that was given up stays, or its next worker would ask it."""
    return not (host.waits or host.waits_for_user or host.clock.open or host.work or host.given_up)


def chosen(hosts: Collection[Host], idle: Collection[Host], share: Share) -> list[Host]:
    """The hosts to give back: those that others need, idle ones, and the least busy of those beyond the share."""
    staying = [host for host in hosts if host.stay is Stay.OURS]
    going = [host for host in staying if host.name in share.wanted or (host in idle and share.workers > 1)]
    if share.hosts is None:
        return going
    gone = set(going)
    rest = [host for host in staying if host not in gone]
    surplus = max(0, len(rest) - share.hosts)
    # The next worker would not know that a host was given up, or waits for the user, and ask it again.
    asked = (host for host in rest if not (host.given_up or host.withheld))
    return going + sorted(asked, key=lambda host: (host.clock.open, len(host.queue)))[:surplus]
