"""How good judgements of comments are: F1, calibration, agreement, and the interval of a difference."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Classes = NDArray[np.int64]
Floats = NDArray[np.float64]


def f1(truth: Classes, told: Classes, classes: int) -> Floats:
    """The F1 of each class; 0 for one that neither has."""
    hits = np.bincount(truth[truth == told], minlength=classes)[:classes]
    asked = np.bincount(truth, minlength=classes)[:classes] + np.bincount(told, minlength=classes)[:classes]
    return 2 * hits / np.maximum(asked, 1)


def macro(truth: Classes, told: Classes, classes: int) -> float:
    """The mean F1 of the first so many classes."""
    return float(f1(truth, told, classes).mean())


def recall(truth: Classes, told: Classes, one: int) -> float:
    """The part of a class that is found."""
    return float((told[truth == one] == one).mean())


def kappa(one: Classes, other: Classes, classes: int) -> float:
    """Cohen's agreement of two readers, beyond chance."""
    shares = (np.bincount(each, minlength=classes) / len(each) for each in (one, other))
    by_chance = float(np.prod(list(shares), axis=0).sum())
    return (float((one == other).mean()) - by_chance) / (1 - by_chance)


def calibration_error(right: NDArray[np.bool_], probability: Floats, bins: int = 10) -> float:
    """The mean distance of probability and accuracy, over bins of equal width."""
    places = np.minimum((probability * bins).astype(int), bins - 1)
    inside = [places == number for number in range(bins)]
    return float(sum(abs(right[one].sum() - probability[one].sum()) for one in inside) / len(right))


def coverages(right: NDArray[np.bool_], probability: Floats, thresholds: Sequence[float]) -> list[tuple[float, ...]]:
    """For each threshold: it, the part of comments that reaches it, and how many of those are right."""
    taken = [(threshold, probability >= threshold) for threshold in thresholds]
    return [
        (threshold, float(one.mean()), float(right[one].mean()) if one.any() else 1.0) for threshold, one in taken
    ]


def difference(truth: Classes, ours: Classes, theirs: Classes, classes: int, resamples: int = 2_000) -> Floats:
    """The difference of the macro F1, then its 95 % interval by a paired bootstrap."""
    random = np.random.default_rng(15)
    draws = (random.integers(0, len(truth), len(truth)) for _ in range(resamples))
    found = [macro(truth[one], ours[one], classes) - macro(truth[one], theirs[one], classes) for one in draws]
    whole = macro(truth, ours, classes) - macro(truth, theirs, classes)
    return np.array([whole, *np.quantile(found, [0.025, 0.975])])
