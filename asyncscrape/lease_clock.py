"""The clock by which leases end: it also runs while the machine sleeps."""

from __future__ import annotations

import time

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def now() -> float:
    """Seconds since some moment in the past."""
    return time.clock_gettime(_CLOCK)
