"""When a worker that has died is started again: after a pause that grows, and not without end."""

from __future__ import annotations

MOST_DEATHS = 5
"""Deaths in a row after which it is clear that the next one will come as well."""
LONG_LIFE = 60.0
"""Seconds after which a death counts as the first one again."""
FIRST_PAUSE = 0.25
"""Seconds; each further pause is twice as long."""


class Restarts:
    """The deaths of one worker, one after the other."""

    def __init__(self) -> None:
        self.deaths = 0

    def pause_after(self, lived: float) -> float | None:
        """Seconds until it is started again, after it has lived for so many; None if it has died too often."""
        self.deaths = 1 if lived >= LONG_LIFE else self.deaths + 1
        return None if self.deaths >= MOST_DEATHS else FIRST_PAUSE * 2 ** (self.deaths - 1)
