"""The manners of a crawl as its site saw them, told from the log of support/graph_site.py."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from support.graph_config import Asked

JITTER = 0.002
"""What the server's own event loop may be late in noting the start of a request."""
RECENT = 2.0
"""Seconds within which a host with work is asked again by the worker that it belongs to."""


def by_host(log: Iterable[Asked]) -> dict[str, list[Asked]]:
    hosts: defaultdict[str, list[Asked]] = defaultdict(list)
    for asked in log:
        hosts[asked.host].append(asked)
    return hosts


def gaps(log: Sequence[Asked]) -> list[float]:
    """Seconds between the starts of two requests that follow each other."""
    return [later.start - earlier.start for earlier, later in pairwise(log)]


def fullest(log: Sequence[Asked], seconds: float) -> int:
    """The most starts in any window of so many seconds; the log is in order of arrival."""
    starts = [asked.start for asked in log]
    windows = (bisect_left(starts, begin + seconds) - place for place, begin in enumerate(starts))
    return max(windows, default=0)


def most_open(log: Iterable[Asked]) -> int:
    """The most requests that were open at the same moment."""
    moments = sorted(moment for asked in log for moment in ((asked.start, 1), (asked.end, -1)))
    return max(accumulate(change for _, change in moments))


class Promise(NamedTuple):
    """What a config promises to sites, whatever happens to its workers."""

    delay: float
    per_host: int
    concurrency: int
    rate: int
    """Requests in any second, to all hosts together."""
    quotas: Mapping[str, int]
    """Requests in any second, by host."""

    def broken(self, log: Sequence[Asked]) -> list[str]:
        """The ways in which a log breaks it; the log is in order of arrival."""
        hosts = by_host(log)
        second = 1 - JITTER
        close = {host: min(gaps(asked), default=math.inf) for host, asked in hosts.items()}
        open_there = {host: most_open(asked) for host, asked in hosts.items()}
        full = {host: fullest(hosts[host], second) for host in self.quotas}
        return [
            *(f"{host} after {gap:.3f} s" for host, gap in close.items() if gap < self.delay - JITTER),
            *(f"{host} with {found} open" for host, found in open_there.items() if found > self.per_host),
            *(f"{host} {found} times in a second" for host, found in full.items() if found > self.quotas[host]),
            *(f"{found} open in all" for found in [most_open(log)] if found > self.concurrency),
            *(f"{found} in a second in all" for found in [fullest(log, second)] if found > self.rate),
        ]


def strayed(log: Sequence[Asked], agent: str, stopped: float, woken: float) -> list[Asked]:
    """Requests that a process was about to send when it was stopped, and has sent when it woke, to hosts that others
    have asked in the meantime.
    """
    others = {asked.host for asked in log if stopped < asked.start < woken and asked.agent != agent}
    return [
        asked for asked in log if asked.agent == agent and woken <= asked.start < woken + 1 and asked.host in others
    ]


def takeovers(log: Sequence[Asked], agent: str, killed: float) -> dict[str, float]:
    """Seconds from the end of a worker until each host that it was asking was asked again."""
    found = {}
    for host, all_asked in by_host(log).items():
        before = [asked for asked in all_asked if asked.start < killed]
        after = [asked for asked in all_asked if asked.start >= killed]
        if before and after and before[-1].agent == agent and killed - before[-1].start < RECENT:
            found[host] = after[0].start - killed
    return found
