"""How long to wait after a failure before the next try."""

from __future__ import annotations

from collections.abc import Callable


def backoff(failures: int, first: float, longest: float, random: Callable[[], float]) -> float:
    """Seconds to wait after so many failures in a row, of which the first is number 0.

    The wait grows exponentially and any part of it may be cut off by chance ("full jitter"), so that those who failed
    together do not come back together; `random` gives numbers from 0 to 1.
    """
    return random() * min(longest, first * 2.0 ** min(failures, 64))
