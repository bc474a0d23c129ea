"""What age alone explains: counts such as plays grow as a power of the days since a track came out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from asyncscrape.analysis.models.samples import Rows, Samples, Vector


class AgeGrowth(NamedTuple):
    """The logarithm of a count as a straight line of the logarithm of its age."""

    power: float
    mean_age: float

    def of(self, samples: Samples, rows: Rows) -> Vector:
        """What age adds to the number of each of these rows, or takes away."""
        if samples.log_ages is None:
            return np.zeros(len(rows))
        return self.power * (samples.log_ages[rows] - self.mean_age)


def growth(samples: Samples, rows: Rows) -> AgeGrowth:
    """As these rows show it; a count that shrinks with age is none that grows with it."""
    if samples.log_ages is None:
        return AgeGrowth(0.0, 0.0)
    ages, target = samples.log_ages[rows], samples.target[rows]
    spread = np.square(ages - ages.mean()).sum()
    power = ((ages - ages.mean()) * (target - target.mean())).sum() / spread if spread > 0 else 0.0
    return AgeGrowth(max(float(power), 0.0), float(ages.mean()))
