"""How many workers this machine bears: by the cores and the memory that this process may use."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

CRAWL = 256_000_000
"""Bytes for the crawl itself."""
APART, WITH_SILENT = 1, 2
"""Workers beside the usual ones: one apart, and for each one that may be silent while it is replaced."""
GROUPS = Path("/sys/fs/cgroup")
OWN_GROUP = Path("/proc/self/cgroup")


def workers_borne(memory: int) -> int:
    """One worker for each core but one, as far as each gets this much memory; at least one."""
    at_once = (memory_limit() - CRAWL) // memory - APART
    return max(1, min(math.ceil(cores()) - 1, at_once // WITH_SILENT))


def cores(groups: Path = GROUPS, own_group: Path = OWN_GROUP) -> float:
    """The cores that this process may use: by affinity and by the quotas of its control groups."""
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(own, *_quotas(groups, own_group), math.inf)


def memory_limit(groups: Path = GROUPS, own_group: Path = OWN_GROUP) -> int:
    """Bytes of memory that this process may use: of the machine, or of its control groups."""
    own = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    places = _places(groups, own_group)
    told = [*_told(places, "memory.max"), *_told(places, "memory/memory.limit_in_bytes")]
    return min(own, *(int(text) for text in told if text.isdigit()), own)


def _quotas(groups: Path, own_group: Path) -> Iterator[float]:
    places = _places(groups, own_group)
    for text in _told(places, "cpu.max"):
        most, period = text.split()
        if most != "max":
            yield int(most) / int(period)
    quotas, periods = _told(places, "cpu/cpu.cfs_quota_us"), _told(places, "cpu/cpu.cfs_period_us")
    for most, period in zip(quotas, periods, strict=False):
        if int(most) > 0:
            yield int(most) / int(period)


def _places(groups: Path, own_group: Path) -> list[Path]:
    """The folders of the control groups of this process: in a container its own are at the root."""
    places = [groups]
    try:
        own = own_group.read_text(encoding="ascii")
    except OSError:
        own = ""
    for line in own.splitlines():
        if line.startswith("0::/") and len(line) > len("0::/"):
            group = groups / line.removeprefix("0::/")
            places += [group, *(above for above in group.parents if groups in above.parents)]
    return places


def _told(places: Sequence[Path], name: str) -> Iterator[str]:
    """What the control groups say."""
    for place in places:
        try:
            yield (place / name).read_text(encoding="ascii").strip()
        except OSError:
            continue
