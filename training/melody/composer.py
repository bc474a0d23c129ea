"""A composer that works by rules and dice; its tunes are what the network learns from.

1. A form is drawn for 32 bars, such as AABA: four sections of eight bars, which return, sometimes a little changed.
2. A section has four figures of two bars: some return, some a step higher or lower, and the last one comes to rest.
3. A figure has a rhythm, made by halving bars again and again, and a line that mostly goes by step, and has a tone of
   the bar's chord where the bar is strong.
4. A brighter mood has shorter notes, a line that rises, and more leaps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from asyncscrape.analysis.generation.scales import OCTAVE, SCALES
from asyncscrape.analysis.generation.tune_events import BAR, HIGHEST, LENGTHS, LOWEST, REST, Tune, TuneEvent

FORMS = (("AABA", 5), ("ABAB", 2), ("ABAC", 2), ("AABB", 1), ("ABCA", 1))
"""With how often each is drawn."""
FIGURES = ("xyxz", "xxyz", "xuxz", "xudz", "xyuz", "xyxy")
"""The four figures of a section: u and d are x again, a step higher or lower."""
ROOTS = ((0, 0, 3, 4), (0, 3, 4, 0), (0, 5, 3, 4), (0, 4, 0, 4), (0, 2, 3, 0), (0, 0, 0, 4))
"""The degrees on which the chords of four bars stand."""
HALVES = {16: ((8, 8), (12, 4), (6, 6, 4)), 8: ((4, 4), (6, 2), (3, 3, 2)), 4: ((2, 2), (3, 1)), 2: ((1, 1),)}
CHANGED = 0.35
"""How often a section that returns is changed."""


class Degree(NamedTuple):
    """A tone by its place in the scale; None is a rest."""

    place: int | None
    steps: int


@dataclass(frozen=True)
class Taste:
    """How the tune is to be."""

    scale: str
    mood: float
    density: float
    leaps: float
    rise: float
    centre: float


def compose(random: np.random.Generator) -> Tune:
    """A tune of 32 bars."""
    taste = _taste(random)
    names, weights = zip(*FORMS, strict=True)
    form = names[random.choice(len(names), p=np.array(weights) / sum(weights))]
    sections = {name: _section(taste, random) for name in sorted(set(form))}
    bars: list[list[Degree]] = []
    for number, name in enumerate(form):
        returned = name in form[:number]
        section = _changed(sections[name], random) if returned and random.random() < CHANGED else sections[name]
        bars += _ended(section, 0 if number == 3 else _rest_on(taste, name))
    return Tune(taste.scale, taste.mood, tuple(event for bar in bars for event in _events(taste.scale, bar)))


def _taste(random: np.random.Generator) -> Taste:
    mood = float(random.uniform(-1, 1))
    return Taste(
        scale=list(SCALES)[random.integers(len(SCALES))],
        mood=mood,
        density=0.5 + 0.4 * mood + random.normal(0, 0.03),
        leaps=0.18 + 0.14 * mood,
        rise=0.5 + 0.12 * mood,
        centre=2.5 + 2.5 * mood,
    )


def _rest_on(taste: Taste, name: str) -> int:
    """Where a section comes to rest: A on the tonic, the others on the tone in the middle of the scale."""
    return 0 if name == "A" else len(SCALES[taste.scale]) // 2


def _section(taste: Taste, random: np.random.Generator) -> list[list[Degree]]:
    """Eight bars."""
    roots = ROOTS[random.integers(len(ROOTS))]
    figures: dict[str, list[list[Degree]]] = {}
    bars: list[list[Degree]] = []
    for name in FIGURES[random.integers(len(FIGURES))]:
        if name in "ud":
            bars += _moved(figures["x"], 1 if name == "u" else -1)
        else:
            if name not in figures:
                figures[name] = _figure(taste, [roots[(len(bars) + bar) % 4] for bar in (0, 1)], random)
            bars += figures[name]
    return bars


def _moved(figure: Sequence[Sequence[Degree]], by: int) -> list[list[Degree]]:
    return [[Degree(one.place if one.place is None else one.place + by, one.steps) for one in bar] for bar in figure]


def _figure(taste: Taste, roots: Sequence[int], random: np.random.Generator) -> list[list[Degree]]:
    """Two bars."""
    place, direction = round(taste.centre + random.normal(0, 1.5)), 1
    bars = []
    for root in roots:
        bar: list[Degree] = []
        for steps in _rhythm(taste, BAR, random):
            strong = sum(one.steps for one in bar) % (BAR // 2) == 0
            direction = direction if random.random() < 0.65 else (1 if random.random() < taste.rise else -1)
            place = _near_chord(place, root, taste) if strong else place + direction * _stride(taste, random)
            place += round((taste.centre - place) / 6)
            silent = not strong and random.random() < 0.07
            bar.append(Degree(None if silent else place, steps))
        bars.append(bar)
    return bars


def _rhythm(taste: Taste, steps: int, random: np.random.Generator) -> Iterator[int]:
    """A span of time, in parts."""
    often = {16: 0.97, 8: 0.55 + 0.45 * taste.density, 4: 0.1 + 0.75 * taste.density, 2: 0.3 * taste.density - 0.05}
    if steps not in HALVES or random.random() > often[steps]:
        yield steps
        return
    ways = HALVES[steps]
    likely = np.array([4.0, *[1.0] * (len(ways) - 1)])
    for part in ways[random.choice(len(ways), p=likely / likely.sum())]:
        yield from _rhythm(taste, part, random)


def _stride(taste: Taste, random: np.random.Generator) -> int:
    """By how many places the line moves."""
    dice = random.random()
    if dice < 0.1:
        return 0
    return int(random.integers(2, 5)) if dice < 0.1 + taste.leaps else 1


def _near_chord(place: int, root: int, taste: Taste) -> int:
    """The tone of the chord that is nearest."""
    count = len(SCALES[taste.scale])
    tones = [root + third + octave * count for third in (0, 2, 4) for octave in (-1, 0, 1)]
    return min(tones, key=lambda tone: (abs(tone - place), tone))


def _changed(section: Sequence[Sequence[Degree]], random: np.random.Generator) -> list[list[Degree]]:
    """One or two tones go to a neighbour."""
    bars = [list(bar) for bar in section]
    for _ in range(random.integers(1, 3)):
        bar = bars[random.integers(len(bars))]
        which = random.integers(len(bar))
        place, steps = bar[which]
        bar[which] = Degree(None if place is None else place + int(random.choice([-1, 1])), steps)
    return bars


def _ended(section: Sequence[Sequence[Degree]], place: int) -> list[list[Degree]]:
    """The section with a long last tone."""
    *bars, last = map(list, section)
    kept: list[Degree] = []
    for one in last:
        if sum(before.steps for before in kept) + one.steps > BAR // 2:
            break
        kept.append(one)
    left = BAR - sum(one.steps for one in kept)
    while left not in LENGTHS:
        left += kept.pop().steps
    return [*bars, [*kept, Degree(place, left)]]


def _events(scale: str, bar: Sequence[Degree]) -> Iterator[TuneEvent]:
    for place, steps in bar:
        pitch = REST if place is None else _semitones(scale, place) - LOWEST
        yield TuneEvent(pitch, LENGTHS.index(steps))


def _semitones(scale: str, place: int) -> int:
    """Semitones from the tonic, brought by octaves to where tunes are."""
    octave, step = divmod(place, len(SCALES[scale]))
    found = OCTAVE * octave + SCALES[scale][step]
    while found < LOWEST:
        found += OCTAVE
    while found > HIGHEST:
        found -= OCTAVE
    return found
