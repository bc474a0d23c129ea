"""The facts about a finished table that tell whether it can be trusted."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from asyncscrape.expectations import Bound, Missed


class ColumnFacts(msgspec.Struct, frozen=True):
    """What the rows hold in one column."""

    filled: int
    """Rows with a value; an empty text or list is none."""
    distinct: int | None = None
    """Different values; None if there are too many to count."""
    examples: tuple[str, ...] = ()
    """Two different values, shortened."""
    empty_at: str = ""
    """The page of a row without a value."""
    least: Bound | None = None
    greatest: Bound | None = None
    bars: tuple[int, ...] = ()
    """A small histogram from the least to the greatest value."""


class Changes(msgspec.Struct, frozen=True):
    """How a table differs from that of the generation before; where and when records were found does not count."""

    new: int = 0
    gone: int = 0
    changed: int = 0


class TableFacts(msgspec.Struct, frozen=True):
    """What a finished table holds."""

    rows: int
    columns: Mapping[str, ColumnFacts] = {}
    missed: tuple[Missed, ...] = ()
    """The expectations of its values that it does not meet; those of its number of rows are judged by the run."""
    changes: Changes | None = None
    """None in the first generation."""
