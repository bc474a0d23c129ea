"""The key: which note a piece rests on, and whether in major or minor.

1. The peaks of long spectra are notes and their overtones; each counts for all notes that it may be an overtone of.
2. How far the piece is out of tune is measured first: one between two keys would otherwise be heard in both.
3. The twelve sums are compared with how often each note occurs in music in a key, for all 24 keys.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from asyncscrape.analysis.audio.spectra import Floats, PowerSpectra, power_of_two
from asyncscrape.musical_keys import MusicalKey, at_pitch

WINDOW = 0.37
"""Seconds of a long spectrum."""
LOWEST, HIGHEST = 55.0, 3_500.0
"""Hz of the peaks."""
BASS = 260.0
BASS_COUNTS = 0.9
"""What is low tells the key once more, so much."""
OVERTONES = 5
FADE = 0.6
"""How much less each further overtone counts."""
FINE = 10
"""Parts of a semitone."""
SMOOTH = 41
"""Bins around a peak that it must stand out of."""
STANDS_OUT, LEAST = 2.0, 0.01
"""How many times louder than its surroundings a peak is, and its least share of the loudest."""
LEAST_CONTRAST = 0.2
"""How much the notes must differ, as a share of their mean; noise has all of them."""
SURE = 0.3
"""A key that is so much more like the piece than the next best is certain."""
_C0 = 440.0 * 2 ** (-57 / 12)

# How much each degree of the scale is heard, in music that people dance and listen to; from the tonic upwards.
MAJOR = np.array([1.15, 0.03, 0.28, 0.21, 0.69, 0.46, 0.07, 0.67, 0.16, 0.45, 0.08, 0.4])
MINOR = np.array([0.98, 0.11, 0.46, 0.66, 0.11, 0.39, 0.12, 0.7, 0.41, 0.08, 0.59, 0.18])

Chroma = NDArray[np.float64]


class HeardKey(NamedTuple):
    """The key of a piece."""

    key: MusicalKey
    confidence: float
    """From 0 to 1: how far it is ahead of the next best."""
    next_best: MusicalKey
    cents: float
    """How far the piece is tuned above (or below) 440 Hz."""


class NotesReader:
    """Hears the notes in samples that come in pieces."""

    def __init__(self, rate: int) -> None:
        size = power_of_two(WINDOW * rate)
        self._windows = PowerSpectra(size, size, channels=1)
        self._width = rate / size
        self._notes = np.zeros(12 * FINE)
        self._bass = np.zeros(12 * FINE)

    def add(self, piece: Floats) -> None:
        """Take the next frames of one channel."""
        for powers in self._windows.powers(piece):
            hertz, weights = peaks(np.sqrt(powers[:, : int(HIGHEST / self._width) + SMOOTH]), self._width)
            self._hear(hertz, weights)

    def key(self) -> HeardKey | None:
        """The key of all of it, if it has tones."""
        if not self._notes.any():
            return None
        shift = detuned(self._notes)
        chroma = semitones(self._notes, shift) + BASS_COUNTS * semitones(self._bass, shift)
        return best_key(chroma, shift * 100 / FINE) if chroma.std() > LEAST_CONTRAST * chroma.mean() else None

    def _hear(self, hertz: Chroma, weights: Chroma) -> None:
        """Count each peak for all notes that it may be an overtone of."""
        for step in range(1, OVERTONES + 1):
            roots, spread = hertz / step, weights * FADE ** (step - 1)
            spread = spread * (roots > LOWEST / 2)
            places = np.rint(12 * FINE * np.log2(roots / _C0)).astype(int) % len(self._notes)
            self._notes += np.bincount(places, spread, len(self._notes))
            self._bass += np.bincount(places, spread * (roots < BASS), len(self._bass))


def peaks(levels: Floats, width: float) -> tuple[Chroma, Chroma]:
    """The frequencies and weights of what may be notes in spectra with bins this wide."""
    first, last = int(LOWEST / width), levels.shape[1] - SMOOTH // 2
    before, here, after = (levels[:, first + step : last + step] for step in (-1, 0, 1))
    sums = np.cumsum(np.pad(levels, ((0, 0), (SMOOTH, 0)), mode="edge"), axis=1)
    around = ((sums[:, SMOOTH:] - sums[:, :-SMOOTH]) / SMOOTH)[:, first + SMOOTH // 2 : last + SMOOTH // 2]
    loudest = here.max(axis=1, keepdims=True)
    found = np.nonzero((here > before) & (here >= after) & (here > STANDS_OUT * around) & (here > LEAST * loudest))
    left, middle, right = (np.log(some[found] + 1e-12) for some in (before, here, after))
    offset = (left - right) / (2 * (left - 2 * middle + right) - 1e-12)
    hertz = (first + found[1] + np.clip(offset, -0.5, 0.5)) * width
    return hertz, np.sqrt(here[found] / loudest[found[0], 0])


def detuned(notes: Chroma) -> float:
    """How far the notes lie above those of 440 Hz, in parts of a semitone; from -FINE / 2 to FINE / 2."""
    angle = np.angle(notes @ np.exp(2j * np.pi * np.arange(len(notes)) / FINE))
    return float(angle / (2 * np.pi) * FINE)


def semitones(notes: Chroma, shift: float) -> Chroma:
    """One sum for each note."""
    turned = np.roll(notes, FINE // 2 - round(shift))
    return turned.reshape(12, FINE) @ np.hanning(FINE + 2)[1:-1]


def best_key(chroma: Chroma, cents: float) -> HeardKey:
    """The key whose notes are heard most like these."""
    fits = {
        at_pitch(tonic, is_major): float(np.corrcoef(np.roll(profile, tonic), chroma)[0, 1])
        for is_major, profile in ((True, MAJOR), (False, MINOR))
        for tonic in range(12)
    }
    best, second = sorted(fits, key=lambda key: -fits[key])[:2]
    confidence = float(np.clip((fits[best] - fits[second]) / SURE, 0, 1))
    return HeardKey(best, confidence, second, cents)
