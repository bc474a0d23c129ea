"""Facts about the columns of a table, gathered while its rows pass by in blocks.

Everything that is told exactly costs one call in C for a whole block. What would cost more is bounded: different
values are counted up to `MOST_DISTINCT`, and the bars are drawn from `SAMPLE` values or a few more, evenly spread.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

from asyncscrape.expectations import Bound
from asyncscrape.facts import ColumnFacts, TableFacts
from asyncscrape.quality.column_check import ColumnCheck
from asyncscrape.quality.shown_values import as_text, example

MOST_DISTINCT = 10_000
"""Different values that are counted; of more it is only known that they are many."""
MOST_EXAMPLES = 2
SAMPLE = 4096
BARS = 10


class TableTally:
    """The facts about a table and the checks of its columns, from the same rows."""

    def __init__(self, kinds: Mapping[str, str], checks: Mapping[str, ColumnCheck]) -> None:
        """`kinds` are the types of the columns that are told about; one that is not among them is taken as it is.

        A column with a check is told about, too, even if no row has it: then it is empty everywhere.
        """
        self._rows = 0
        told = {**kinds, **{name: "mixed" for name in checks if name not in kinds}}
        self._columns = {name: ColumnTally(kind) for name, kind in told.items()}
        self._checks = checks

    def note(self, columns: Mapping[str, Sequence[Any]], urls: Sequence[str]) -> None:
        """Take in some rows, as columns, and the URLs of their pages. A column that is left out is empty there."""
        self._rows += len(urls)
        nothing = (None,) * len(urls)
        for name in {**self._columns, **columns}:
            values = columns.get(name, nothing)
            self._columns.setdefault(name, ColumnTally("mixed")).note(values, urls)
            if name in self._checks:
                self._checks[name].note(values, urls)

    def facts(self) -> TableFacts:
        """The facts about all these rows."""
        missed = tuple(found for check in self._checks.values() for found in check.missed())
        return TableFacts(self._rows, {name: one.facts() for name, one in self._columns.items()}, missed)


class ColumnTally:
    """The facts about one column."""

    def __init__(self, kind: str) -> None:
        """`kind` is the type of its values; some may be of another type."""
        self._empties = EMPTIES.get(kind, (None,))
        self._filled = 0
        self._empty_at = ""
        self._examples: list[Any] = []
        self._distinct = _Distinct(plain=kind not in ("json", "mixed"))
        self._range = _Range(MEASURES[kind]) if kind in MEASURES else None

    def note(self, values: Sequence[Any], urls: Sequence[str]) -> None:
        """Take in the values of some rows, and the URLs of their pages."""
        if not all(values) and any(map(values.__contains__, self._empties)):
            pairs = zip(values, urls, strict=True)
            self._empty_at = self._empty_at or next(url for value, url in pairs if value in self._empties)
            values = [value for value in values if value not in self._empties]
        if not values:
            return
        self._filled += len(values)
        self._note_examples(values)
        self._distinct.note(values)
        if self._range:
            self._range.note(values)

    def _note_examples(self, values: Sequence[Any]) -> None:
        if not self._examples:
            self._examples.append(values[0])
        if len(self._examples) < MOST_EXAMPLES:
            self._examples += islice((value for value in values if value != self._examples[0]), 1)

    def facts(self) -> ColumnFacts:
        """The facts about all these values."""
        least, greatest, bars = self._range.told() if self._range else (None, None, ())
        examples = tuple(map(example, self._examples))
        return ColumnFacts(self._filled, self._distinct.told(), examples, self._empty_at, least, greatest, bars)


class _Distinct:
    """Counts different values, up to a limit."""

    def __init__(self, *, plain: bool) -> None:
        """`plain` values are neither lists nor objects."""
        self._plain = plain
        self._seen: set[Any] | None = set()

    def note(self, values: Sequence[Any]) -> None:
        """Count those that are new."""
        if self._seen is None:
            return
        try:
            self._seen.update(values if self._plain else map(as_text, values))
        except TypeError:
            self._plain, self._seen = False, set(map(as_text, self._seen))
            self._seen.update(map(as_text, values))
        if len(self._seen) > MOST_DISTINCT:
            self._seen = None

    def told(self) -> int | None:
        """The number of different values, if it is known."""
        return None if self._seen is None else len(self._seen)


class _Range:
    """The least and the greatest of the values, and how they spread between them; nothing if some are of another
    type."""

    def __init__(self, measure: Callable[[Any], Any]) -> None:
        """`measure` makes values that came as text comparable."""
        self._measure = measure
        self._strange = False
        self._ends: list[Any] = []
        self._sample = _Sample()

    def note(self, values: Sequence[Any]) -> None:
        """Take in some values."""
        if self._strange:
            return
        try:
            measured = list(map(self._measure, values)) if isinstance(values[0], str) else values
            self._ends = [min([*self._ends[:1], min(measured)]), max([*self._ends[1:], max(measured)])]
            self._strange = not isinstance(self._ends[0], (int, float, date))
            self._sample.note(measured)
        except (TypeError, ValueError):
            self._strange = True

    def told(self) -> tuple[Bound | None, Bound | None, tuple[int, ...]]:
        """The least and the greatest value, and the bars."""
        if self._strange or not self._ends:
            return None, None, ()
        low, high = self._ends
        return bound(low), bound(high), bars(map(_place, self._sample.kept), _place(low), _place(high))


class _Sample:
    """Values evenly spread over all that pass by: every first, second, fourth … of them."""

    def __init__(self) -> None:
        self.kept: list[Any] = []
        self._passed = 0
        self._step = 1

    def note(self, values: Sequence[Any]) -> None:
        """Keep some of these, and fewer of those before if there are too many."""
        self.kept += values[-self._passed % self._step :: self._step]
        self._passed += len(values)
        while len(self.kept) > 2 * SAMPLE:
            self.kept, self._step = self.kept[::2], 2 * self._step


def bars(numbers: Iterable[float], low: float, high: float) -> tuple[int, ...]:
    """A histogram of numbers, from the least to the greatest; empty if these are the same."""
    width = high - low
    if not width or not math.isfinite(width):
        return ()
    heights = [0] * BARS
    for number in numbers:
        heights[min(BARS - 1, int((number - low) / width * BARS))] += 1
    return tuple(heights)


def bound(value: Any) -> Bound:
    """The least or greatest value as facts hold it."""
    return as_text(value) if isinstance(value, date) else value


def _place(value: Any) -> float:
    """The place of a value on a line."""
    if isinstance(value, datetime):
        return value.timestamp()
    return value.toordinal() if isinstance(value, date) else value


EMPTIES: Mapping[str, tuple[Any, ...]] = {
    "str": (None, ""),
    "url": (None, ""),
    "json": (None, "", [], {}),
    "mixed": (None, "", [], {}),
}
"""The values that count as none; of other types only null does."""
MEASURES: Mapping[str, Callable[[Any], Any]] = {
    "int": float,
    "float": float,
    "decimal": float,
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
}
"""The types whose values lie on a line, and what makes them comparable if they come as text."""
