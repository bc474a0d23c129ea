"""What accounts listen to, made comparable: the first half of the map.

1. Accounts that say too little are left out.                     `listeners`
2. Each of the others becomes a direction in a space of tastes.   `tastes`

That somebody likes their own track tells of nobody else, so it does not count here. Global stars would draw everybody
together: what everybody knows counts less, by the logarithm of the share of accounts that know it, and the hundredth
like of the same account counts less than the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, diags
from scipy.sparse.linalg import svds

LEAST = 40
"""Accounts on the map have given more than this in all."""
MOST_TO_ONE = 0.4
"""An account that gives more than this share to a single other one is a fan, or a second name of it."""
DIMENSIONS = 100
ROWS_EACH = 10
"""It takes so many accounts for one more dimension; with fewer, accounts are told apart by chance."""
BASIS = 250
"""How many vectors the search for dimensions keeps: it is fastest with about this many."""
TOLERANCE = 1e-2
"""A hundredth is enough: the last dimensions are noise."""
FEWEST = 3
"""Fewer accounts have no dimensions in common."""

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


class Seat(IntEnum):
    """Whether an account is on the map, and why not."""

    ON_THE_MAP = 0
    TOO_LITTLE = 1
    MOSTLY_ONE = 2


@dataclass(frozen=True)
class Listeners:
    """The accounts on the map."""

    seats: npt.NDArray[np.int8]
    """A `Seat` for each row of the matrix."""
    rows: Places
    """The rows of those on the map."""
    given: csr_matrix
    """Their interactions with others, by all columns."""


def listeners(interactions: csr_matrix, own: Places) -> Listeners:
    """Those who say enough; `own` has the column of each row's account."""
    given = _without(interactions, own)
    sums = np.asarray(given.sum(axis=1)).ravel()
    most = given.max(axis=1).toarray().ravel() if given.nnz else sums
    seats = np.where(sums <= LEAST, Seat.TOO_LITTLE, np.where(most > MOST_TO_ONE * sums, Seat.MOSTLY_ONE, 0))
    rows = np.flatnonzero(seats == Seat.ON_THE_MAP)
    return Listeners(seats.astype(np.int8), rows, given[rows])


def _without(interactions: csr_matrix, own: Places) -> csr_matrix:
    """The matrix without what accounts do to themselves."""
    others = interactions.tocoo()
    kept = own[others.row] != others.col
    return csr_matrix((others.data[kept], (others.row[kept], others.col[kept])), shape=interactions.shape)


def tastes(given: csr_matrix) -> Floats:
    """A row of length 1 for each account; accounts of like taste have rows of like direction.

    The first dimension tells how much an account does what everybody does.
    """
    least = min(given.shape)
    if least < FEWEST:
        return np.ones((given.shape[0], 1))
    dimensions = min(DIMENSIONS, 2 + least // ROWS_EACH, least - 1)
    kept = BASIS if dimensions < BASIS < least else None
    left, sizes, _ = svds(_weighed(given), dimensions, ncv=kept, tol=TOLERANCE, v0=np.ones(least))
    largest_first = np.argsort(-sizes, kind="stable")
    return of_length_1((left * sizes)[:, largest_first])


def _weighed(given: csr_matrix) -> csr_matrix:
    """The matrix with damped numbers, columns that count less the more accounts know them, and rows of length 1."""
    damped = given.astype(np.float64)
    damped.data = np.log1p(damped.data)
    known = np.bincount(damped.indices, minlength=damped.shape[1])
    rarity = np.log((damped.shape[0] + 1) / np.maximum(known, 1))
    weighed = damped @ diags(rarity)
    lengths = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    return csr_matrix(diags(1 / np.maximum(lengths, np.finfo(float).tiny)) @ weighed)


def of_length_1(rows: Floats) -> Floats:
    """The same directions in rows of length 1; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, np.finfo(float).tiny))
