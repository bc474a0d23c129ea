"""How loud a track is from its beginning to its end, and a sound that is as loud.

This is envelope resynthesis and no more. Neither a picture of a waveform nor a list of its heights tells which tones
were played, so the sound is noise that swells and falls as the track does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from asyncscrape.analysis.generation.wav_file import RATE, Samples

Heights = NDArray[np.float64]
"""From 0 to 1, at equal distances of time."""

LOW, HIGH = 110.0, 3_200.0
"""Hz between which the noise is."""
SEED = 4
LOUDEST = 0.3
"""The loudness where the height is 1."""
ROUNDS = 4
"""How often the loudness of each stretch is corrected."""


def resynthesised(heights: Heights, seconds: float) -> Samples:
    """Noise of this length that is as loud in each stretch as its height says."""
    size = max(len(heights), round(seconds * RATE))
    noise = _noise(size)
    places = (np.arange(size) + 0.5) / size * len(heights) - 0.5
    wanted = heights.astype(np.float64)
    gains = wanted.copy()
    for _ in range(ROUNDS):
        sound = noise * np.interp(places, np.arange(len(gains)), gains)
        got = _loudness(sound, len(heights))
        gains = np.where(got > 0, gains * np.clip(wanted / np.maximum(got, 1e-9), 0.25, 4), wanted)
    sound = noise * np.interp(places, np.arange(len(gains)), gains) * LOUDEST
    return np.asarray(np.tanh(sound / 0.95) * 0.95, np.float32)


def envelope_of(sound: Samples, points: int) -> Heights:
    """How loud each stretch of a sound with one channel is; the loudest is 1."""
    loudness = _loudness(sound.astype(np.float64), points)
    return loudness / max(float(loudness.max(initial=0)), 1e-12)


def _loudness(sound: NDArray[np.float64], points: int) -> Heights:
    edges = np.linspace(0, len(sound), points, endpoint=False).astype(int)
    sizes = np.diff(np.append(edges, len(sound)))
    loudness: Heights = np.sqrt(np.add.reduceat(sound**2, edges) / sizes)
    return loudness


def _noise(size: int) -> NDArray[np.float64]:
    """Noise between two frequencies, softer where it is higher; its loudness is 1."""
    spectrum = np.fft.rfft(np.random.default_rng(SEED).standard_normal(size))
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    shape = np.where((hertz >= LOW) & (hertz <= HIGH), 1 / np.sqrt(np.maximum(hertz, LOW)), 0)
    noise: NDArray[np.float64] = np.fft.irfft(spectrum * shape, size)
    noise /= np.sqrt(np.mean(noise**2))
    return noise
