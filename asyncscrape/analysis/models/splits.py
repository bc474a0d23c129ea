"""Which rows a model learns from, and which it is tested on: by groups, and forward in time.

By groups, all rows are dealt out to `PARTS` parts, each group to one part as a whole. One part tests, the next one
says how wide intervals are, one chooses how long to learn, and the others teach; without the rows in which a group
had a part that tests, or says how wide intervals are.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from asyncscrape.analysis.models.samples import Rows, Vector

PARTS = 8
FORWARD = (0.6, 0.8, 1.0)
"""Learnt from all before one of these shares of the time, tested on those up to the next."""


class Split(NamedTuple):
    """The rows of one test."""

    teach: Rows
    choose: Rows
    """They say how strong and how long learning should be; then they teach as well."""
    calibrate: Rows
    """They say how wide intervals are; there are none without them."""
    test: Rows


class DealtRows(NamedTuple):
    """The part of each row, and of the groups that it is tied to."""

    of_rows: Rows
    ties: Rows
    """Pairs of a row and the part of another group."""


def parts_of(groups: Rows, ties: Rows, random: np.random.Generator) -> DealtRows:
    """Large groups first, each to the part that is smallest so far."""
    found, places, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = sorted(random.permutation(len(found)), key=lambda group: -sizes[group])
    part_of, filled = np.zeros(len(found), np.int64), np.zeros(PARTS)
    for group in order:
        part_of[group] = filled.argmin()
        filled[part_of[group]] += sizes[group]
    known = ties[np.isin(ties[:, 1], found)]
    return DealtRows(part_of[places], np.column_stack((known[:, 0], part_of[np.searchsorted(found, known[:, 1])])))


def by_groups(parts: DealtRows) -> Iterator[Split]:
    """A split for each part."""
    for number in range(PARTS):
        turn = (parts.of_rows - number) % PARTS
        free = np.ones(len(turn), bool)
        free[parts.ties[(parts.ties[:, 1] - number) % PARTS < 2, 0]] = False
        yield Split(*map(np.flatnonzero, ((turn > 2) & free, (turn == 2) & free, turn == 1, turn == 0)))


def forward(times: Vector, parts: DealtRows) -> Iterator[Split]:
    """Splits by time, which say nothing about intervals; groups may be known from before, as in life."""
    bounds = np.quantile(times, FORWARD)
    for number, (now, then) in enumerate(pairwise(bounds)):
        before, chosen = times <= now, parts.of_rows == number
        test = (times > now) & (times <= then)
        yield Split(*map(np.flatnonzero, (before & ~chosen, before & chosen, np.zeros_like(test), test)))
