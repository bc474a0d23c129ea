"""Turns of open pages that go on to another document: they have theirs also while nothing new may start."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable

from asyncscrape.crawl.hosts import Errand, Host, Stay


class VisitTurns:
    """What open pages wait for, by host."""

    def __init__(self, host: Callable[[str], Host]) -> None:
        self._host = host
        self._waiting: dict[Host, deque[Errand]] = {}

    def add(self, name: str, errand: Errand) -> None:
        """Give a host the errand of an open page."""
        self._waiting.setdefault(self._host(name), deque()).append(errand)

    def take(self, now: float) -> tuple[Host, Errand] | None:
        """The next one whose host may be asked now, or will never be."""
        for host, errands in self._waiting.items():
            if host.stay is Stay.OURS and (host.given_up or host.clock.ready_at(now) <= now):
                errand = errands.popleft()
                if not errands:
                    del self._waiting[host]
                return host, errand
        return None

    def drop(self, host: Host) -> Iterable[Errand]:
        """Forget a host; the errands that have waited for it."""
        return self._waiting.pop(host, ())

    def next_at(self, now: float) -> float:
        """When to look again, unless something changes before."""
        ours = (host for host in self._waiting if host.stay is Stay.OURS)
        return min((host.clock.ready_at(now) for host in ours), default=math.inf)
