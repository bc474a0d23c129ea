"""How bad each sort of warning is, and how many pages must speak for it."""

from __future__ import annotations

from asyncscrape.model import Kind, State
from asyncscrape.stats import Totals

NOTHING_FOUND, EMPTY, LOST, ODD = 5.0, 3.0, 2.0, 1.0
"""How bad each sort is; the share that it concerns is added."""
MANY = 0.2
"""Pages that fit no rule, links that are not followed and rows that are left out are told from this share on."""
ENOUGH = 10
"""Pages that tell something about those that still wait."""

Weighed = tuple[float, str]
"""How bad it is, and the sentence."""


def waiting(totals: Totals) -> int:
    """Pages that are still to come."""
    return totals.of(Kind.PAGE, State.PENDING, State.LEASED)


def enough(totals: Totals) -> int:
    """How many pages must have been read before anything is concluded from what they lack."""
    return ENOUGH if waiting(totals) else 1
