"""Loudness as broadcasters measure it (ITU-R BS.1770, EBU Tech 3342): LUFS, and the range between quiet and loud."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BLOCK, SHORT = 0.4, 3.0
"""Seconds of a block, and of what the range is measured with."""
BLOCKS_BEGIN = 0.1
"""Seconds from one block to the next."""
FIRST = 1.0
"""Spectra before the one whose middle the sound begins with, and after the one that it ends with."""
GATE, RELATIVE, RANGE_RELATIVE = -70.0, -10.0, -20.0
"""LUFS, and LU below the mean, of what is too quiet to count."""
QUIETEST, LOUDEST = 10, 95
"""Percentiles between which the range lies: single moments do not count."""

Levels = NDArray[np.float64]


class Loudness(NamedTuple):
    """How loud a piece is."""

    lufs: float
    range_lu: float | None
    """None for pieces of less than three seconds."""


def loudness_of(weighted: NDArray[np.float32], rate: float) -> Loudness | None:
    """The loudness of a sound, given its weighted power so many times a second; None if it is too short or quiet."""
    lufs = integrated(_blocks(weighted, rate, BLOCK))
    return None if lufs is None else Loudness(lufs, loudness_range(_blocks(weighted, rate, SHORT)))


def integrated(blocks: Levels) -> float | None:
    """LUFS of what is neither below the gate nor far below the rest."""
    loud = blocks[in_lufs(blocks) > GATE]
    if not len(loud):
        return None
    return float(in_lufs(loud[in_lufs(loud) > in_lufs(loud.mean()) + RELATIVE].mean()))


def loudness_range(blocks: Levels) -> float | None:
    """LU between quiet and loud parts."""
    loud = blocks[in_lufs(blocks) > GATE]
    if not len(loud):
        return None
    levels = in_lufs(loud[in_lufs(loud) > in_lufs(loud.mean()) + RANGE_RELATIVE])
    quiet, high = np.percentile(levels, [QUIETEST, LOUDEST])
    return float(high - quiet)


def in_lufs(power: Levels | float) -> Levels:
    """Power of both channels as loudness."""
    return np.asarray(-0.691 + 10 * np.log10(np.maximum(power, 1e-12)))


def k_weighting(frequencies: Levels, rate: int) -> NDArray[np.complex128]:
    """The response of the two filters of BS.1770, for any rate."""
    delay = np.exp(-2j * np.pi * frequencies / rate)
    whole = np.ones(len(frequencies), np.complex128)
    for above, below in (_shelf(rate), _high_pass(rate)):
        whole *= np.polynomial.polynomial.polyval(delay, above) / np.polynomial.polynomial.polyval(delay, below)
    return whole


def _blocks(weighted: NDArray[np.float32], rate: float, seconds: float) -> Levels:
    """The mean power of blocks of this length."""
    sums = np.concatenate([[0.0], np.cumsum(weighted, dtype=np.float64)])
    length = seconds * rate
    places = np.arange(len(sums)) - FIRST
    starts = np.arange(0, places[-1] - FIRST - length + 0.5, BLOCKS_BEGIN * rate)
    blocks: Levels = (np.interp(starts + length, places, sums) - np.interp(starts, places, sums)) / length
    return blocks


def _shelf(rate: int) -> tuple[list[float], list[float]]:
    """4 dB more above 1.7 kHz, as a head brings."""
    turn = np.tan(np.pi * 1681.974450955533 / rate)
    quality, high = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    middle = high**0.4996667741545416
    scale = 1 + turn / quality + turn**2
    above = [high + middle * turn / quality + turn**2, 2 * (turn**2 - high), high - middle * turn / quality + turn**2]
    below = [scale, 2 * (turn**2 - 1), 1 - turn / quality + turn**2]
    return above, below


def _high_pass(rate: int) -> tuple[list[float], list[float]]:
    """Without what is below 38 Hz."""
    turn = np.tan(np.pi * 38.13547087602444 / rate)
    quality = 0.5003270373238773
    scale = 1 + turn / quality + turn**2
    return [1.0, -2.0, 1.0], [1.0, 2 * (turn**2 - 1) / scale, (1 - turn / quality + turn**2) / scale]
