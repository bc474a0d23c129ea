"""The generation of a job that is crawled: its state, what its tables and those before it hold, which are mixed.

1. `begin` forgets what is known of the last one, and the tables are made beside those in place, see
   `sqlite/next_generation.py`.
2. `decide` notes that the stores are about to switch. From then on every run must complete it.
3. `switched` notes that they have.

A frontier that says nothing about generations holds the first one, in place.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol, TypeVar

import msgspec

from asyncscrape.facts import TableFacts
from asyncscrape.frontier.kept_changes import with_changes
from asyncscrape.model import FIRST, Generation
from asyncscrape.stats import Totals

T = TypeVar("T")

GENERATION = "generation"
SWITCHING = "switching"
ACCEPTED = "accepted"
FACTS = "facts"
FACTS_BEFORE = "facts_before"
MIXED = "mixed"

Mixed = tuple[str, int]
"""A table, and the generation in which it became mixed."""


class MetaTable(Protocol):
    """Facts about the job itself, by name."""

    def load(self, name: str, type_: type[T]) -> T | None:
        """A fact; None if it was never saved."""

    def save(self, name: str, fact: object) -> None:
        """Save a fact in the current transaction."""

    def forget(self, *names: str) -> None:
        """Forget facts in the current transaction."""


class GenerationState:
    """What is stored about the generation. The totals of every commit show it, so it is kept in memory."""

    def __init__(self, meta: MetaTable) -> None:
        self._meta = meta
        self._told: Totals | None = None
        """The totals with nothing but the generation; None if they may have changed."""

    @property
    def generation(self) -> Generation:
        """The generation that is crawled, or was crawled last."""
        return self.completed(Totals()).generation

    @property
    def switching(self) -> bool:
        """Whether the stores have begun to switch to this generation."""
        return bool(self._meta.load(SWITCHING, bool))

    @property
    def accepted(self) -> tuple[str, ...]:
        """What is not as expected of this generation and was accepted."""
        return self._meta.load(ACCEPTED, tuple[str, ...]) or ()

    def completed(self, totals: Totals) -> Totals:
        """The totals with everything about the generation."""
        told = self._told = self._told or self._read()
        return msgspec.structs.replace(
            totals, generation=told.generation, facts=told.facts, facts_before=told.facts_before, mixed=told.mixed
        )

    def _read(self) -> Totals:
        return Totals(
            generation=self._meta.load(GENERATION, Generation) or FIRST,
            facts=self._facts(FACTS),
            facts_before=self._facts(FACTS_BEFORE),
            mixed=tuple(sorted({table for table, _ in self._mixed()})),
        )

    def _facts(self, name: str) -> Mapping[str, TableFacts]:
        return self._meta.load(name, dict[str, TableFacts]) or {}

    def _mixed(self) -> set[Mixed]:
        return self._meta.load(MIXED, set[Mixed]) or set()

    # In the current transaction

    def begin(self, end: int, counted: Mapping[str, int]) -> Generation:
        """Begin the next generation at the end of the journal. One that was never switched to is thrown away.

        `counted` are the records of each table, for a job that an older version finished without any facts.
        """
        last = self.generation
        if last.beside:
            self._save(MIXED, sorted(pair for pair in self._mixed() if pair[1] != last.number))
        else:
            rows = {table: TableFacts(n) for table, n in counted.items()}
            self._save(FACTS_BEFORE, self._facts(FACTS) or rows)
        self._meta.forget(FACTS, SWITCHING, ACCEPTED)
        after = Generation(last.number + 1, beside=True, begin=end)
        self._save(GENERATION, after)
        return after

    def save_facts(self, facts: Mapping[str, TableFacts]) -> None:
        """Save what the finished tables of this generation hold."""
        self._save(FACTS, with_changes(facts, self._facts(FACTS)))

    def mix(self, tables: Collection[str]) -> None:
        """Note that these tables hold records made by several versions of their rules."""
        if tables:
            number = self.generation.number
            self._save(MIXED, sorted(self._mixed() | {(table, number) for table in tables}))

    def accept(self, complaints: Collection[str]) -> None:
        """Note what was accepted although it is not as expected."""
        self._save(ACCEPTED, list(complaints))

    def decide(self) -> None:
        """Note that the stores are about to switch."""
        self._save(SWITCHING, True)

    def switched(self) -> None:
        """Note that all stores have switched: the generation is in place, and what was mixed before is gone."""
        now = msgspec.structs.replace(self.generation, beside=False)
        self._save(GENERATION, now)
        self._save(MIXED, sorted(pair for pair in self._mixed() if pair[1] == now.number))
        self._meta.forget(SWITCHING)

    def _save(self, name: str, fact: object) -> None:
        self._meta.save(name, fact)
        self._told = None
