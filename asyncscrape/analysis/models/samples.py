"""What a study learns from: the number to predict, and the columns to predict it from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Rows = NDArray[np.int64]
"""Numbers of rows, or a number for each row."""


class KnownColumn(NamedTuple):
    """A column to predict from."""

    name: str
    block: str
    """Columns that become known in the same way, such as "audio", are one block."""


class Samples(NamedTuple):
    """A row for each track whose number is known."""

    target: Vector
    """The number to predict."""
    log_ages: Vector | None
    """The logarithm of the age in days, for a number that grows with it; then what is left of age is predicted."""
    times: Vector
    """When each came out, in days."""
    groups: Rows
    """Who made it: rows of one group are never learnt from and tested at once."""
    ties: Rows
    """Pairs of a row and another group that had a part in it: the row does not teach when that group is tested."""
    columns: tuple[KnownColumn, ...]
    values: Matrix
    """A column for each of `columns`, NaN where it is not known."""

    def with_columns(self, blocks: frozenset[str]) -> Samples:
        """The same with the columns of these blocks only."""
        places = [place for place, column in enumerate(self.columns) if column.block in blocks]
        return self._replace(columns=tuple(self.columns[place] for place in places), values=self.values[:, places])

    def shuffled(self, random: np.random.Generator) -> Samples:
        """The same with the numbers to predict dealt out anew, so that nothing can be learnt."""
        dealt = random.permutation(len(self.target))
        ages = None if self.log_ages is None else self.log_ages[dealt]
        return self._replace(target=self.target[dealt], log_ages=ages)
