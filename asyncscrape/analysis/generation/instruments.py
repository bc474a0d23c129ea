"""The instruments of the synthesiser: how each stroke of a drum and each tone sounds.

A tone is one cycle of a wave, read at the speed of its pitch. Each has two such cycles, a bright one for its
beginning and a dull one for the rest; neither has an overtone above what the file can hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from asyncscrape.analysis.generation.score import Voice
from asyncscrape.analysis.generation.wav_file import RATE, Samples

Curve = NDArray[np.float64]

CYCLE = 4096
"""Points of one cycle."""
HIGHEST = 0.45 * RATE
"""Hz of the highest overtone."""
NOISE_SEED = 909
FADE_OUT = 0.004
"""Seconds in which a stroke ends, so that it does not click."""


def hertz(pitch: float) -> float:
    """The frequency of a MIDI number."""
    return float(440 * 2 ** ((pitch - 69) / 12))


# Drums


def kick() -> Samples:
    """A sine that falls from 190 Hz to 47 Hz, with a click."""
    time = _time(0.32)
    phase = 47 * time + (190 - 47) * 0.028 * (1 - np.exp(-time / 0.028))
    body = np.sin(2 * np.pi * phase) * np.exp(-time / 0.13)
    return _ended(body + 0.25 * _noise(len(time), 2_500, 6_000) * np.exp(-time / 0.003))


def clap() -> Samples:
    """Three bursts of noise and a short room."""
    time = _time(0.24)
    bursts = sum(np.where(time >= at, np.exp(-(time - at) / 0.006), 0) for at in (0, 0.011, 0.022))
    room = np.where(time >= 0.03, np.exp(-(time - 0.03) / 0.055), 0)
    return _ended(_noise(len(time), 900, 4_200) * (0.6 * bursts + 0.8 * room))


def hat(decay: float, length: float) -> Samples:
    """Hiss that dies away."""
    time = _time(length)
    return _ended(_noise(len(time), 6_500, 15_000) * np.exp(-time / decay))


STROKES: Mapping[Voice, Callable[[], Samples]] = {
    Voice.KICK: kick,
    Voice.CLAP: clap,
    Voice.HAT: lambda: hat(0.022, 0.09),
    Voice.OPEN_HAT: lambda: hat(0.09, 0.28),
}


# Tones


class ToneShape(NamedTuple):
    """How an instrument with a pitch sounds."""

    detuned: tuple[float, ...]
    """The waves that it has, each so many semitones beside the pitch."""
    dullest: float
    """Overtones above so many times the pitch fade, at brightness 0."""
    brightest: float
    """The same at brightness 1."""
    attack: float
    """Seconds to its loudest."""
    decay: float
    """Seconds in which it falls to what it holds."""
    held: float
    """How loud it stays, of 1."""
    release: float
    """Seconds in which it ends after its note."""
    odd: float
    """How much of the even overtones is left out: 0 is a saw, 1 a square."""
    sub: float = 0.0
    """How much of a plain sine at its pitch is added."""


SHAPES = {
    Voice.BASS: ToneShape((0, 0.06), 1.5, 9, 0.004, 0.16, 0.45, 0.03, 0.0, 0.8),
    Voice.LEAD: ToneShape((-0.05, 0.05), 2.0, 14, 0.008, 0.22, 0.55, 0.09, 0.6),
    Voice.PAD: ToneShape((-0.09, 0.0, 0.08), 1.2, 6, 0.09, 0.5, 0.8, 0.25, 0.2),
}


def tone(voice: Voice, pitch: int, seconds: float, brightness: float) -> Samples:
    """A tone that is held for so long, and then rings out."""
    shape = SHAPES[voice]
    time = _time(seconds + shape.release)
    opening = shape.dullest * (shape.brightest / shape.dullest) ** brightness
    bright, dull = (_cycle(shape, hertz(pitch), width) for width in (opening * 1.8, opening * 0.7))
    closing = np.exp(-time / max(shape.decay, 0.01))
    waves = np.zeros(len(time))
    for number, beside in enumerate(shape.detuned):
        place = (hertz(pitch + beside) * time + number / len(shape.detuned)) % 1 * CYCLE
        waves += closing * _read(bright, place) + (1 - closing) * _read(dull, place)
    waves = waves / len(shape.detuned) + shape.sub * np.sin(2 * np.pi * hertz(pitch) * time)
    return np.asarray(waves * _envelope(shape, time, seconds), np.float32)


def _cycle(shape: ToneShape, frequency: float, opening: float) -> Curve:
    """One cycle with overtones that fade above `opening` times the pitch; equally loud for all."""
    number = np.arange(1, max(2, int(HIGHEST / frequency)))
    strength = 1 / number / np.sqrt(1 + (number / opening) ** 6)
    strength[1::2] *= 1 - shape.odd
    spectrum = np.zeros(CYCLE // 2 + 1, complex)
    kept = min(len(number), CYCLE // 2 - 1)
    spectrum[1 : kept + 1] = -1j * strength[:kept]
    cycle = np.fft.irfft(spectrum)
    loudness: Curve = cycle / np.sqrt(np.mean(cycle**2)) * 0.4
    return np.append(loudness, loudness[0])


def _read(cycle: Curve, place: Curve) -> Curve:
    """The cycle between its points."""
    whole = place.astype(int)
    rest = place - whole
    between: Curve = cycle[whole] * (1 - rest) + cycle[whole + 1] * rest
    return between


def _envelope(shape: ToneShape, time: Curve, seconds: float) -> Curve:
    rise = np.minimum(1, time / shape.attack)
    fall = shape.held + (1 - shape.held) * np.exp(-np.maximum(0, time - shape.attack) / shape.decay)
    end = np.clip(1 - (time - seconds) / shape.release, 0, 1)
    curve: Curve = rise * fall * end**2
    return curve


def _time(seconds: float) -> Curve:
    return np.arange(round(seconds * RATE)) / RATE


def _noise(size: int, low: float, high: float) -> Curve:
    """The same noise at each call, between two frequencies."""
    spectrum = np.fft.rfft(np.random.default_rng(NOISE_SEED).standard_normal(size))
    frequencies = np.fft.rfftfreq(size, 1 / RATE)
    shape = 1 / (1 + (low / np.maximum(frequencies, 1)) ** 6) / (1 + (frequencies / high) ** 6)
    sound: Curve = np.fft.irfft(spectrum * shape, size)
    sound /= np.abs(sound).max()
    return sound


def _ended(stroke: Curve) -> Samples:
    fade = round(FADE_OUT * RATE)
    stroke[-fade:] *= np.linspace(1, 0, fade)
    return np.asarray(stroke, np.float32)
