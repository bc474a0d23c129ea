"""What is under way: every request's start, departure and end, as told to its host's clock and the run's quota."""

from __future__ import annotations

import logging
from collections.abc import Callable

from asyncscrape.crawl.scheduler import Host, Scheduler
from asyncscrape.politeness.clock import Signal, Window

log = logging.getLogger(__name__)

Sent = Callable[[], None]
"""To be called, as often as one likes, once a request is on the wire or will never be."""


class Traffic:
    """The open requests of a run. Whatever starts must end, and is told to be sent at the latest then."""

    def __init__(
        self,
        hosts: Scheduler,
        concurrency: int,
        quota: Window | None,
        now: Callable[[], float],
        wake: Callable[[], None],
        count: Callable[[str], None],
    ) -> None:
        self._hosts = hosts
        self._concurrency = concurrency
        self._quota = quota
        self._now = now
        self._wake = wake
        self._count = count
        self._moved: set[Host] = set()
        self.open = 0
        """Requests open right now, robots.txt among them."""

    @property
    def full(self) -> bool:
        """Whether one must end before another may start."""
        return self.open >= self._concurrency

    def quota_at(self) -> float:
        """When the quota of the whole run allows the next start."""
        return self._quota.ready_at(self._now()) if self._quota else 0.0

    def start(self, host: Host) -> Sent:
        """A request begins."""
        now = self._now()
        self.open += 1
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
            self._hosts.relist(host, now)
            self._wake()

    def end(
        self, host: Host, sent: Sent, signal: Signal, latency: float = 0.0, hold_until: float | None = None
    ) -> None:
        """It is over: the host may be asked again, or has used up our patience."""
        sent()
        now = self._now()
        asked_so_far = not host.given_up
        self.open -= 1
        self._count("requests")
        host.clock.end(now, signal, latency, hold_until)
        self.moved(host)
        if host.given_up and asked_so_far:
            log.warning("%s is given up: %s", host.name, host.given_up.detail)
        self._hosts.relist(host, now)
        self._wake()

    def moved(self, host: Host) -> None:
        """The clock of a host is to be stored."""
        self._moved.add(host)

    def moved_clocks(self) -> dict[str, bytes]:
        """The clocks that have moved since the last call; the caller stores them."""
        clocks = {host.name: host.clock.dump() for host in self._moved}
        self._moved.clear()
        return clocks
