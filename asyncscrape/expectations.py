"""Expectations of a table, as `[expect.TABLE]` states them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

Bound = int | float | str
"""A number, or a date or time as records hold it."""


class ColumnExpectation(msgspec.Struct, frozen=True):
    """What the values of one column should be like."""

    filled: float | None = None
    """The least share of rows with a value, from 0 to 1."""
    min: Bound | None = None
    max: Bound | None = None
    unique: bool = False
    pattern: str = ""
    """A regular expression that every value must match as a whole."""


class TableExpectation(msgspec.Struct, frozen=True):
    """What a finished table should be like."""

    min_rows: int | None = None
    max_rows: int | None = None
    drop: float | None = None
    """The largest share of rows, from 0 to 1, that it may have less than in the generation before."""
    columns: Mapping[str, ColumnExpectation] = {}


class Missed(msgspec.Struct, frozen=True):
    """An expectation that is not met."""

    table: str
    column: str
    """Empty for one about the number of rows."""
    what: str
    """For people: "12 of 400 values are below 0"."""
    examples: tuple[tuple[str, str], ...] = ()
    """Up to three values with the URLs of their pages."""
