"""Spectra over time: the one pass over the samples that tempo, loudness and the shape of the sound are told from.

The windows overlap so that their powers add up to the power of the sound, whatever is in it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from asyncscrape.analysis.audio.loudness import k_weighting

Floats = NDArray[np.float32]

WINDOW = 0.046
"""Seconds of a spectrum."""
OVERLAP = 3
"""PowerSpectra that each moment is in."""
AT_ONCE = 64
"""Spectra that are made at a time: what the processor's cache holds."""
BANDS = 32
LOWEST, HIGHEST = 30.0, 16_000.0
"""Hz of the bands."""
TOGETHER = 16
"""Spectra whose mean is looked at for its shape."""
MOST_BELOW = 0.85
"""The share of the power that lies below the rolloff."""


class PowerSpectra:
    """Cuts samples that come in pieces into overlapping windows."""

    def __init__(self, size: int, step: int, channels: int) -> None:
        self._size = size
        self._step = step
        self._left = np.zeros((channels, size - step), np.float32)
        self._shape = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)

    def powers(self, piece: Floats) -> Iterator[Floats]:
        """The power spectra of the windows that these frames complete, of both channels together, some at a time."""
        samples = np.concatenate([self._left, piece.T], axis=1)
        count = max(0, (samples.shape[1] - self._size) // self._step + 1)
        self._left = samples[:, count * self._step :].copy()
        if count:
            windows = np.lib.stride_tricks.sliding_window_view(samples, self._size, axis=1)[:, :: self._step]
            for first in range(0, count, AT_ONCE):
                yield self._power(windows[:, first : first + AT_ONCE])

    def _power(self, windows: Floats) -> Floats:
        whole, *others = (np.fft.rfft(channel * self._shape) for channel in windows)
        power: Floats = np.square(whole.real) + np.square(whole.imag)
        for other in others:
            power += np.square(other.real) + np.square(other.imag)
        return power

    @property
    def rest(self) -> Floats:
        """Silence that completes the windows in which the last samples are."""
        return np.zeros(self._left.shape[::-1], np.float32)

    @property
    def energy(self) -> float:
        """What half a spectrum of a sound of power 1 adds up to."""
        return float(np.square(self._shape).sum()) * self._size / 2


class Shapes(NamedTuple):
    """The shapes of the mean magnitudes of some spectra each."""

    centroid: Floats
    """The centre, in Hz."""
    bandwidth: Floats
    """How far they spread around their centre, in Hz."""
    rolloff: Floats
    """The frequency below which most of them lies."""
    flatness: Floats
    """From a tone (0) to noise (1)."""
    power: Floats


class Spectra(NamedTuple):
    """A sound over time."""

    rate: float
    """Spectra a second."""
    bands: Floats
    """Magnitudes: spectra by bands, from low to high; only of windows within the sound: its end may be a click."""
    weighted: Floats
    """Power as the ear weighs it."""
    shapes: Shapes


class SpectraReader:
    """Makes spectra of samples that come in pieces."""

    def __init__(self, rate: int, channels: int) -> None:
        size = power_of_two(WINDOW * rate)
        step = size // OVERLAP
        self.rate = rate / step
        self._windows = PowerSpectra(size, step, channels)
        frequencies = np.fft.rfftfreq(size, 1 / rate).astype(np.float64)
        self._columns = (columns(frequencies, rate) / self._windows.energy).astype(np.float32)
        self._frequencies = frequencies.astype(np.float32)
        self._sums: list[Floats] = []
        self._shapes: list[Shapes] = []

    def add(self, piece: Floats) -> None:
        """Take the next frames."""
        for powers in self._windows.powers(piece):
            self._sums.append(powers @ self._columns)
            self._shapes.append(shapes_of(powers, self._frequencies))

    def read(self) -> Spectra:
        """The spectra of all of it; there is no more to add."""
        heard = sum(map(len, self._sums))
        self.add(self._windows.rest)
        sums = np.concatenate(self._sums)
        shapes = Shapes(*map(np.concatenate, zip(*self._shapes, strict=True)))
        return Spectra(self.rate, np.sqrt(sums[:heard, :BANDS]), sums[:, BANDS], shapes)


def power_of_two(size: float) -> int:
    """The power of two nearest to a size."""
    return 1 << max(4, round(math.log2(size)))


def columns(frequencies: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """What each spectrum is multiplied with: the bands, and at last loudness."""
    return np.column_stack([band_weights(frequencies), np.abs(k_weighting(frequencies, rate)) ** 2])


def band_weights(frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
    """Overlapping triangles, evenly spaced in pitch above 500 Hz and in frequency below."""
    edges = _from_mel(np.linspace(_mel(LOWEST), _mel(min(HIGHEST, frequencies[-1])), BANDS + 2))
    rising = (frequencies[:, None] - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - frequencies[:, None]) / np.diff(edges)[1:]
    weights: NDArray[np.float64] = np.maximum(0, np.minimum(rising, falling))
    return weights


def shapes_of(powers: Floats, frequencies: Floats) -> Shapes:
    """The shapes of spectra, some of them together."""
    sums = np.add.reduceat(powers, np.arange(0, len(powers), TOGETHER))
    magnitudes = np.sqrt(sums) + 1e-12
    total = magnitudes.sum(axis=1)
    centroid = magnitudes @ frequencies / total
    bandwidth = np.sqrt(np.maximum(0, magnitudes @ np.square(frequencies) / total - centroid**2))
    places = (np.cumsum(magnitudes, axis=1) < MOST_BELOW * total[:, None]).sum(axis=1).clip(max=len(frequencies) - 1)
    flatness = np.exp(np.log(magnitudes).mean(axis=1)) / magnitudes.mean(axis=1)
    return Shapes(centroid, bandwidth, frequencies[places], flatness, sums.sum(axis=1))


def _mel(hertz: float) -> float:
    return float(np.log1p(hertz / 500))


def _from_mel(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.expm1(mel) * 500
