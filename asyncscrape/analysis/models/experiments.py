"""One experiment: models learn from some rows, and are tested on others that they have not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from asyncscrape.analysis.models.ages import growth
from asyncscrape.analysis.models.figure_names import TREES
from asyncscrape.analysis.models.learners import Lesson, Model, learnt
from asyncscrape.analysis.models.samples import Matrix, Samples, Vector
from asyncscrape.analysis.models.splits import Split

CERTAINTY = 0.9
"""The share of unseen numbers that should lie within their interval."""
DEALT = 3
"""How often a column is dealt out anew to see what it is worth."""


@dataclass(frozen=True)
class Tested:
    """What an experiment has found; the vectors have a number for each row that was tested."""

    experiment: Experiment
    aged: Vector
    """What age alone explains."""
    left: Vector
    """What is left to explain."""
    predicted: Mapping[str, Vector]
    """The same as each model predicts it."""
    half_width: float
    """Of the interval around a prediction; NaN without rows to calibrate."""
    losses: Mapping[str, float]
    """By how much the squared errors grow when a column is dealt out anew."""
    power: float
    """As which power of age the number grows."""

    def errors(self) -> Mapping[str, Vector]:
        """The squared error of each row, by model."""
        return {name: np.square(self.left - values) for name, values in self.predicted.items()}


@dataclass(frozen=True)
class Experiment:
    """An experiment that can be carried out anywhere and at any time, with the same outcome."""

    measure: str
    """What it is for: the name of a figure."""
    blocks: str
    samples: Samples
    split: Split
    looks_at_columns: bool = False

    def __call__(self) -> Tested:
        """Carry it out."""
        samples, split = self.samples, self.split
        grows = growth(samples, np.concatenate((split.teach, split.choose)))
        teach, choose, calibrate, test = (
            Lesson(samples.values[rows], samples.target[rows] - grows.of(samples, rows)) for rows in split
        )
        models = learnt(teach, choose)
        return Tested(
            self,
            grows.of(samples, split.test),
            test.target,
            {name: model(test.values) for name, model in models.items()},
            _half_width(models[TREES], calibrate),
            self._losses(models[TREES], test) if self.looks_at_columns else {},
            grows.power,
        )

    def _losses(self, model: Model, test: Lesson) -> Mapping[str, float]:
        random = np.random.default_rng(0)
        before = np.square(test.target - model(test.values)).sum()
        losses = {}
        for place, column in enumerate(self.samples.columns):
            dealt = [_dealt(test.values, place, random) for _ in range(DEALT)]
            after = np.mean([np.square(test.target - model(values)).sum() for values in dealt])
            losses[column.name] = float(after - before)
        return losses


def _dealt(values: Matrix, place: int, random: np.random.Generator) -> Matrix:
    changed = values.copy()
    changed[:, place] = random.permutation(changed[:, place])
    return changed


def _half_width(model: Model, calibrate: Lesson) -> float:
    """Split conformal: as wide as the errors for groups that the model has not seen demand."""
    count = len(calibrate.target)
    wanted = int(np.ceil((count + 1) * CERTAINTY))
    if wanted > count:
        return float("nan")
    return float(np.sort(np.abs(calibrate.target - model(calibrate.values)))[wanted - 1])
