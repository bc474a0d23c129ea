"""Where a run stops, as the command line tells it."""

from __future__ import annotations

from asyncscrape.errors import UsageError
from asyncscrape.units import DURATION_HELP, duration


def seconds(text: str | None) -> float | None:
    """The seconds of --time-limit; None without it."""
    if text is None:
        return None
    try:
        return duration(text)
    except ValueError:
        raise UsageError(f"--time-limit {text}: {DURATION_HELP}") from None
