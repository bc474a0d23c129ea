"""Samples with a planted signal: what can be told of them is known, and so is what cannot."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from asyncscrape.analysis.models.samples import KnownColumn, Samples, Vector

BLOCKS = ("release", "artist", "audio")
COLUMNS = 12
POWER = 0.6
"""As which power of age numbers grow."""


class Planted(NamedTuple):
    """Samples, and the part of each number that is no chance."""

    samples: Samples
    told: Vector

    @property
    def ceiling(self) -> float:
        """The R² of somebody who knows the rule."""
        left = self.samples.target - POWER * (self.samples.log_ages if self.samples.log_ages is not None else 0.0)
        return float(1 - (left - self.told).var() / left.var())


def planted(groups: int, each: int, seed: int, *, curved: bool, strength: float = 1.0) -> Planted:
    """So many groups with so many tracks each; one column of three is the same for all tracks of a group."""
    random = np.random.default_rng(seed)
    rows = groups * each
    group = np.repeat(np.arange(groups), each)
    values = random.normal(size=(rows, COLUMNS))
    values[:, 1::3] = random.normal(size=(groups, COLUMNS // 3))[group]
    told = strength * (_curved(values) if curved else _straight(values))
    chance = 0.3 * random.normal(size=groups)[group] + 0.8 * random.normal(size=rows)
    log_ages = random.uniform(1, 8, rows)
    columns = tuple(KnownColumn(f"column_{place}", BLOCKS[place % 3]) for place in range(COLUMNS))
    target = told + chance + POWER * log_ages + 5
    samples = Samples(target, log_ages, random.uniform(0, 3_000, rows), group, np.empty((0, 2), int), columns, values)
    return Planted(samples, told)


def _straight(values: Vector) -> Vector:
    return 0.6 * values[:, 0] + 0.5 * values[:, 1] - 0.3 * values[:, 2]


def _curved(values: Vector) -> Vector:
    """A best range, a step, and two columns that count together."""
    best = 1.1 * np.exp(-np.square(values[:, 0] / 0.6))
    return np.asarray(best + 0.7 * (values[:, 2] > 0.4) + 0.5 * values[:, 1] * (values[:, 5] > 0))
