"""Pages that take more than they may, in words: a run and `try` tell the same."""

from __future__ import annotations

import signal

from asyncscrape.units import in_words

IDLE_FACTOR = 3
"""A page may take this many times its budget as long as its process hardly works: the machine may be busy."""


def ran_for(seconds: float) -> str:
    """Its time was up."""
    return f"its parser ran for {in_words(seconds)}"


def took_memory(memory: int) -> str:
    """So many bytes were not enough."""
    return f"its parser took more than {memory // 1_000_000} MB of memory"


def crashed(code: int) -> str:
    """Its process ended by itself, or somebody ended it."""
    return f"its parser crashed ({how_it_ended(code)})"


def how_it_ended(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
