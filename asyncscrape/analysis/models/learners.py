"""The models, from the simplest to the most flexible: a mean, two straight ones, and boosted trees.

Each learns from rows that teach, and a few that choose: how strongly to hold back, and for how long to go on. With
nothing to learn, both choices end at the mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from asyncscrape.analysis.models.samples import Matrix, Vector

MEAN, LINEAR, RIDGE, TREES = "mean", "linear", "ridge", "trees"
PENALTIES = (*np.logspace(0, 5, 16), np.inf)
"""Of ridge; the last one leaves the mean."""
MOST_TREES = 300
EVERY = 5
"""Trees are added by so many before a look at whether they still help."""
TREE_SETTINGS = {"learning_rate": 0.06, "max_leaf_nodes": 12, "l2_regularization": 5.0, "max_bins": 128}
IN_A_LEAF = 50
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
    return {MEAN: _flat(both.target.mean()), LINEAR: _straight(both, 0.0), RIDGE: ridge,
            TREES: _trees(teach, choose, both, ridge)}  # fmt: skip


def _flat(value: float) -> Model:
    return lambda values: np.full(len(values), value)


def _ridge(teach: Lesson, choose: Lesson, both: Lesson) -> Model:
    errors = [np.square(choose.target - _straight(teach, penalty)(choose.values)).sum() for penalty in PENALTIES]
    return _straight(both, PENALTIES[int(np.argmin(errors))])


def _straight(lesson: Lesson, penalty: float) -> Model:
    """A linear model of standardised columns; what is not known is the column's mean, and a column of its own."""
    scaled = _Scaled(lesson.values)
    centre = lesson.target.mean()
    if np.isinf(penalty):
        return _flat(centre)
    left, sizes, right = np.linalg.svd(scaled.of(lesson.values), full_matrices=False)
    kept = sizes > 1e-9 * sizes.max(initial=0)
    shrunk = np.divide(sizes, np.square(sizes) + penalty, out=np.zeros_like(sizes), where=kept)
    weights = right.T @ (shrunk * (left.T @ (lesson.target - centre)))
    return lambda values: centre + scaled.of(values) @ weights


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
    from sklearn.ensemble import HistGradientBoostingRegressor

    def fitted(lesson: Lesson, trees: int) -> HistGradientBoostingRegressor:
        leaf = max(5, min(IN_A_LEAF, len(lesson.target) // 40))
        model = HistGradientBoostingRegressor(
            max_iter=trees, min_samples_leaf=leaf, early_stopping=False, random_state=0, **TREE_SETTINGS
        )
        return model.fit(lesson.values, lesson.target - ridge(lesson.values))

    left = choose.target - ridge(choose.values)
    stages = fitted(teach, MOST_TREES).staged_predict(choose.values)
    errors = [np.square(left).sum(), *(np.square(left - stage).sum() for stage in stages)]
    trees = int(np.argmin(errors))
    if trees == 0:
        return ridge
    boosted = fitted(both, trees)
    return lambda values: ridge(values) + boosted.predict(values)
