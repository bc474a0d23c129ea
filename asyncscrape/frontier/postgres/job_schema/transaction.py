"""One transaction of a worker, or of an owner: its statements, and the totals, facts and flaws that it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from asyncscrape.frontier.generation_state import GenerationState
from asyncscrape.frontier.postgres.job_schema.meta_facts import MetaFacts
from asyncscrape.frontier.postgres.job_schema.named_statements import Statements
from asyncscrape.frontier.tally_names import Counting, totals_of
from asyncscrape.model import Flaw, FlawKind, FoundFlaw, storable
from asyncscrape.stats import Totals

if TYPE_CHECKING:
    from asyncpg import Connection

GONE = 0
"""The worker whose totals are those of all that are gone, and of owners."""


class FlawRow(msgspec.Struct, frozen=True):
    """All flaws of one kind in one column, as stored."""

    name: str
    field: str
    kind: FlawKind
    n: int
    example: str
    url: str


_tallies = msgspec.json.Decoder(dict[str, float]).decode
_meta = msgspec.json.Decoder(dict[str, str]).decode
_flaws = msgspec.json.Decoder(list[FlawRow]).decode


class JobWork(Statements):
    """A transaction that is under way."""

    def __init__(self, connection: Connection, worker: int = GONE) -> None:
        super().__init__(connection)
        self.worker = worker
        self.counting = Counting({})
        self.meta = MetaFacts({})
        self.generation = GenerationState(self.meta)
        self.hosts: dict[str, int] = {}
        """Ids of hosts that the transaction has looked up, or added."""
        self.own_hosts: set[int] = set()
        """Ids of hosts that the transaction has found to be the worker's."""
        self.bundles = False
        """Whether there are bundles to close, as of the last look."""
        self.after: list[Callable[[], None]] = []
        """What is to be remembered once the transaction is committed."""
        self._flaws: tuple[FoundFlaw, ...] = ()
        self._new_flaws: list[tuple[Flaw, str]] = []

    async def look(self) -> None:
        """Read the totals and all facts; for transactions that need them."""
        row = await self.row("look")
        assert row is not None
        self.counting = Counting(_tallies(row["tallies"] or "{}"))
        self.meta = MetaFacts(_meta(row["meta"] or "{}"))
        self.generation = GenerationState(self.meta)
        self.bundles = row["bundles"]
        self._flaws = tuple(
            FoundFlaw(Flaw(one.name, one.field, one.kind, one.n, one.example), one.url)
            for one in _flaws(row["flaws"] or "[]")
        )

    @property
    def totals(self) -> Totals:
        """The totals with the changes of this transaction; only those that others commit meanwhile are missing."""
        stored, changes = self.counting.stored, self.counting.changes
        now = {name: stored.get(name, 0) + changes[name] for name in (stored.keys() | changes.keys())}
        flaws = _together([*self._flaws, *(FoundFlaw(flaw, url) for flaw, url in self._new_flaws)])
        return self.generation.completed(totals_of(now, flaws))

    def add_flaws(self, flaws: Iterable[Flaw], url: str) -> None:
        """Count the flaws of a page."""
        self._new_flaws += [(msgspec.structs.replace(flaw, example=storable(flaw.example)), url) for flaw in flaws]

    async def end(self) -> None:
        """Write what was counted and saved, as the last step of the transaction."""
        if new := _together([FoundFlaw(flaw, url) for flaw, url in self._new_flaws]):
            fields = [
                (one.flaw.table, one.flaw.column, str(one.flaw.kind), one.flaw.count, one.flaw.example, one.url)
                for one in new
            ]
            await self.run("add_flaws", self.worker, *columns(fields))
        if changed := [(name, n) for name, n in self.counting.changes.items() if n]:
            await self.run("count", self.worker, *columns(changed))
        await self.meta.write(self)


def columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    """Rows, of which there is one at least, as the columns that a statement unnests."""
    return [list(column) for column in zip(*rows, strict=True)]


def _together(found: Sequence[FoundFlaw]) -> tuple[FoundFlaw, ...]:
    """Flaws of a kind in a column as one, with the first example, in the order of their names."""
    sums: dict[tuple[str, str, str], FoundFlaw] = {}
    for one in found:
        key = (one.flaw.table, one.flaw.column, one.flaw.kind)
        first = sums.get(key)
        if first is not None:
            more = msgspec.structs.replace(first.flaw, count=first.flaw.count + one.flaw.count)
            one = FoundFlaw(more, first.url)
        sums[key] = one
    return tuple(sums[key] for key in sorted(sums))
