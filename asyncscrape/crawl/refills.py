"""Hosts whose queue in memory is to be refilled from the frontier, and with how much."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from asyncscrape.crawl.hosts import Host

FULL = 64
"""Requests of one host in memory at the most; a slow host gets fewer."""
SLOW_FULL = 12
PREFETCHED = 50_000
"""Requests of all hosts in memory, roughly, when there are very many hosts."""
HOSTS_AT_ONCE = 256
"""Hosts refilled by one look into the frontier."""


class Refills:
    """The hungry hosts."""

    def __init__(self, hosts: Mapping[str, Host]) -> None:
        """`hosts` are all hosts of the run, by name."""
        self._hosts = hosts
        self._hungry: dict[str, Host] = {}

    def hungry(self) -> dict[str, int]:
        """Hosts whose queue needs a refill, and how many requests each may get."""
        return {name: self.room(host) for name, host in islice(self._hungry.items(), HOSTS_AT_ONCE)}

    def room(self, host: Host) -> int:
        """How many more requests a host may have in memory."""
        return min(SLOW_FULL if host.clock.delay else FULL, 1 + PREFETCHED // len(self._hosts))

    def want(self, host: Host, now: float) -> None:
        """The queue of this host runs low; it is hungry if the frontier has something for it."""
        due = host.next_retry is not None and host.next_retry <= now
        if (host.more or due) and not host.refilling and not host.given_up:
            self._hungry[host.name] = host

    def want_all(self) -> None:
        """Every host is hungry, but for those that were given up."""
        self._hungry |= {name: host for name, host in self._hosts.items() if not host.refilling and not host.given_up}

    def under_way(self, hosts: Iterable[Host]) -> None:
        """Requests for these hosts are on their way."""
        for host in hosts:
            host.refilling = True
            self.forget(host)

    def forget(self, host: Host) -> None:
        """The host is not hungry any more."""
        self._hungry.pop(host.name, None)
