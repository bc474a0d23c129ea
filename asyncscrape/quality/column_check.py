"""Checking the values of a column against what is expected of it, while they pass by in blocks.

    check = ColumnCheck("item", "price", ColumnExpectation(filled=0.95, min=0))
    for values, urls in blocks:        # the values of the column, and the URLs of their pages
        check.note(values, urls)
    missed = check.missed()            # Missed("item", "price", "12 of 400 values are below 0", …), if that is so

A value is as JSON or as a database gives it: a decimal may be text or a `Decimal`, a time may be ISO text or a
`datetime`. A block of good values is passed at the speed of C; values are looked at one by one only where a block has
a bad one. Patterns are matched in a process of their own, which a time limit can end.

Only `unique` keeps something of every value: its hash, some 80 bytes of memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from itertools import compress
from typing import Any, Protocol

from asyncscrape.expectations import Bound, ColumnExpectation, Missed
from asyncscrape.quality.pattern_process import SECONDS, PatternProcess, Undecided
from asyncscrape.quality.shown_values import EMPTIES, as_text, example

MOST_EXAMPLES = 3

Pairs = Iterable[tuple[Any, str]]
"""Values with the URLs of their pages."""


class ColumnCheck:
    """Checks the values of one column."""

    def __init__(self, table: str, column: str, expected: ColumnExpectation, patience: float = SECONDS) -> None:
        """`patience` are the CPU seconds in which a pattern must be matched."""
        self._table = table
        self._column = column
        self._rows = 0
        self._least_filled = expected.filled
        self._empty = _Offenders("is empty", "are empty")
        self._values = 0
        self._rules = list(_rules(expected, patience))

    def note(self, values: Sequence[Any], urls: Sequence[str]) -> None:
        """Take in the values of some rows, and the URLs of the pages where they were found."""
        self._rows += len(values)
        if not all(values) and any(map(values.__contains__, EMPTIES)):
            filled = [value not in EMPTIES for value in values]
            self._empty.add(("", url) for there, url in zip(filled, urls, strict=True) if not there)
            values, urls = list(compress(values, filled)), list(compress(urls, filled))
        self._values += len(values)
        for rule in self._rules:
            rule.note(values, urls)

    def missed(self) -> list[Missed]:
        """The expectations that these values do not meet."""
        found = []
        if self._least_filled is not None and self._values < round(self._least_filled * self._rows, 6):
            what = self._empty.told(self._rows)
            found.append(self._missed(f"{what}; expected: {100 * self._least_filled:.4g} % filled", self._empty))
        offenders = (some for rule in self._rules for some in rule.offenders if some.count)
        return found + [self._missed(some.told(self._values), some) for some in offenders]

    def _missed(self, what: str, offenders: _Offenders) -> Missed:
        return Missed(self._table, self._column, what, tuple(offenders.examples))


class _Offenders:
    """The values that break one rule: their number, and the first of them."""

    def __init__(self, one: str, many: str) -> None:
        """The verb and the rest of the sentence about one of them, and about many."""
        self._one = one
        self._many = many
        self.count = 0
        self.examples: list[tuple[str, str]] = []

    def add(self, pairs: Pairs) -> None:
        """Count these."""
        for value, url in pairs:
            self.count += 1
            if len(self.examples) < MOST_EXAMPLES:
                self.examples.append((example(value), url))

    def told(self, total: int) -> str:
        """What they do, as a sentence: "12 of 400 values are below 0"."""
        return f"{self.count:,} of {total:,} values {self._one if self.count == 1 else self._many}"


class _Rule(Protocol):
    """What is expected of the values in a column that are not empty."""

    @property
    def offenders(self) -> Sequence[_Offenders]:
        """The values that break it, by how they do."""

    def note(self, values: Sequence[Any], urls: Sequence[str]) -> None:
        """Look at some values."""


def _rules(expected: ColumnExpectation, patience: float) -> Iterator[_Rule]:
    if expected.min is not None or expected.max is not None:
        yield _Bounds(expected.min, expected.max)
    if expected.unique:
        yield _Unique()
    if expected.pattern:
        yield _Pattern(expected.pattern, PatternProcess(expected.pattern, patience))


class _Bounds:
    """Values are not below the least and not above the greatest that is expected."""

    def __init__(self, least: Bound | None, greatest: Bound | None) -> None:
        self._convert = _measure(least if least is not None else greatest)
        self._least = None if least is None else self._convert(least)
        self._greatest = None if greatest is None else self._convert(greatest)
        self._below = _Offenders(f"is below {least}", f"are below {least}")
        self._above = _Offenders(f"is above {greatest}", f"are above {greatest}")
        cannot = f"cannot be compared with {least if least is not None else greatest}"
        self._strange = _Offenders(cannot, cannot)
        self.offenders = (self._below, self._above, self._strange)

    def note(self, values: Sequence[Any], urls: Sequence[str]) -> None:
        """Compare the block's own least and greatest first."""
        if not values:
            return
        try:
            measured = list(map(self._convert, values))
            if self._fit(min(measured), max(measured)):
                return
        except (TypeError, ValueError, InvalidOperation):
            pass
        for value, url in zip(values, urls, strict=True):
            self._note(value, url)

    def _fit(self, low: Any, high: Any) -> bool:
        return (self._least is None or low >= self._least) and (self._greatest is None or high <= self._greatest)

    def _note(self, value: Any, url: str) -> None:
        try:
            measured = self._convert(value)
            if self._least is not None and measured < self._least:
                self._below.add([(value, url)])
            elif self._greatest is not None and measured > self._greatest:
                self._above.add([(value, url)])
        except (TypeError, ValueError, InvalidOperation):
            self._strange.add([(value, url)])


