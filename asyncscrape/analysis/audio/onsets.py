"""Where something begins: how much louder each band gets, from moment to moment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from asyncscrape.analysis.audio.spectra import Floats, Spectra

Curve = NDArray[np.float64]

LOUD = 0.95
"""The quantile of a band's magnitudes that counts as loud."""
COMPRESSION = 100.0
"""How much quiet counts beside loud."""
BACK = 0.02
"""Seconds over which growth is looked at."""
DRUMS, VOICES = 5, 18
"""The bands where the second and the third group begin: drums below, voices between, cymbals above."""
NEAREST = 0.05
"""Seconds between two onsets that can be told apart."""
AROUND = 1.0
"""Seconds of surroundings that an onset stands out of."""
STANDS_OUT = 1.5
"""How many times stronger than its surroundings an onset is."""


def growth(found: Spectra) -> Floats:
    """How much each band grows, on the scale by which loudness is heard."""
    magnitude = found.bands / (np.quantile(found.bands.max(axis=1), LOUD) + 1e-12)
    heard = np.log1p(COMPRESSION * magnitude)
    steps = max(1, round(BACK * found.rate))
    grown: Floats = np.maximum(0, heard[steps:] - heard[:-steps])
    return np.pad(grown, ((steps, 0), (0, 0)))


def onsets(grown: Floats) -> Curve:
    """How much begins at each moment, in three groups of bands: moments by groups."""
    groups = np.split(grown, [DRUMS, VOICES], axis=1)
    curves = np.stack([group.mean(axis=1, dtype=np.float64) for group in groups], axis=1)
    even: Curve = curves / (curves.mean(axis=0) + 1e-9)
    return even


def onset_rate(curves: Curve, rate: float) -> float:
    """Onsets a second."""
    whole = curves.sum(axis=1)
    near = max(1, round(NEAREST * rate))
    padded = np.pad(whole, near, constant_values=-1)
    highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * near + 1).max(axis=1)
    around = moving_mean(whole, round(AROUND * rate))
    found = (whole >= highest) & (whole > STANDS_OUT * around) & (whole > STANDS_OUT * 0.5 * whole.mean())
    return float(found.sum() / len(whole) * rate)


def moving_mean(curve: Curve, width: int) -> Curve:
    """The mean of the surroundings of each moment."""
    sums = np.cumsum(np.pad(curve, (width // 2 + 1, width - width // 2 - 1), mode="edge"))
    mean: Curve = (sums[width:] - sums[:-width])[: len(curve)] / width
    return mean
