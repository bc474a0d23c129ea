"""The hosts that the frontier has granted to this worker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from asyncscrape.crawl.host_policies import HostPolicies
from asyncscrape.frontier.base import Grant
from asyncscrape.politeness.clock import PATIENCE, HostClock


class Grants:
    """Hosts as the last run left them, until they have their first turn in this one."""

    def __init__(self, policies: HostPolicies, now: Callable[[], float], *, asks: bool = True) -> None:
        """Unless the run `asks` hosts, their clocks do not count."""
        self._policies = policies
        self._asks = asks
        self._now = now
        self._ours: set[str] = set()
        self._unread: dict[str, Grant] = {}
        """Grants of hosts without a turn so far."""

    def __contains__(self, host: str) -> bool:
        return host in self._ours

    def __iter__(self) -> Iterator[str]:
        return iter(self._ours)

    def __len__(self) -> int:
        return len(self._ours)

    def add(self, grants: Iterable[Grant]) -> None:
        """Take over these hosts."""
        for grant in grants:
            self._ours.add(grant.host)
            self._unread[grant.host] = grant

    def remove(self, hosts: Iterable[str]) -> None:
        """Give up these hosts."""
        for host in hosts:
            self._ours.discard(host)
            self._unread.pop(host, None)

    def clock(self, host: str) -> HostClock:
        """The clock of a host, as the last run left it."""
        grant, policy = self._unread.pop(host, None), self._policies.policy(host)
        if grant is None or not self._asks or not (grant.clock or grant.unclean):
            return HostClock(policy)
        clock = HostClock.load(policy, grant.clock or b"", self._now(), grant.unclean)
        # Its robots.txt may have changed, so one that asked for too much is looked at before the host is given up.
        if not self._policies.robots(host) or clock.crawl_delay > PATIENCE:
            clock.crawl_delay = 0.0
        return clock
