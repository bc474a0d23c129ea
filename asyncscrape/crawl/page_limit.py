"""The pages that a run may finish, and those that it has.

Of many workers, none knows what the others have open: there, the frontier leases no more pages than all together may
finish, and its totals tell when the end is reached.
"""

from __future__ import annotations

from collections.abc import Iterable

from asyncscrape.model import Kind, Outcome, State
from asyncscrape.stats import Totals


class PageLimit:
    """Counts pages towards the limit."""

    def __init__(self, most: float, totals: Totals) -> None:
        """`most` pages may be finished beyond those in the `totals` so far."""
        self._most = most
        self._ended = 0
        """Pages this run has finished."""
        self._hopping = 0
        """Redirected pages that are not stored yet; the commit tells whether the redirect was their end."""
        self._merged = totals.merged

    def allows(self, open: int) -> bool:
        """Whether another page may start beside those that are open."""
        return self._ended + self._hopping + open < self._most

    @property
    def reached(self) -> bool:
        """Whether there are as many pages as there may be."""
        return self._ended >= self._most

    def settle(self, outcome: Outcome) -> None:
        """A page has ended, or goes on."""
        if is_page(outcome):
            self._ended += outcome.state is not State.PENDING and not outcome.merged
            self._hopping += bool(outcome.hop)

    def stored(self, outcomes: Iterable[Outcome], totals: Totals) -> None:
        """A group is stored."""
        self._hopping -= sum(bool(outcome.hop) and is_page(outcome) for outcome in outcomes)
        self._ended += totals.merged - self._merged
        self._merged = totals.merged


class PageLimitOfAll(PageLimit):
    """The limit of many workers together, which the frontier keeps."""

    def __init__(self, most: float, totals: Totals) -> None:
        """`most` pages may be finished in all."""
        super().__init__(most, totals)
        self._totals = totals

    def allows(self, open: int) -> bool:
        """The frontier would not have leased it."""
        return True

    @property
    def reached(self) -> bool:
        """Whether all together have finished so many."""
        return self._totals.of(Kind.PAGE, State.DONE, State.FAILED) >= self._most

    def stored(self, outcomes: Iterable[Outcome], totals: Totals) -> None:
        """A group is stored."""
        self._totals = totals


def is_page(outcome: Outcome) -> bool:
    """Whether the request counts as a page."""
    return Kind.counted(outcome.request.kind) is Kind.PAGE
