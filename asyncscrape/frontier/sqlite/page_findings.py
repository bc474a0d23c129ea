"""The findings of pages beyond records and new URLs: flaws, uses of rules, and links that are not followed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from asyncscrape.frontier.prints import key_of
from asyncscrape.frontier.sqlite.database import StateDatabase
from asyncscrape.frontier.sqlite.tallies import Tallies
from asyncscrape.model import Kind, LinkLeft, Outcome, State
from asyncscrape.stats import MAY_BE_FOLLOWED, MOST_LEFT
from asyncscrape.urls import fingerprint


class Findings:
    """The part of a commit that stores them."""

    def __init__(self, database: StateDatabase, tallies: Tallies) -> None:
        self._database = database
        self._tallies = tallies

    def note(self, outcomes: Iterable[Outcome]) -> None:
        """Store what these outcomes tell. Call it when their links are in the queue."""
        for outcome in outcomes:
            if outcome.uses:
                self._tallies.used(outcome.uses)
            if outcome.flaws:
                self._tallies.flaws.add(outcome.flaws, outcome.request.url)
            if outcome.opening:
                self._tallies.opened(outcome.opening)
            if outcome.left:
                self._leave(outcome.left, outcome.request.id)
            if outcome.state is State.SKIPPED:
                self._tallies.skipped(outcome.reason)

    def _leave(self, links: Sequence[LinkLeft], parent: int) -> None:
        for link in links:
            if self._tallies.skipped_for(link.reason) < MOST_LEFT:
                print_ = fingerprint(Kind.PAGE, link.url)
                row = (key_of(print_), link.url, link.reason, parent, print_)
                self._tallies.skipped(link.reason, self._database.run("leave_link", row).rowcount)

    def followed(self, prints: Iterable[bytes]) -> None:
        """Forget that these URLs are not followed: another page has put them into the queue."""
        if any(map(self._tallies.skipped_for, MAY_BE_FOLLOWED)):
            for print_ in prints:
                if (reason := self._database.text("follow_after_all", (key_of(print_),))) is not None:
                    self._tallies.skipped(reason, -1)


def forget_findings(database: StateDatabase) -> None:
    """Forget all of them but the tallies, inside the caller's transaction: a new generation begins."""
    database.run("forget_flaws")
    database.run("forget_skipped")
