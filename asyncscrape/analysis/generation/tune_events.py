"""Tunes as a recurrent network reads them: one event after the other, each with what is known before it.

A tune is in four-four time on a grid of sixteenths. Its pitches are counted from the tonic, so that the key does
not matter. What is known before an event is a row of numbers, one for each fact: the event before it, the place in
the bar and in the form, the scale, the mood, and what began at the same place 1, 2, 4, 8 and 16 bars ago.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from asyncscrape.analysis.generation.scales import OCTAVE, SCALES

BAR = 16
"""Sixteenths."""
LENGTHS = (1, 2, 3, 4, 6, 8, 12, 16)
"""Sixteenths that an event may last; none crosses the end of a bar."""
LOWEST, HIGHEST = -5, 16
"""Semitones from the tonic."""
REST = HIGHEST - LOWEST + 1
"""The symbol of silence, after those of the pitches from the lowest to the highest."""
PITCHES = REST + 1
AGO = (1, 2, 4, 8, 16)
"""Bars."""
SECTION, SECTIONS = 8, 4
"""Bars in a section of the form, and sections after which the form begins again."""
MOODS = 9
SIZES = (
    PITCHES + 1,
    len(LENGTHS) + 1,
    BAR,
    SECTION,
    SECTIONS,
    len(SCALES),
    MOODS,
    *[PITCHES + 1, len(LENGTHS) + 1] * len(AGO),
)
"""How many values each fact may have; one more where there may be nothing yet."""
FACTS = sum(SIZES)
STARTS = np.cumsum([0, *SIZES[:-1]])
"""Where the numbers of each fact begin."""
NOTHING = (PITCHES, len(LENGTHS))
"""Stands for the event where there is none."""

Rows = NDArray[np.int32]
Mask = NDArray[np.bool_]


MOOD_FACT = 6
"""The place of the mood in a row of facts."""


class TuneEvent(NamedTuple):
    """A tone or a rest, as two symbols."""

    pitch: int
    length: int
    """The place in LENGTHS."""

    @property
    def steps(self) -> int:
        """Sixteenths."""
        return LENGTHS[self.length]


class Tune(NamedTuple):
    """A melody with what it was made for."""

    scale: str
    mood: float
    events: tuple[TuneEvent, ...]


class TuneReader:
    """Follows a tune and tells what is known before its next event."""

    def __init__(self, scale: str, mood: float) -> None:
        self.step = 0
        """Where the next event begins."""
        self._last = NOTHING
        self._began: dict[int, TuneEvent] = {}
        self._given = (list(SCALES).index(scale), round((mood + 1) / 2 * (MOODS - 1)))

    def known(self) -> Rows:
        """What is known before the next event: the number of each fact."""
        bar, place = divmod(self.step, BAR)
        form = (place, bar % SECTION, bar // SECTION % SECTIONS)
        before = [symbol for ago in AGO for symbol in self._began.get(self.step - ago * BAR, NOTHING)]
        row: Rows = np.array([*self._last, *form, *self._given, *before], np.int32) + STARTS.astype(np.int32)
        return row

    def fits(self) -> Mask:
        """The lengths that end within the bar."""
        return np.array(LENGTHS) <= BAR - self.step % BAR

    def read(self, event: TuneEvent) -> None:
        """Go on by an event."""
        self._began[self.step] = event
        self._last = event
        self.step += event.steps


class ReadTune(NamedTuple):
    """All of a tune as arrays, a row for each event."""

    known: Rows
    fits: Mask
    events: Rows


def read_tune(tune: Tune) -> ReadTune:
    """What is known before each event, the lengths it might have, and what it is."""
    reader = TuneReader(tune.scale, tune.mood)
    rows = list(_steps(reader, tune.events))
    known, fits = zip(*rows, strict=True)
    return ReadTune(np.stack(known), np.stack(fits), np.array(tune.events, np.int32))


def _steps(reader: TuneReader, events: Sequence[TuneEvent]) -> Iterator[tuple[Rows, Mask]]:
    for event in events:
        yield reader.known(), reader.fits()
        reader.read(event)


def with_all_moods(known: Rows) -> Rows:
    """A row of facts once for each mood, from sad to happy."""
    rows = np.repeat(known[None], MOODS, axis=0)
    rows[:, MOOD_FACT] = STARTS[MOOD_FACT] + np.arange(MOODS)
    return rows


def pitches_of(scale: str) -> Mask:
    """The symbols that a tune in this scale may have: its tones, and the rest."""
    tones = (np.arange(LOWEST, HIGHEST + 1)[:, None] % OCTAVE == np.array(SCALES[scale])).any(axis=1)
    return np.append(tones, True)
