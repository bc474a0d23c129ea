"""Which lines the sweeps of a table hide from its rows; the rule is in `records/newest.py`.

Sweeps have no key: they stand before all other lines of a sorted part. The lines that they hide stay in the part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from asyncscrape.model import Table
from asyncscrape.records.line_ranks import line_rank, replaces
from asyncscrape.records.lines import swept_by
from asyncscrape.records.newest import Rank
from asyncscrape.storage.files.keys import Keys, ranked_keys


class _SweptBy(NamedTuple):
    """The sweeps by the same columns."""

    values: Keys
    """The values of these columns in each line, compared as those of a key are."""
    newest: dict[Any, bytes]
    """The newest sweep by each of the values."""


class Sweeps:
    """The sweeps of a table, for each of the swept values the newest."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._by_columns: dict[tuple[str, ...], _SweptBy] = {}
        self._ranks: list[tuple[Keys, dict[Any, Rank]]] | None = None

    def __bool__(self) -> bool:
        return bool(self._by_columns)

    def add(self, lines: Iterable[bytes]) -> None:
        """Add sweeps; one that names no value reaches no row."""
        self._ranks = None
        for line in lines:
            named = swept_by(line)
            if named and b"null" not in named.values():
                values, newest = self._by(tuple(named))
                [value] = values(line + b"\n")
                if value not in newest or replaces(line, newest[value]):
                    newest[value] = line

    def lines(self) -> Iterator[bytes]:
        """The newest sweep by each of the values."""
        return (line for same in self._by_columns.values() for line in same.newest.values())

    def ends(self, rows: bytes) -> Iterator[Rank | None]:
        """For each of these rows, the rank of the newest sweep that reaches it: nothing up to there is shown."""
        if self._ranks is None:
            self._ranks = [(values, _ranks(newest)) for values, newest in self._by_columns.values()]
        found = [map(ranks.get, values(rows)) for values, ranks in self._ranks]
        return (max(filter(None, ends), default=None) for ends in zip(*found, strict=True))

    def _by(self, columns: tuple[str, ...]) -> _SweptBy:
        if columns not in self._by_columns:
            same = msgspec.structs.replace(self._table, key=columns)
            self._by_columns[columns] = _SweptBy(ranked_keys(same), {})
        return self._by_columns[columns]


def _ranks(newest: Mapping[Any, bytes]) -> dict[Any, Rank]:
    return {value: line_rank(line) for value, line in newest.items()}
