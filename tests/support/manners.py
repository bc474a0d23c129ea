"""The manners of a crawl as its site saw them, told from the log of support/graph_site.py."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from support.graph_config import Asked

JITTER = 0.002
"""What the server's own event loop may be late in noting the start of a request."""


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
    return max(bisect_left(starts, begin + seconds) - place for place, begin in enumerate(starts))
