"""The beats a minute.

1. What speaks for each tempo is weighed (see `tempo_evidence`); the weights come from training/audio/tempo.py.
2. That makes a probability for each. The most probable one is told, with others of the same beat: half of it, twice.
3. It is made exact: of the tempos close by, the one whose waves explain most of all onsets from start to end.

People differ about levels of one beat, so the confidence is that of the level, too.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from asyncscrape.analysis.audio.onsets import Curve
from asyncscrape.analysis.audio.tempo_evidence import (
    FASTEST,
    GROUPS,
    SLOWEST,
    TEMPOS,
    at_delays,
    autocorrelation,
    evidence,
    smoothed,
    standing_out,
)
from asyncscrape.analysis.audio.tempo_weights import HIDDEN, MEANS, OUTPUT, SPREADS

RELATED = (1 / 2, 2, 2 / 3, 3 / 2, 3 / 4, 4 / 3, 1 / 3, 3)
LEVELS = 3
"""Other levels that are told."""
SAME = 0.04
"""Tempos that differ by less than this share are the same."""
FINE = 0.02
"""The share of a tempo within which its exact value is looked for."""
WAVES = (1, 2, 4)
"""Waves in a beat."""
FINER = 16
"""How much finer than the length of a piece its spectrum is taken."""
POINTS = 801
LEAST_SECONDS = 4.0
ALIKE_AFTER = np.array([1.0, 2.0, 4.0])
"""Beats after which onsets are compared, for how even they are."""
LEAST_EVEN = 0.08
"""Noise has less than this, and no tempo."""


class Tempo(NamedTuple):
    """The beats a minute of a piece."""

    bpm: float
    confidence: float
    """From 0 to 1: how probable it is, beside all others."""
    regularity: float
    """From 0 to 1: how alike the beats are."""
    others: tuple[tuple[float, float], ...]
    """Other levels of the beat, with their probabilities as shares of the best one's."""


def tempo_of(curves: Curve, rate: float) -> Tempo | None:
    """The tempo, if anything repeats; given the onsets of three groups of bands, so many times a second."""
    if len(curves) < LEAST_SECONDS * rate or not curves.any():
        return None
    chances = probabilities(evidence(curves, rate))
    near = float(TEMPOS[chances.argmax()])
    whole = standing_out(curves @ GROUPS, rate)
    regularity = evenness(whole, 60 * rate / near)
    if regularity < LEAST_EVEN:
        return None
    best = chance_of(chances, near)
    return Tempo(exact(whole, rate, near), best, regularity, levels(chances, exact(whole, rate, near), best))


def probabilities(found: Curve) -> Curve:
    """How probable each tempo is."""
    scaled = (found - MEANS) / SPREADS
    hidden = np.tanh(scaled @ HIDDEN[:-1] + HIDDEN[-1])
    scores = np.concatenate([scaled, hidden], axis=1) @ OUTPUT
    chances: Curve = np.exp(scores - scores.max())
    chances /= chances.sum()
    return chances


def chance_of(chances: Curve, bpm: float) -> float:
    """How probable it is that the tempo is this one."""
    return float(chances[np.abs(TEMPOS / bpm - 1) < SAME].sum())


def levels(chances: Curve, bpm: float, best: float) -> tuple[tuple[float, float], ...]:
    """Other levels of a beat, the most probable first."""
    others = [bpm * ratio for ratio in RELATED if SLOWEST <= bpm * ratio <= FASTEST]
    found = sorted(((other, chance_of(chances, other) / best) for other in others), key=lambda level: -level[1])
    return tuple(found[:LEVELS])


def evenness(curve: Curve, period: float) -> float:
    """From 0 to 1: how alike the beats are."""
    alike = at_delays(autocorrelation(smoothed(curve)), period * ALIKE_AFTER)
    return float(np.clip(alike.mean(), 0, 1))


def exact(curve: Curve, rate: float, near: float) -> float:
    """The tempo near a rough one whose waves explain most of the whole curve."""
    size = 1 << (FINER * len(curve) - 1).bit_length()
    power = np.abs(np.fft.rfft(curve - curve.mean(), size)) ** 2
    tempos = np.linspace(near * (1 - FINE), near * (1 + FINE), POINTS)
    places = tempos / 60 * size / rate
    explained = np.sum([at_delays(power, places * waves) for waves in WAVES], axis=0)
    best = int(np.argmax(explained))
    if not 0 < best < POINTS - 1:
        return float(tempos[best])
    before, here, after = explained[best - 1 : best + 2]
    shift = (after - before) / (2 * (2 * here - before - after) + 1e-12)
    return float(tempos[best] + np.clip(shift, -1, 1) * (tempos[1] - tempos[0]))
