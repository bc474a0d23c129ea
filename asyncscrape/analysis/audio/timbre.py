"""The shape of a sound: bright or dark, tones or noise, drums beside tones, and its energy from start to end."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from asyncscrape.analysis.audio.spectra import Floats, Shapes

QUIET = 1e-3
"""Spectra with less than this share of the power of loud ones tell nothing."""
LOUD = 0.95
"""The quantile of power that counts as loud."""
PARTS = 100
"""Values of the energy curve."""
LASTING = 0.2
"""Seconds over which a tone lasts and a drum does not."""
BROAD = 7
"""Bands over which a drum spreads and a tone does not."""
POOLED = 2
"""Spectra that are taken together before drums and tones are told apart."""
AT_ONCE = 4_096


class Timbre(NamedTuple):
    """The shape of a sound; medians over its loud moments."""

    centroid: float
    bandwidth: float
    rolloff: float
    flatness: float


def timbre_of(found: Shapes) -> Timbre:
    """The shape of a sound."""
    loud = is_loud(found.power)
    return Timbre(*(float(np.median(values[loud])) for values in found[:-1]))


def is_loud(power: Floats) -> NDArray[np.bool_]:
    """The moments that are not silent beside the loud ones."""
    loud: NDArray[np.bool_] = power >= QUIET * np.quantile(power, LOUD)
    return loud


def percussive_share(bands: Floats, rate: float) -> float:
    """The share of the power that drums have.

    In the picture of a sound tones are lines along time and drums lines across it: each is kept by a median along it.
    """
    pooled = _pooled(bands)
    tones = _medians(pooled, round(LASTING * rate / POOLED) | 1, 0)
    drums = _medians(pooled, BROAD, 1)
    share = drums**2 / (drums**2 + tones**2 + 1e-20)
    return float((share * pooled**2).sum() / ((pooled**2).sum() + 1e-20))


def energy_curve(weighted: Floats) -> tuple[float, ...]:
    """How loud each hundredth of a sound is beside its loudest, as an amplitude from 0 to 1."""
    edges = np.linspace(0, len(weighted), PARTS + 1).astype(int)[:-1]
    sums = np.add.reduceat(weighted, edges) / np.diff([*edges, len(weighted)])
    return tuple(np.round(np.sqrt(sums / (sums.max() + 1e-20)), 3).tolist())


def _pooled(bands: Floats) -> Floats:
    whole = len(bands) // POOLED * POOLED
    pooled: Floats = bands[:whole].reshape(-1, POOLED, bands.shape[1]).mean(axis=1)
    return pooled


def _medians(values: Floats, width: int, axis: int) -> Floats:
    """The median of the surroundings of each value, along one axis."""
    around = [(0, 0), (0, 0)]
    around[axis] = (width // 2, width // 2)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(values, around, mode="edge"), width, axis=axis)
    parts = [windows[first : first + AT_ONCE] for first in range(0, len(windows), AT_ONCE)]
    return np.concatenate([np.partition(part, width // 2, axis=2)[:, :, width // 2] for part in parts])
