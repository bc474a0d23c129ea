"""The figures of a study: each with what it was measured on, and between which bounds it may lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from asyncscrape.analysis.models.figure_names import GAIN, LINEAR, MEAN, R2
from asyncscrape.analysis.models.samples import Rows, Vector

RESAMPLED = 1_000
"""How often groups are drawn anew for the bounds of a figure."""
BOUNDS = (0.025, 0.975)


class Figure(NamedTuple):
    """One figure."""

    measure: str
    blocks: str
    """The set of columns."""
    name: str
    """A model, or a column."""
    value: float
    low: float | None
    high: float | None
    tracks: int
    groups: int


def explained(measure: str, blocks: str, errors: Mapping[str, Vector], groups: Rows) -> list[Figure]:
    """R² of each model against the mean, and what each gains over the plain linear one.

    `errors` has the squared error of each row by model. The bounds come from drawing groups anew, the same ones for
    all models, so that the gain is paired.
    """
    names = list(errors)
    found, places = np.unique(groups, return_inverse=True)
    sums = np.stack([np.bincount(places, errors[name], len(found)) for name in names])
    times = np.random.default_rng(0).multinomial(len(found), np.full(len(found), 1 / len(found)), RESAMPLED)
    drawn: Vector = times.astype(np.float64) @ sums.T
    whole = sums.sum(axis=1)
    size = len(groups), len(found)

    def more(totals: Vector, name: str, than: str) -> Vector:
        mean, one, other = (totals[..., names.index(which)] for which in (MEAN, name, than))
        return np.asarray((other - one) / np.where(mean > 0, mean, 1.0))

    def figure(kind: str, name: str, than: str) -> Figure:
        low, high = np.quantile(more(drawn, name, than), BOUNDS)
        return Figure(kind, blocks, name, float(more(whole, name, than)), float(low), float(high), *size)

    told = [figure(measure, name, MEAN) for name in names if name != MEAN]
    if measure == R2:
        told += [figure(GAIN, name, LINEAR) for name in names if name not in (MEAN, LINEAR)]
    return told
