"""How comments feel along a track: a curve over its time, and the moments that people love and hate.

A comment takes part if it stands at a time in the track and its label is sure and no noise.

The curve is a mean of the leanings around each hundredth of the track, the nearer ones counting more. Where too few
comments stand near, nothing is known.

A moment is a stretch of `WINDOW` seconds that holds more comments of a label than chance would put there, if those of
the whole track were strewn over its time, and where the mean of all opinions is clearly on that side.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

POINTS = 100
"""Points of a curve."""
WIDTH, LEAST_WIDTH = 0.01, 2.0
"""How far around a point comments count, as a share of the length and in seconds: the deviation of a bell curve."""
ENOUGH = 1.5
"""Comments that must stand near a point, a far one counting as less than one."""
WINDOW = 8.0
"""Seconds of a moment."""
APART = 20.0
"""The least seconds between the beginnings of two moments: people talk about the same a little before and after."""
FEWEST = 3
"""Comments of its label that a moment has."""
STRONG = 0.25
"""How far the mean of all opinions there lies on its side, of 1."""
CHANCE = 0.01
"""How probable it may be that chance alone puts so many comments anywhere in the track."""
CELLS = 2_000
"""Stretches of a track within which a curve does not tell comments apart."""
MOST = 5
"""Moments of a kind."""

Floats = NDArray[np.float64]


class Curve(NamedTuple):
    """The mood along a track."""

    moods: tuple[float | None, ...]
    """From −1 to 1 at each point; None where nothing is known."""
    weights: tuple[float, ...]
    """How many comments stand near each point."""


class MoodMoment(NamedTuple):
    """A moment that people love or hate."""

    second: float
    until: float
    comments: int
    """Of its label."""
    mood: float
    """The mean of all opinions there, from −1 to 1."""


class Moods(NamedTuple):
    """All that is known of one track."""

    curve: Curve
    loved: tuple[MoodMoment, ...]
    """Those that chance explains least come first."""
    hated: tuple[MoodMoment, ...]


def moods_of(seconds: Sequence[float], leanings: Sequence[float], length: float) -> Moods:
    """The moods of a track of this length, from the time and the leaning of each comment."""
    order = np.argsort(np.asarray(seconds, np.float64), kind="stable")
    at, lean = np.minimum(np.asarray(seconds, np.float64)[order], length), np.asarray(leanings, np.float64)[order]
    return Moods(_curve(at, lean, length), _moments(at, lean, 1, length), _moments(at, lean, -1, length))


def _curve(at: Floats, lean: Floats, length: float) -> Curve:
    """Comments in the same small cell of the track count as one place, so that a million are no more work."""
    counts, edges = np.histogram(at, CELLS, (0.0, length))
    leanings, _ = np.histogram(at, CELLS, (0.0, length), weights=lean)
    points = (np.arange(POINTS) + 0.5) * length / POINTS
    width = max(WIDTH * length, LEAST_WIDTH)
    near = np.exp(-0.5 * ((points[:, None] - (edges[:-1] + edges[1:]) / 2) / width) ** 2)
    weights = near @ counts
    means = near @ leanings / np.maximum(weights, ENOUGH)
    known = weights >= ENOUGH
    moods = tuple(round(float(mean), 3) if told else None for mean, told in zip(means, known, strict=True))
    return Curve(moods, tuple(round(float(weight), 1) for weight in weights))


def _moments(at: Floats, lean: Floats, sign: int, length: float) -> tuple[MoodMoment, ...]:
    """The moments of one kind, each beginning with a comment of its label."""
    own = at[lean * sign > 0]
    counts = np.searchsorted(own, own + WINDOW, "right") - np.arange(len(own))
    expected = len(own) * min(WINDOW / length, 1.0)
    tries = math.log(max(length / WINDOW, 1.0))
    chances = {count: log_chance(count, expected) + tries for count in set(counts.tolist())}
    chance = np.array([chances[count] for count in counts.tolist()])
    good = (counts >= FEWEST) & (chance <= math.log(CHANCE)) & (sign * _means(at, lean, own) >= STRONG)
    begins = own[good][np.lexsort((own[good], chance[good]))]
    return tuple(_moment(at, lean, sign, begin) for begin in _apart(begins))


def _means(at: Floats, lean: Floats, begins: Floats) -> Floats:
    """The mean of all opinions in the window after each beginning, where at least one stands."""
    sums = np.concatenate(([0.0], np.cumsum(lean)))
    first, last = np.searchsorted(at, begins), np.searchsorted(at, begins + WINDOW, "right")
    means: Floats = (sums[last] - sums[first]) / (last - first)
    return means


def _apart(begins: Floats) -> Iterator[float]:
    """The first of these, and the next that are not close to one before."""
    for _ in range(MOST):
        if begins.size:
            first = float(begins[0])
            yield first
            begins = begins[np.abs(begins - first) >= APART]


def _moment(at: Floats, lean: Floats, sign: int, begin: float) -> MoodMoment:
    inside = slice(*np.searchsorted(at, (begin, np.nextafter(begin + WINDOW, np.inf))))
    told = int((lean[inside] * sign > 0).sum())
    return MoodMoment(round(begin, 1), round(float(at[inside][-1]), 1), told, round(float(lean[inside].mean()), 3))


def log_chance(count: int, expected: float) -> float:
    """How probably chance puts at least so many where this many are expected, as a logarithm: the upper tail of
    Poisson's law. No more than are expected is no wonder: 0, the logarithm of certainty.
    """
    if count <= expected:
        return 0.0
    if not expected:
        return -math.inf
    first = count * math.log(expected) - expected - math.lgamma(count + 1)
    term = series = 1.0
    number = count
    while term > 1e-9 * series:
        number += 1
        term *= expected / number
        series += term
    return min(first + math.log(series), 0.0)
