"""What to expect of a table, judged by one that is good: loose enough for the next run, tight enough for a fault."""

from __future__ import annotations

import math
from collections.abc import Sequence

from asyncscrape.expectations import ColumnExpectation, TableExpectation
from asyncscrape.facts import ColumnFacts, TableFacts

ROWS = 0.9
"""The share of its rows that a table should have again."""
DROP = 0.2
ROOM = 10
"""How many times its greatest value a column may reach: a wrong decimal point is found, a high price is not."""
LARGE = 1e18
"""No bound is proposed for numbers beyond this one."""
MOST_FILLED = 98
"""Per cent of rows that a column is expected to fill at most: one empty value is no fault."""


def proposal(facts: TableFacts, key: Sequence[str] = ()) -> TableExpectation:
    """What a table with these facts and this key meets, and the next one should meet too."""
    columns = {
        name: _of_column(column, facts.rows, unique=[name] == list(key))
        for name, column in facts.columns.items()
        if column.filled
    }
    return TableExpectation(max(1, _rounded_down(ROWS * facts.rows)), None, DROP, columns)


def _rounded_down(number: float) -> int:
    """A number cut to two digits."""
    unit = int(10 ** max(0, len(str(int(number))) - 2))
    return int(number) // unit * unit


def _of_column(column: ColumnFacts, rows: int, *, unique: bool) -> ColumnExpectation:
    """A share in whole per cent, so that it is written as it is meant. Values repeat by chance, but not a key."""
    share = min(MOST_FILLED, math.floor(100 * column.filled / rows)) / 100
    least, greatest = column.least, column.greatest
    if isinstance(least, str) or isinstance(greatest, str) or least is None or greatest is None or least < 0:
        return ColumnExpectation(share, unique=unique)
    most = 10 ** math.ceil(math.log10(ROOM * greatest)) if 0 < greatest < LARGE else None
    return ColumnExpectation(share, 0, most, unique)
