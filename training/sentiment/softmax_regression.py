"""Fits a linear model of several classes: softmax regression with a quadratic penalty, by L-BFGS."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import coo_matrix, csr_matrix

from asyncscrape.analysis.sentiment.comment_features import Family
from asyncscrape.analysis.sentiment.linear_model import LinearModel, softmax

Floats = NDArray[np.float64]

STEPS, REMEMBERED = 50, 5
"""Steps of L-BFGS, and how many of them it remembers; more of either changes the labels of few comments."""
CURVATURE = 0.2
"""About p × (1 − p), the curvature of a probability."""


def matrix(features: Sequence[Family], count: int, size: int) -> csr_matrix:
    """The features of comments: a row each, as the model at run time weighs them."""
    groups = [(group, family.share(count)) for family in features for group in family.groups]
    values = np.concatenate([share[group.rows] for group, share in groups])
    rows = np.concatenate([group.rows for group, _ in groups])
    columns = np.concatenate([group.numbers for group, _ in groups]) % size
    return coo_matrix((values, (rows, columns)), shape=(count, size)).tocsr()


def fit(features: csr_matrix, classes: NDArray[np.int64], weights: Floats, penalty: float) -> LinearModel:
    """The weights that make the classes of the rows most probable."""
    many, size = int(classes.max()) + 1, features.shape[1]
    used = np.flatnonzero(features.getnnz(axis=0))
    inner = features[:, used].tocsr()
    loss = _Loss(inner, classes, weights, penalty)
    start = np.zeros((len(used) + 1) * many)
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS, "maxcor": REMEMBERED})
    table = loss.table(best.x).astype(np.float32)
    full = np.zeros((many, size), dtype=np.float32)
    full[:, used] = table[:-1].T
    return LinearModel(full, table[-1])


class _Loss:
    """How improbable the classes are by given weights, with the penalty; and the slope."""

    def __init__(self, features: csr_matrix, classes: NDArray[np.int64], weights: Floats, penalty: float) -> None:
        self._features, self._turned = features, features.T.tocsr()
        self._classes, self._weights, self._penalty = classes, weights, penalty
        self._truth = np.eye(int(classes.max()) + 1)[classes]
        # Frequent features have steep slopes: each is searched on a scale of its own, or the search takes for ever.
        curvature = self._turned.power(2) @ weights
        self._scale = np.append(1 / np.sqrt(penalty + CURVATURE * curvature), 1 / np.sqrt(CURVATURE * weights.sum()))

    def table(self, flat: Floats) -> Floats:
        """The weights, a column for each class; the last row is the bias."""
        return flat.reshape(len(self._scale), -1) * self._scale[:, None]

    def __call__(self, flat: Floats) -> tuple[float, Floats]:
        table = self.table(flat)
        chances = softmax(self._features @ table[:-1] + table[-1])
        wrong = (chances - self._truth) * self._weights[:, None]
        slope = np.vstack([self._turned @ wrong + self._penalty * table[:-1], wrong.sum(axis=0)])
        likely = np.log(np.maximum(chances[np.arange(len(wrong)), self._classes], 1e-30))
        loss = 0.5 * self._penalty * float((table[:-1] ** 2).sum()) - float(self._weights @ likely)
        return loss, (slope * self._scale[:, None]).ravel()
