"""A linear model over hashed features: it scores many comments at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asyncscrape.analysis.sentiment.comment_features import Family, FeatureGroup

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class LinearModel:
    """The weights of each class for each feature."""

    weights: NDArray[np.float32]
    """A row for each class, a column for each number of a feature."""
    bias: NDArray[np.float32]

    def probabilities(self, families: Iterable[Family], count: int) -> Scores:
        """How probable each class is, a row for each comment."""
        scores = np.tile(self.bias.astype(np.float64), (count, 1))
        for family in families:
            sums = np.zeros_like(scores)
            for group in family.groups:
                self._add(group, sums)
            scores += sums * family.share(count)[:, None]
        return softmax(scores)

    def _add(self, group: FeatureGroup, sums: Scores) -> None:
        """Add up the weights of each comment's features."""
        if not len(group.rows):
            return
        firsts = np.flatnonzero(np.diff(group.rows, prepend=-1))
        rows, numbers = group.rows[firsts], group.numbers % self.weights.shape[1]
        for place, weights in enumerate(self.weights):
            sums[rows, place] += np.add.reduceat(weights.take(numbers), firsts)


def softmax(scores: Scores) -> Scores:
    """Scores as probabilities."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances: Scores = raised / raised.sum(axis=1, keepdims=True)
    return chances
