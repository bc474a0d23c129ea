"""The models, from the simplest to the most flexible: a mean, two straight ones, and boosted trees.

Each learns from rows that teach, and a few that choose: how strongly to hold back, and for how long to go on. With
nothing to learn, both choices end at the mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor

from asyncscrape.analysis.models.figure_names import LINEAR, MEAN, RIDGE, TREES
from asyncscrape.analysis.models.samples import Matrix, Vector

PENALTIES = (*np.logspace(0, 5, 16), np.inf)
"""Of ridge; the last one leaves the mean."""
NEARLY_ZERO = 1e-9
MOST_TREES = 300
AT_ONCE = 20
"""Trees that are added before a look at whether they still help."""
IN_VAIN = 40
"""Trees that do not help, after which no more are tried."""
TREE_SETTINGS = {"learning_rate": 0.06, "max_leaf_nodes": 6, "l2_regularization": 5.0, "max_bins": 128}
IN_A_LEAF = 100
"""Samples in a leaf, at least; fewer if there are few samples."""

Model = Callable[[Matrix], Vector]
"""Predicts a number for each row."""


class Lesson(NamedTuple):
    """Rows to learn from."""

    values: Matrix
    target: Vector


def learnt(teach: Lesson, choose: Lesson) -> Mapping[str, Model]:
    """All models, by name."""
    both = Lesson(np.vstack((teach.values, choose.values)), np.concatenate((teach.target, choose.target)))
    ridge = _ridge(teach, choose, both)
    return {MEAN: _flat(both.target.mean()), LINEAR: _straight(both)(0.0), RIDGE: ridge,
            TREES: _trees(teach, choose, both, ridge)}  # fmt: skip


def _flat(value: float) -> Model:
    return lambda values: np.full(len(values), value)


def _ridge(teach: Lesson, choose: Lesson, both: Lesson) -> Model:
    straight = _straight(teach)
    errors = [np.square(choose.target - straight(penalty)(choose.values)).sum() for penalty in PENALTIES]
    return _straight(both)(PENALTIES[int(np.argmin(errors))])


def _straight(lesson: Lesson) -> Callable[[float], Model]:
    """Linear models of standardised columns, by penalty; what is not known is a column of its own."""
    scaled = _Scaled(lesson.values)
    centre = float(lesson.target.mean())
    left, sizes, right = np.linalg.svd(scaled.of(lesson.values), full_matrices=False)
    told = left.T @ (lesson.target - centre)
    kept = sizes > NEARLY_ZERO * sizes.max(initial=0)

    def model(penalty: float) -> Model:
        if np.isinf(penalty):
            return _flat(centre)
        shrunk = np.divide(sizes, np.square(sizes) + penalty, out=np.zeros_like(sizes), where=kept)
        weights = right.T @ (shrunk * told)
        return lambda values: np.asarray(centre + scaled.of(values) @ weights)

    return model


class _Scaled:
    """Columns with mean 0 and deviation 1 in the rows that it is made from."""

    def __init__(self, values: Matrix) -> None:
        known = np.isfinite(values)
        shares = known.mean(axis=0)
        self._used = known.any(axis=0)
        self._flagged = (shares > 0.01) & (shares < 0.99)
        filled = np.where(known, values, 0.0)
        self._means = filled.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        deviations = np.where(known, values - self._means, 0.0).std(axis=0)
        self._deviations = np.where(deviations > 0, deviations, 1.0)
        self._shares = shares

    def of(self, values: Matrix) -> Matrix:
        known = np.isfinite(values)
        scaled = np.where(known, (values - self._means) / self._deviations, 0.0)[:, self._used]
        return np.hstack((scaled, (known - self._shares)[:, self._flagged]))


def _trees(teach: Lesson, choose: Lesson, both: Lesson, ridge: Model) -> Model:
    """Boosted trees for what ridge leaves over."""
    varied = _varied(teach.values)
    if not varied.any():
        return ridge
    trees = _enough(*(_left(lesson, ridge, varied) for lesson in (teach, choose)))
    if trees == 0:
        return ridge
    boosted = _forest(both).set_params(max_iter=trees).fit(*_left(both, ridge, varied))
    return lambda values: ridge(values) + boosted.predict(values[:, varied])


def _varied(values: Matrix) -> NDArray[np.bool_]:
    """The columns with two different numbers, without which there is nothing to divide."""
    known = np.isfinite(values)
    least, most = np.where(known, values, np.inf).min(axis=0), np.where(known, values, -np.inf).max(axis=0)
    return np.asarray(least < most)


def _left(lesson: Lesson, model: Model, columns: NDArray[np.bool_]) -> Lesson:
    """What a model leaves over, and the columns to learn it from."""
    return Lesson(lesson.values[:, columns], lesson.target - model(lesson.values))


def _enough(teach: Lesson, choose: Lesson) -> int:
    """How many trees predict best; looked for until some more have not helped."""
    forest = _forest(teach).set_params(warm_start=True)
    errors = [float(np.square(choose.target).sum())]
    while len(errors) <= MOST_TREES and len(errors) <= int(np.argmin(errors)) + IN_VAIN:
        forest.set_params(max_iter=len(errors) + AT_ONCE - 1).fit(*teach)
        stages = list(forest.staged_predict(choose.values))[-AT_ONCE:]
        errors += [float(np.square(choose.target - stage).sum()) for stage in stages]
    return int(np.argmin(errors))


def _forest(lesson: Lesson) -> HistGradientBoostingRegressor:
    leaf = max(5, min(IN_A_LEAF, len(lesson.target) // 40))
    return HistGradientBoostingRegressor(min_samples_leaf=leaf, early_stopping=False, random_state=0, **TREE_SETTINGS)
