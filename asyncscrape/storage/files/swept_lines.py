"""Which lines the sweeps of a table hide from its rows; the rule is in `records/newest.py`.

Sweeps have no key: they stand before all other lines of a sorted part. The lines that they hide stay in the part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from asyncscrape.model import Table
from asyncscrape.records.line_ranks import line_rank, replaces
from asyncscrape.records.lines import swept_by
from asyncscrape.records.newest import Rank
from asyncscrape.storage.files.keys import Keys, ranked_keys


class Sweeps:
    """The sweeps of a table, for each of the swept values the newest."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._newest: dict[tuple[str, ...], dict[Any, bytes]] = {}
        self._ranks: list[tuple[Keys, dict[Any, Rank]]] = []

    def __bool__(self) -> bool:
        return bool(self._newest)

    def add(self, lines: Iterable[bytes]) -> None:
        """Add sweeps; one that names no value reaches no row."""
        for line in lines:
            named = swept_by(line)
            if named and b"null" not in named.values():
                newest = self._newest.setdefault(tuple(named), {})
                [value] = self._values(tuple(named))(line + b"\n")
                if value not in newest or replaces(line, newest[value]):
                    newest[value] = line

    def lines(self) -> Iterator[bytes]:
        """The newest sweep of each of the values."""
        return (line for newest in self._newest.values() for line in newest.values())

    def ends(self, rows: bytes) -> Iterator[Rank | None]:
        """For each of these rows, the rank of the newest sweep that reaches it: nothing up to there is shown."""
        if len(self._ranks) != len(self._newest):
            self._ranks = [
                (self._values(columns), {value: line_rank(line) for value, line in newest.items()})
                for columns, newest in self._newest.items()
            ]
        found = [map(ranks.get, values(rows)) for values, ranks in self._ranks]
        return (max(filter(None, ends), default=None) for ends in zip(*found, strict=True))

    def _values(self, columns: tuple[str, ...]) -> Keys:
        """A reader of the values of these columns, which are compared as those of a key are."""
        return ranked_keys(msgspec.structs.replace(self._table, key=columns))
