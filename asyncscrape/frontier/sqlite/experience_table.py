"""What was learned about the use of a browser, by rule and host."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from asyncscrape.frontier.sqlite.database import StateDatabase
from asyncscrape.frontier.sqlite.hosts import Hosts
from asyncscrape.model import Outcome
from asyncscrape.openings import LEARNED, Brought, Experience
from asyncscrape.urls import authority


class ExperienceTable:
    """Adds up what pages tell, in the caller's transaction."""

    def __init__(self, database: StateDatabase, hosts: Hosts) -> None:
        self._database = database
        self._hosts = hosts

    def all(self) -> list[Experience]:
        """Everything that was learned."""
        return [Experience(**dict(row)) for row in self._database.run("experience")]

    def note(self, outcomes: Iterable[Outcome]) -> None:
        """Learn from these."""
        counts: Counter[tuple[str, int, Brought]] = Counter()
        for outcome in outcomes:
            for told in outcome.opening.rules if outcome.opening else ():
                counts[told.key, self._hosts.key(authority(outcome.request.url)), told.brought] += 1
        pairs = dict.fromkeys((rule, host) for rule, host, brought in counts if brought in LEARNED)
        self._database.run_many("learn", [(*pair, *(counts[*pair, one] for one in LEARNED)) for pair in pairs])

    def begin_generation(self) -> None:
        """From now on, this is what was learned before."""
        self._database.run("learned_so_far")
