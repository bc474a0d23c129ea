"""A job's open state file, and the part of it that is kept in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from asyncscrape.frontier.generation_state import GenerationState
from asyncscrape.frontier.sqlite.database import StateDatabase
from asyncscrape.frontier.sqlite.experience_table import ExperienceTable
from asyncscrape.frontier.sqlite.hosts import Hosts
from asyncscrape.frontier.sqlite.meta import StateMeta
from asyncscrape.frontier.sqlite.tallies import Tallies


class StateFile:
    """The file, the keys of its hosts, its totals, its generation, and what it has learned."""

    def __init__(self, database: StateDatabase) -> None:
        self.database = database
        self.hosts = Hosts(database)
        self.tallies = Tallies(database)
        self.generation = GenerationState(StateMeta(database))
        self.experience = ExperienceTable(database, self.hosts)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A transaction that ends by writing the totals; if it fails, nothing stays behind in memory either."""
        known = len(self.hosts)
        try:
            with self.database.transaction():
                yield
                self.tallies.write()
        except BaseException:
            self.hosts.forget_beyond(known)
            self.tallies.drop()
            raise
        self.tallies.keep()