def _measure(bound: Bound | None) -> Callable[[Any], Any]:
    """A function that makes values comparable with a bound of this form."""
    if not isinstance(bound, str):
        return _number
    return _day if len(bound) == len("2026-01-31") else _moment


def _number(value: Any) -> Any:
    if isinstance(value, str):
        return Decimal(value)
    if isinstance(value, (int, float, Decimal)):
        return value
    raise TypeError("not a number")


def _day(value: Any) -> date:
    if isinstance(value, str):
        return date.fromisoformat(value[:10])
    return value.date() if isinstance(value, datetime) else value


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class _Unique:
    """No value occurs twice."""

    def __init__(self) -> None:
        self._seen: set[Any] = set()
        self._again = _Offenders("repeats an earlier one", "repeat an earlier one")
        self.offenders = (self._again,)

    def note(self, values: Sequence[Any], urls: Sequence[str]) -> None:
        """Compare the whole block with the values before it, and look closer where any of them repeats."""
        marks = list(map(_mark, values))
        fresh = set(marks)
        if len(fresh) == len(marks) and self._seen.isdisjoint(fresh):
            self._seen |= fresh
            return
        for mark, value, url in zip(marks, values, urls, strict=True):
            if mark in self._seen:
                self._again.add([(value, url)])
            self._seen.add(mark)


def _mark(value: Any) -> Any:
    """A short stand-in for a value; equal values have equal ones."""
    return value if isinstance(value, (int, float)) else hash(as_text(value))


class _Pattern:
    """Every value matches as a whole."""

    def __init__(self, pattern: str, matching: PatternProcess) -> None:
        self._matching = matching
        self._others = _Offenders(f"does not match {pattern}", f"do not match {pattern}")
        self._undecided = _Undecided(pattern)
        self.offenders = (self._others, self._undecided)

    def note(self, values: Sequence[Any], urls: Sequence[str]) -> None:
        """Match all values, as long as that can be done."""
        if self._undecided.count or not values:
            return
        try:
            others = self._matching.others(list(map(as_text, values)))
        except Undecided:
            self._undecided.count = 1
            return
        self._others.add((values[place], urls[place]) for place in others)


class _Undecided(_Offenders):
    """The values that a pattern cannot be matched against."""

    def __init__(self, pattern: str) -> None:
        super().__init__("", "")
        self._pattern = pattern

    def told(self, total: int) -> str:
        """What is wrong, and what to do."""
        return (
            f"whether its values match {self._pattern} cannot be told within {SECONDS:g} s; write the pattern so "
            "that a text can match it in one way only, such as a+b for (a+)+b"
        )
