"""How many workers this machine bears: by the cores and the memory that this process may use."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

CRAWL = 256_000_000
"""Bytes for the crawl itself."""
APART, WITH_SILENT = 1, 2
"""Workers beside the usual ones: one apart, and for each one that may be silent while it is replaced."""
GROUPS = Path("/sys/fs/cgroup")


def workers_borne(memory: int) -> int:
    """One worker for each core but one, as far as each gets this much memory; at least one."""
    at_once = (memory_limit() - CRAWL) // memory - APART
    return max(1, min(math.ceil(cores()) - 1, at_once // WITH_SILENT))


def cores() -> float:
    """The cores that this process may use: by affinity and by the quotas of its control groups."""
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(own, *_quotas(), math.inf)


def memory_limit() -> int:
    """Bytes of memory that this process may use: of the machine, or of its control groups."""
    own = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    told = [*_told("memory.max"), *_told("memory/memory.limit_in_bytes")]
    return min(own, *(int(text) for text in told if text.isdigit()), own)


def _quotas() -> Iterator[float]:
    for text in _told("cpu.max"):
        most, period = text.split()
        if most != "max":
            yield int(most) / int(period)
    for most, period in zip(_told("cpu/cpu.cfs_quota_us"), _told("cpu/cpu.cfs_period_us"), strict=False):
        if int(most) > 0:
            yield int(most) / int(period)


def _told(name: str) -> Iterator[str]:
    """What the control groups of this process say: in a container its own are at the root."""
    places = [GROUPS]
    try:
        own = Path("/proc/self/cgroup").read_text(encoding="ascii")
    except OSError:
        own = ""
    for line in own.splitlines():
        if line.startswith("0::/") and len(line) > len("0::/"):
            group = GROUPS / line.removeprefix("0::/")
            places += [group, *(above for above in group.parents if GROUPS in above.parents)]
    for place in places:
        try:
            yield (place / name).read_text(encoding="ascii").strip()
        except OSError:
            continue
