"""Which rows a model learns from, and which it is tested on: by groups, and forward in time.

By groups, all rows are dealt out to `PARTS` parts, each group to one part as a whole. One part tests, the next one
says how wide intervals are, one chooses how long to learn, and the others teach.
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


def parts_of(groups: Rows, random: np.random.Generator) -> Rows:
    """The part of each row: large groups first, each to the part that is smallest so far."""
    found, places, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = sorted(random.permutation(len(found)), key=lambda group: -sizes[group])
    part_of, filled = np.zeros(len(found), np.int64), np.zeros(PARTS)
    for group in order:
        part_of[group] = filled.argmin()
        filled[part_of[group]] += sizes[group]
    return part_of[places]


def by_groups(parts: Rows) -> Iterator[Split]:
    """A split for each part."""
    for number in range(PARTS):
        turn = (parts - number) % PARTS
        yield Split(*map(np.flatnonzero, (turn > 2, turn == 2, turn == 1, turn == 0)))


def forward(times: Vector, parts: Rows) -> Iterator[Split]:
    """Splits by time, which say nothing about intervals; groups may be known from before, as in life."""
    bounds = np.quantile(times, FORWARD)
    for number, (now, then) in enumerate(pairwise(bounds)):
        before, chosen = times <= now, parts == number
        test = (times > now) & (times <= then)
        yield Split(*map(np.flatnonzero, (before & ~chosen, before & chosen, np.zeros_like(test), test)))
