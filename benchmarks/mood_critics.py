"""Judges of mood that know nothing of how the generator works: for melodies by their notes and by their sound, for
covers by their colours and by their outlines. Each was fitted on something other than what it judges.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from asyncscrape.analysis.generation.outlines import Body, lay_body, lay_ground, wave
from asyncscrape.analysis.generation.tune_events import LENGTHS, LOWEST, REST, TuneEvent
from asyncscrape.analysis.generation.wav_file import RATE

Numbers = NDArray[np.float64]


class Judge(NamedTuple):
    """A linear fit on features that were brought to one scale."""

    mean: Numbers
    spread: Numbers
    weights: Numbers
    level: float

    def of(self, features: Numbers) -> Numbers:
        """The verdict on each row."""
        return np.asarray((features - self.mean) / self.spread @ self.weights + self.level)


def fitted(features: Numbers, moods: Numbers, ridge: float = 1.0) -> Judge:
    """Ridge regression of the mood."""
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    scaled = (features - mean) / spread
    square = scaled.T @ scaled + ridge * np.eye(scaled.shape[1])
    return Judge(mean, spread, np.linalg.solve(square, scaled.T @ (moods - moods.mean())), float(moods.mean()))


def spearman(one: Sequence[float] | Numbers, other: Sequence[float] | Numbers) -> float:
    """The correlation of ranks; equal values share a rank."""
    return float(np.corrcoef(_ranks(np.asarray(one)), _ranks(np.asarray(other)))[0, 1])


def _ranks(values: Numbers) -> Numbers:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(count) - (count - 1) / 2)[place])


# Melodies


def of_notes(events: Sequence[TuneEvent]) -> Numbers:
    """What the notes of the melody alone show: no tempo, no loudness, no key, no sound."""
    tones = np.array([event.pitch + LOWEST for event in events if event.pitch != REST], float)
    steps = np.array([event.steps for event in events], float)
    moves = np.diff(tones) if len(tones) > 1 else np.zeros(1)
    moved = np.abs(moves[moves != 0]) if (moves != 0).any() else np.ones(1)
    return np.array(
        [
            np.log(steps).mean(), steps.std(), (steps <= 2).mean(), (steps >= LENGTHS[-3]).mean(),
            tones.mean(), tones.std(), np.quantile(tones, 0.9), moved.mean(), (moved > 4).mean(), (moves > 0).mean(),
        ]
    )  # fmt: skip


def of_sound(sound: NDArray[Any]) -> Numbers:
    """What the sound shows, measured in frames: onsets, brightness, noisiness, how even it is."""
    mono = sound.mean(axis=1).astype(float)
    size, step = 2048, 1024
    frames = np.lib.stride_tricks.sliding_window_view(mono, size)[::step] * np.hanning(size)
    strength = np.abs(np.fft.rfft(frames, axis=1))
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    total = strength.sum(axis=1) + 1e-9
    centre = (strength * hertz).sum(axis=1) / total
    rise = np.maximum(0, np.diff(np.log1p(100 * strength), axis=0)).sum(axis=1)
    onsets = (rise[1:-1] > rise[:-2]) & (rise[1:-1] >= rise[2:]) & (rise[1:-1] > 1.3 * np.median(rise))
    loud = np.sqrt((frames**2).mean(axis=1))
    return np.array(
        [
            onsets.sum() / (len(mono) / RATE), np.log(np.median(centre)), np.log(centre.std()),
            np.log(rise.mean()), loud.std() / loud.mean(), (np.diff(np.sign(mono)) != 0).mean(),
        ]
    )  # fmt: skip


# Covers

BERKELEY = (-81.501, 0.798, 1.079)
"""Happy less sad, halved, from lightness and chroma in CIELAB: a regression on the mean ratings that people gave to
the 37 colours of the Berkeley Color Project (Palmer, Schloss, Xu and Prado-León 2013; data of Schloss, Witzel and Lai
2020). It explains 66 % of the variance of colours left out."""
_TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                    [0.0193339, 0.1191920, 0.9503041]])  # fmt: skip
_WHITE = np.array([0.95047, 1.0, 1.08883])


def by_people(pixels: NDArray[np.uint8]) -> float:
    """How much happier than sad people would call the colours, on average over the picture."""
    shown = pixels.reshape(-1, 3) / 255
    linear = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    share = linear @ _TO_XYZ.T / _WHITE
    root = np.where(share > 216 / 24389, np.cbrt(share), (24389 / 27 * share + 16) / 116)
    lightness = 116 * root[:, 1] - 16
    chroma = np.hypot(500 * (root[:, 0] - root[:, 1]), 200 * (root[:, 1] - root[:, 2]))
    level, per_lightness, per_chroma = BERKELEY
    return float((level + per_lightness * lightness + per_chroma * chroma).mean())


def by_pleasure(pixels: NDArray[np.uint8]) -> float:
    """Pleasure as Valdez and Mehrabian (1994) found it: 0.69 brightness + 0.22 saturation, here unstandardised."""
    shown = pixels.reshape(-1, 3) / 255
    highest, lowest = shown.max(axis=1), shown.min(axis=1)
    saturation = np.where(highest > 0, (highest - lowest) / np.maximum(highest, 1e-9), 0)
    return float((0.69 * highest + 0.22 * saturation).mean())


def of_outlines(pixels: NDArray[np.uint8]) -> Numbers:
    """How edges run, whatever their colours: how often their direction is the same a few pixels on, or jumps."""
    grey = pixels.astype(float).mean(axis=2)
    down, across = np.gradient(_smooth(grey))
    strength = np.hypot(down, across)
    edge = strength > np.quantile(strength, 0.9)
    angle = np.arctan2(down, across)
    found = []
    for reach in (4, 8, 16):
        turned = _turns(angle, edge, reach)
        found += [turned.mean(), (turned > np.pi / 5).mean(), (turned < np.pi / 40).mean()]
    for rounds in (2, 5):
        found += _corners(down / (strength + 1), across / (strength + 1), edge, rounds)
    return np.array(found)


def _corners(down: Numbers, across: Numbers, edge: NDArray[np.bool_], rounds: int) -> list[float]:
    """How often edges meet or bend within a few pixels, however strong they are."""
    products = [down * down, across * across, down * across]
    for _ in range(rounds):
        products = [_smooth(one) for one in products]
    trace = products[0] + products[1] + 1e-9
    apart = np.hypot(products[0] - products[1], 2 * products[2])
    bent = (1 - apart / trace)[edge]
    return [float(bent.mean()), float(np.quantile(bent, 0.9)), float((bent > 0.3).mean())]


def _smooth(grey: Numbers) -> Numbers:
    kernel = np.array([1, 4, 6, 4, 1]) / 16
    for axis in (0, 1):
        grey = np.apply_along_axis(lambda line: np.convolve(line, kernel, "same"), axis, grey)
    return grey


def _turns(angle: Numbers, edge: NDArray[np.bool_], reach: int) -> Numbers:
    """The change of direction along edges, from each pixel of one to the pixel `reach` on along its tangent."""
    rows, columns = np.nonzero(edge)
    tangent = angle[rows, columns] + np.pi / 2
    lower = np.rint(rows + reach * np.sin(tangent)).astype(int)
    beside = np.rint(columns + reach * np.cos(tangent)).astype(int)
    inside = (lower >= 0) & (beside >= 0) & (lower < edge.shape[0]) & (beside < edge.shape[1])
    rows, columns, lower, beside = (places[inside] for places in (rows, columns, lower, beside))
    on = edge[lower, beside]
    change = np.abs(angle[rows[on], columns[on]] - angle[lower[on], beside[on]]) % np.pi
    turned = np.minimum(change, np.pi - change)
    return turned if turned.size else np.zeros(1)


def figures(random: np.random.Generator, side: int) -> tuple[NDArray[np.uint8], float]:
    """A grey picture of a few figures for fitting, and how pointed these are."""
    canvas, pointed = np.full((side, side, 3), random.uniform(0, 1), np.float32), float(random.random())
    for _ in range(random.integers(3, 14)):
        at = random.uniform(0.1, 0.9, 2)
        body = Body(*at, random.uniform(0.05, 0.3), int(random.integers(4, 10)), pointed, random.uniform(0, 6))
        lay_body(canvas, body, np.full(3, random.random(), np.float32), 1.0)
    for _ in range(random.integers(0, 5)):
        line = random.uniform(0.3, 1) + wave(side, pointed, random, random.uniform(0.03, 0.15))
        lay_ground(canvas, np.asarray(line, np.float32), np.full(3, random.random(), np.float32))
    return np.rint(canvas * 255).astype(np.uint8), pointed


Critic = Callable[[NDArray[np.uint8]], float]
