"""A record store in memory that outlives the runs of a job, and makes each generation beside the last one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from asyncscrape.crawl.build import Builders
from asyncscrape.errors import StoreError
from asyncscrape.expectations import TableExpectation
from asyncscrape.facts import Changes, TableFacts
from asyncscrape.model import FIRST, Batch, Generation
from asyncscrape.storage.base import NOTHING_EXPECTED

Titles = dict[str, set[str]]


class Shelf:
    """Keeps the titles of each table; a record delivered twice changes nothing."""

    names = ("shelf",)
    takes_answers = False
    appetite = 1
    patience = 0.05

    def __init__(self, name: str = "shelf") -> None:
        self.id = name
        self.place: Titles = {}
        """What readers see."""
        self.beside: Titles = {}
        self.fault = False
        """Whether it fails when it is to switch."""
        self._generation = FIRST
        self._number = 1

    async def probe(self, generation: Generation = FIRST) -> str:
        return "ready"

    async def open(self, cursor: int, generation: Generation = FIRST) -> int:
        if generation.beside and generation.number > self._number:
            if generation != self._generation:
                self.beside = {}
            self._generation = generation
        else:
            self._generation = Generation(generation.number)
        return cursor

    async def write(self, batches: Sequence[Batch]) -> None:
        for batch in batches:
            records: list[dict[str, Any]] = [msgspec.json.decode(line) for line in batch.lines.splitlines()]
            self._tables.setdefault(batch.table, set()).update(record["title"] for record in records)

    @property
    def _tables(self) -> Titles:
        return self.beside if self._generation.beside else self.place

    async def finish(self, expected: Mapping[str, TableExpectation] = NOTHING_EXPECTED) -> Mapping[str, TableFacts]:
        return {
            table: TableFacts(len(titles), changes=self._changes(table)) for table, titles in self._tables.items()
        }

    def _changes(self, table: str) -> Changes | None:
        if not self._generation.beside:
            return None
        new, old = self.beside[table], self.place.get(table, set())
        return Changes(len(new - old), len(old - new))

    async def switch(self) -> None:
        if self.fault:
            raise StoreError("the shelf broke down")
        if self._generation.beside:
            self.place, self.beside = self.beside, {}
            self._number, self._generation = self._generation.number, Generation(self._generation.number)

    async def close(self) -> None:
        pass


def shelved(*shelves: Shelf, expected: Mapping[str, TableExpectation] = NOTHING_EXPECTED) -> Builders:
    """For runs with these stores and expectations."""
    return Builders(stores=lambda *given, **shared: list(shelves), expected=lambda config: expected)
