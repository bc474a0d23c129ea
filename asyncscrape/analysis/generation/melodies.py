"""Melodies: the network goes on from nothing, event by event, and the rest of the band follows.

1. The network tells how probable each next length and pitch is; dice with a seed choose. The last tone is the tonic.
2. Of a few such tunes the one is taken in which the network itself hears the mood best.
3. Each bar gets the chord of the scale that has most of its tones; the first and the last have the tonic's.
4. The mood is told to the network, and says how all is played.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from asyncscrape.analysis.generation.melody_net import (
    UNITS,
    Floats,
    MelodyWeights,
    length_scores,
    next_state,
    pitch_scores,
    stored_weights,
    surprise,
)
from asyncscrape.analysis.generation.mood_choices import Manner, manner_of
from asyncscrape.analysis.generation.scales import OCTAVE, Key
from asyncscrape.analysis.generation.score import BEATS, Score, ScoreNote, ScorePart, Voice
from asyncscrape.analysis.generation.tune_events import (
    BAR,
    LENGTHS,
    LOWEST,
    MOODS,
    REST,
    Tune,
    TuneEvent,
    TuneReader,
    pitches_of,
    with_all_moods,
)

TRIES = 6
"""Tunes of which one is taken."""
BOLDNESS = 0.9
"""Below 1, what is probable is chosen more often than its probability says."""
CLOSING = BAR // 2
"""Sixteenths at the end of a tune that its last tone may fill."""
LEAD_FROM, PAD_FROM, BASS_FROM = 57, 48, 33
"""MIDI numbers at or above which each part has its tonic, in a mood between sad and happy."""
HIGHER = 1.4
"""How much more than the rest the lead follows the register of the mood."""
SIXTEENTH = BEATS / BAR


class Placed(NamedTuple):
    """An event of a tune, and the sixteenth at which it begins."""

    step: int
    event: TuneEvent


def melody(key: Key, mood: float, bars: int, seed: int, bpm: float | None = None) -> Score:
    """The melody of a seed with bass and pads; the same arguments give the same melody."""
    manner = manner_of(mood)
    tune = fitting(stored_weights(), key.scale, mood, bars, np.random.default_rng([seed, 2]))
    placed = list(_placed(tune.events))
    chords = _chords(key, placed, bars)
    parts = (
        ScorePart(Voice.LEAD, tuple(_lead(key, manner, placed))),
        ScorePart(Voice.BASS, tuple(_bass(key, manner, chords))),
        ScorePart(Voice.PAD, tuple(_pads(key, manner, chords))),
    )
    return Score(bpm or manner.bpm, bars, parts, manner.brightness)


def invented(
    weights: MelodyWeights, scale: str, mood: float, bars: int, random: np.random.Generator
) -> tuple[TuneEvent, ...]:
    """The events of a tune that fills the bars and ends on the tonic."""
    reader, state = TuneReader(scale, mood), np.zeros(UNITS, np.float32)
    allowed, events = pitches_of(scale), []
    tonic = np.array([(symbol + LOWEST) % OCTAVE == 0 and symbol != REST for symbol in range(len(allowed))])
    while reader.step < bars * BAR:
        state = next_state(weights, state, reader.known())
        left = bars * BAR - reader.step
        closes = left <= CLOSING and left in LENGTHS
        length = LENGTHS.index(left) if closes else _drawn(length_scores(weights, state, reader.fits()), random)
        last = LENGTHS[length] == left
        pitch = _drawn(pitch_scores(weights, state, length, tonic if last else allowed), random)
        events.append(TuneEvent(pitch, length))
        reader.read(events[-1])
    return tuple(events)


def fitting(weights: MelodyWeights, scale: str, mood: float, bars: int, random: np.random.Generator) -> Tune:
    """Of some tunes the one in which the network itself hears the mood best."""
    tunes = [Tune(scale, mood, invented(weights, scale, mood, bars, random)) for _ in range(TRIES)]
    return min(tunes, key=lambda tune: abs(heard_mood(weights, tune) - mood))


def heard_mood(weights: MelodyWeights, tune: Tune) -> float:
    """The mood that the network hears in a tune: the mean of all moods, each by how well it explains the tune."""
    reader, state = TuneReader(tune.scale, tune.mood), np.zeros((MOODS, UNITS), np.float32)
    nats, allowed = np.zeros(MOODS), pitches_of(tune.scale)
    for event in tune.events:
        state = next_state(weights, state, with_all_moods(reader.known()))
        nats += surprise(length_scores(weights, state, reader.fits()), event.length)
        nats += surprise(pitch_scores(weights, state, event.length, allowed), event.pitch)
        reader.read(event)
    likely = np.exp(nats.min() - nats)
    return float(likely @ np.linspace(-1, 1, MOODS) / likely.sum())


def _drawn(scores: Floats, random: np.random.Generator) -> int:
    """A symbol by its probability."""
    likely = np.exp((scores - scores.max()).astype(np.float64) / BOLDNESS)
    return int(np.searchsorted(np.cumsum(likely / likely.sum()), random.random() * (1 - 1e-12)))


def _placed(events: Sequence[TuneEvent]) -> Iterator[Placed]:
    step = 0
    for event in events:
        yield Placed(step, event)
        step += event.steps


def _lead(key: Key, manner: Manner, placed: Sequence[Placed]) -> Iterator[ScoreNote]:
    tonic = key.pitch(0, LEAD_FROM + round(HIGHER * manner.register))
    for step, event in placed:
        if event.pitch != REST:
            force = manner.force * (1.0 if step % (BAR // 4) == 0 else 0.85)
            length = event.steps * SIXTEENTH * manner.held
            yield ScoreNote(step * SIXTEENTH, length, tonic + event.pitch + LOWEST, force)


def _chords(key: Key, placed: Sequence[Placed], bars: int) -> list[int]:
    """The degree on which the chord of each bar stands."""
    heard = np.zeros((bars, OCTAVE))
    for step, event in placed:
        if event.pitch != REST:
            heard[step // BAR, (event.pitch + LOWEST) % OCTAVE] += event.steps
    fitting = np.stack([heard[:, _tones(key, root)].sum(axis=1) for root in range(len(key.tones))], axis=1)
    fitting[:, 0] += 0.5  # where two fit, the tonic's
    fitting[[0, -1], 0] += BAR
    chords: list[int] = fitting.argmax(axis=1).tolist()
    return chords


def _tones(key: Key, root: int) -> list[int]:
    """The tones of a chord, in semitones above the tonic and within an octave."""
    return [key.tones[(root + third) % len(key.tones)] for third in (0, 2, 4)]


def _bass(key: Key, manner: Manner, chords: Sequence[int]) -> Iterator[ScoreNote]:
    """The root of each chord; the fuller the rhythm, the more often."""
    strokes = 1 if manner.density < 0.35 else 2 if manner.density < 0.65 else BEATS
    length = BEATS / strokes
    for bar, root in enumerate(chords):
        pitch = BASS_FROM + (key.tonic + key.tones[root] - BASS_FROM) % OCTAVE
        for stroke in range(strokes):
            yield ScoreNote(bar * BEATS + stroke * length, length * manner.held, pitch, manner.force)


def _pads(key: Key, manner: Manner, chords: Sequence[int]) -> Iterator[ScoreNote]:
    for bar, root in enumerate(chords):
        for semitones in sorted(_tones(key, root)):
            pitch = PAD_FROM + (key.tonic + semitones - PAD_FROM) % OCTAVE
            yield ScoreNote(bar * BEATS, BEATS * 0.96, pitch, 0.5 + 0.2 * manner.force)
