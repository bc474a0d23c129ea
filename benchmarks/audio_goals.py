"""How told tempos and keys are compared with true ones, as the literature does it: Acc1, Acc2, and MIREX weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from asyncscrape.jobs.music.enrichment.shop_agreement import OTHER, SAME, of_keys
from asyncscrape.musical_keys import at_pitch, key_of

WITHIN = 0.04
LEVELS = (1, 2, 3, 1 / 2, 1 / 3)
KEY_WEIGHTS = {SAME: 1.0, "fifth": 0.5, "relative": 0.3, "parallel": 0.2}

Tempos = Sequence[tuple[float | None, float]]
"""Told and true."""


class Goal(NamedTuple):
    """One line of the result."""

    name: str
    measured: float
    wanted: float
    at_most: bool = False

    def __str__(self) -> str:
        met = self.measured <= self.wanted if self.at_most else self.measured >= self.wanted
        sign = "<=" if self.at_most else ">="
        return f"{self.name:55} {self.measured:8.4f}  {sign} {self.wanted:<6}  {'met' if met else 'MISSED'}"


def is_near(told: float | None, true: float, levels: Sequence[float] = (1,)) -> bool:
    """Whether a tempo is the true one, or another level of it."""
    return told is not None and any(abs(told / true / level - 1) < WITHIN for level in levels)


def share_near(found: Tempos, levels: Sequence[float] = (1,)) -> float:
    """The share of tempos that are right at one of these levels."""
    return float(np.mean([is_near(told, true, levels) for told, true in found]))


def tempo_goals(found: Tempos) -> Iterator[Goal]:
    """The goals for tempos."""
    yield Goal("tempo within 4 % (Acc1)", share_near(found), 0.90)
    yield Goal("tempo or its half, third, double, triple (Acc2)", share_near(found, LEVELS), 0.98)
    errors = [abs(told - true) for told, true in found if told is not None and is_near(told, true)]
    if errors:
        yield Goal("median error of right tempos, BPM", float(np.median(errors)), 0.05, at_most=True)


def mirex(told: str | None, true: str) -> float:
    """The weight of a told key: whole for the same, less for a fifth, the relative and the parallel key."""
    return KEY_WEIGHTS.get(of_keys(told, true) or OTHER, 0.0)


def pitch(name: str) -> tuple[int, bool]:
    """The tonic of a key, in semitones above C, and whether it is major."""
    known = key_of(name)
    return next((tonic, major) for tonic in range(12) for major in (True, False) if at_pitch(tonic, major) == known)
