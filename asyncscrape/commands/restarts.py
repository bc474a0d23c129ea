"""When a worker that has died is started again: after a pause that grows, not without end, and not without stores."""

from __future__ import annotations

import math
from collections.abc import Iterable

MOST_DEATHS = 5
"""Deaths in a row after which it is clear that the next one will come as well."""
LONG_LIFE = 60.0
"""Seconds after which a death counts as the first one again."""
FIRST_PAUSE = 0.25
"""Seconds; each further pause is twice as long."""
LATELY = 300.0
"""Seconds within which workers may notice the same trouble with a store, and give it up."""


class Restarts:
    """The deaths of one worker, one after the other."""

    def __init__(self) -> None:
        self.deaths = 0

    def pause_after(self, lived: float) -> float | None:
        """Seconds until it is started again, after it has lived for so many; None if it has died too often."""
        self.deaths = 1 if lived >= LONG_LIFE else self.deaths + 1
        return None if self.deaths >= MOST_DEATHS else FIRST_PAUSE * 2 ** (self.deaths - 1)


class StoreAway:
    """Who has given up a store, and when: one worker may be cut off, but if all are, another try is of no use."""

    def __init__(self) -> None:
        self._times: dict[str, float] = {}

    def note(self, worker: str, now: float) -> None:
        """A worker has given up a store."""
        self._times[worker] = now

    def for_all(self, workers: Iterable[str], now: float) -> bool:
        """Whether all of these workers have given one up lately."""
        return all(now - self._times.get(worker, -math.inf) < LATELY for worker in workers)
