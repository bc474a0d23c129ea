"""The pace of each host: how long its pages take, and whether they are parsed apart from those of others."""

from __future__ import annotations

SLOW = 0.05
"""Seconds that the pages of a host may take on average, to be parsed among those of others. A page that takes ten
times as much is not silent, and yet holds up hundreds of ordinary ones.
"""
WEIGHT = 0.125
"""The weight of a page in the average of its host."""
GOOD_AGAIN = 100
"""Pages in a row that are read in time before a host that has overrun is like all others."""
MOST_KNOWN = 10_000
"""Hosts whose pace is remembered."""


class Paces:
    """What is known of the hosts whose pages have been read."""

    def __init__(self) -> None:
        self._averages: dict[str, float] = {}
        """Seconds, by host."""
        self._overrun: dict[str, int] = {}
        """Hosts with a page that has overrun, and the pages that each has had read since."""

    def read(self, host: str, seconds: float) -> None:
        """A page was read, in so many seconds."""
        average = self._averages.get(host, seconds)
        self._averages[host] = average + WEIGHT * (seconds - average)
        if len(self._averages) > MOST_KNOWN:
            del self._averages[next(iter(self._averages))]
        if host in self._overrun:
            self._overrun[host] += 1
            if self._overrun[host] >= GOOD_AGAIN:
                del self._overrun[host]

    def overran(self, host: str) -> None:
        """A page took more than it may."""
        self._overrun[host] = 0

    def apart(self, host: str) -> bool:
        """Whether its pages are parsed apart."""
        return host in self._overrun or self._averages.get(host, 0.0) > SLOW

    def stranger(self, host: str) -> bool:
        """Whether nothing is known of it."""
        return host not in self._averages and host not in self._overrun
