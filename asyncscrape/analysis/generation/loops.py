"""Loops for dancing: drums, bass, pads and a lead, for a tempo, a key and a mood.

1. The roots of four bars are drawn from those that fit the mood, and begin on the tonic.
2. Bass and lead have a figure of one or two bars each, drawn once; it follows the roots and returns changed a little.
3. The drums keep the beat; the brighter the mood, the more there is between the beats.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from asyncscrape.analysis.generation.mood_choices import Manner, manner_of
from asyncscrape.analysis.generation.scales import Key
from asyncscrape.analysis.generation.score import BEATS, Score, ScoreNote, ScorePart, Voice

STEPS = 16
"""In a bar."""
STEP = BEATS / STEPS
BASS_FROM, PAD_FROM, LEAD_FROM = 31, 48, 60
"""MIDI numbers at or above which each part has its lowest tonic."""
DARK_ROOTS = ((0, 0, 0, 0), (0, 0, 0, 3), (0, 0, 1, 0), (0, 0, 5, 0))
BRIGHT_ROOTS = ((0, 3, 0, 4), (0, 4, 5, 3), (0, 0, 3, 4), (0, 2, 3, 0))
"""Degrees above the tonic, bar by bar."""
BASS_FIGURES = (
    (2, 6, 10, 14),
    (2, 3, 6, 7, 10, 11, 14, 15),
    (3, 6, 10, 14),
    (2, 6, 7, 10, 14, 15),
    (0, 3, 6, 10, 13),
)
"""Steps at which the bass plays; the kick has the beats."""


def loop(bpm: float, key: Key, mood: float, bars: int, seed: int) -> Score:
    """The loop of a seed; the same arguments give the same loop."""
    random, manner = np.random.default_rng([seed, 1]), manner_of(mood)
    roots = _roots(manner, bars, random)
    parts = (
        *_drums(manner, bars, random),
        ScorePart(Voice.BASS, tuple(_bass(key, manner, roots, random))),
        ScorePart(Voice.PAD, tuple(_pads(key, manner, roots))),
        ScorePart(Voice.LEAD, tuple(_lead(key, manner, roots, random))),
    )
    return Score(bpm, bars, parts, manner.brightness)


def _roots(manner: Manner, bars: int, random: np.random.Generator) -> list[int]:
    bright = random.random() < (1 + manner.mood) / 2
    four = (BRIGHT_ROOTS if bright else DARK_ROOTS)[random.integers(4)]
    return [four[bar % 4] for bar in range(bars)]


def _drums(manner: Manner, bars: int, random: np.random.Generator) -> Iterator[ScorePart]:
    """Kick on each beat, clap on every other one, hats between them."""
    beats = range(bars * BEATS)
    yield ScorePart(Voice.KICK, tuple(ScoreNote(beat, 0.5, 36, 1.0) for beat in beats))
    yield ScorePart(Voice.CLAP, tuple(ScoreNote(beat, 0.5, 39, 0.8) for beat in beats if beat % 2))
    yield ScorePart(
        Voice.OPEN_HAT, tuple(ScoreNote(beat + 0.5, 0.4, 46, 0.4 + 0.5 * manner.density) for beat in beats)
    )
    figure = random.random(STEPS) < 0.2 + 0.8 * manner.density
    steps = (step for step in range(bars * STEPS) if figure[step % STEPS] and step % 4 != 2)
    yield ScorePart(Voice.HAT, tuple(ScoreNote(step * STEP, 0.2, 42, 0.5 if step % 2 else 0.75) for step in steps))


def _bass(key: Key, manner: Manner, roots: Sequence[int], random: np.random.Generator) -> Iterator[ScoreNote]:
    """The root of each bar in a figure that returns; now and then the octave."""
    figure = BASS_FIGURES[random.integers(len(BASS_FIGURES))]
    leaps = random.random(len(figure)) < 0.1 + 0.2 * manner.density
    for bar, root in enumerate(roots):
        for step, leap in zip(figure, leaps, strict=True):
            degree = root + (len(key.tones) if leap else 0)
            start = bar * BEATS + step * STEP
            yield ScoreNote(start, STEP * (0.6 + 0.5 * manner.held), key.pitch(degree, BASS_FROM), manner.force)


def _pads(key: Key, manner: Manner, roots: Sequence[int]) -> Iterator[ScoreNote]:
    """Every other tone of the scale above the root, three in all, held for the bar."""
    for bar, root in enumerate(roots):
        for third in (0, 2, 4):
            yield ScoreNote(bar * BEATS, BEATS * 0.96, key.pitch(root + third, PAD_FROM), 0.6 + 0.2 * manner.force)


def _lead(key: Key, manner: Manner, roots: Sequence[int], random: np.random.Generator) -> Iterator[ScoreNote]:
    """A figure of two bars over the chords; in every fourth bar one of its tones changes."""
    figure = _figure(manner, random)
    lowest = LEAD_FROM + manner.register
    for bar, root in enumerate(roots):
        turn = bar % 4 == 3
        for step, degree in figure[bar % 2]:
            wandered = int(random.integers(-1, 2)) if turn and step >= STEPS // 2 else 0
            start = bar * BEATS + step * STEP
            force = manner.force * (1.0 if step % 4 == 0 else 0.85)
            yield ScoreNote(start, STEP * 2 * manner.held, key.pitch(root + degree + wandered, lowest), force)


def _figure(manner: Manner, random: np.random.Generator) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Steps and degrees of two bars; the second begins like the first."""
    wanted = round(3 + 6 * manner.density)
    weights = np.where(np.arange(STEPS) % 2 == 0, 3.0, 1.0)
    steps = sorted(random.choice(STEPS, wanted, replace=False, p=weights / weights.sum()).tolist())
    chord = np.array([0, 2, 4, 7])
    degrees = chord[random.integers(0, 3 if manner.mood < 0 else 4, wanted)]
    first = list(zip(steps, degrees.tolist(), strict=True))
    answer = [(step, degree if step < STEPS // 2 else degree + int(random.integers(-1, 2))) for step, degree in first]
    return first, answer
