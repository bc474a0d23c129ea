"""The wait between a failure and the next try."""

from __future__ import annotations

from collections.abc import Callable


def backoff(failures: int, first: float, longest: float, random: Callable[[], float]) -> float:
    """Seconds to wait after so many failures in a row, where the first failure is number 0.

    The longest wait grows exponentially, and chance shortens it by any amount ("full jitter"), so that those that
    failed together do not come back together; `random` gives numbers from 0 to 1.
    """
    return random() * min(longest, first * 2.0 ** min(failures, 64))
