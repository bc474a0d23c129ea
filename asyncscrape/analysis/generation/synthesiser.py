"""Plays a score: every note in its place, the kick heard through all else, a room around it, and an even loudness.

1. Each part is played on its own; notes that sound alike are made once.
2. After each stroke of the kick, bass and pads step back.
3. Each part takes its place from left to right, and some of it goes into the room.
4. The whole is limited. A loop keeps its length: what rings on after its end is heard at its beginning.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from asyncscrape.analysis.generation.instruments import SHAPES, STROKES, tone
from asyncscrape.analysis.generation.score import Score, ScoreNote, ScorePart, Voice
from asyncscrape.analysis.generation.wav_file import RATE, Samples

TAIL = 1.6
"""Seconds for what rings on after the last bar."""
LOUDNESS = 0.89
DRIVE = 1.4
"""How far into the limiter the sound goes."""
ROOM_SECONDS, ROOM_SEED = 1.1, 77
BLOCK = 1 << 17
"""Samples that pass through the room at once."""
DUCKED = frozenset({Voice.BASS, Voice.PAD})
DUCK_DEPTH, DUCK_SECONDS = 0.75, 0.11


class MixPlace(NamedTuple):
    """Where an instrument stands in the mix."""

    loudness: float
    side: float
    """-1 is left, 1 is right."""
    room: float
    """How much of it goes into the room."""


PLACES = {
    Voice.KICK: MixPlace(0.95, 0.0, 0.0),
    Voice.CLAP: MixPlace(0.34, 0.08, 0.22),
    Voice.HAT: MixPlace(0.15, 0.3, 0.03),
    Voice.OPEN_HAT: MixPlace(0.17, -0.25, 0.08),
    Voice.BASS: MixPlace(0.42, 0.0, 0.0),
    Voice.LEAD: MixPlace(0.40, -0.1, 0.28),
    Voice.PAD: MixPlace(0.13, 0.15, 0.4),
}


def played(score: Score, *, loops: bool = False) -> Samples:
    """The sound in two channels; of a loop exactly its bars, else with what rings on."""
    size = round(score.seconds * RATE)
    mixed = _mixed(score, size)
    return _limited(_wrapped(mixed, size) if loops else mixed)


def _mixed(score: Score, size: int) -> Samples:
    """All parts in the room, with what rings on."""
    dry = np.zeros((size + round(TAIL * RATE), 2), np.float32)
    sent = np.zeros_like(dry)
    behind = _ducking(score, len(dry))
    for part in score.parts:
        place = PLACES[part.voice]
        sound = _part(part, score, len(dry)) * np.float32(place.loudness)
        if part.voice in DUCKED:
            sound *= behind
        sides = np.array([1 - max(0, place.side), 1 + min(0, place.side)], np.float32)
        dry += sound[:, None] * sides
        sent += sound[:, None] * (sides * np.float32(place.room))
    _add_room(dry, sent)
    return dry


def _part(part: ScorePart, score: Score, size: int) -> Samples:
    """One instrument alone."""
    out = np.zeros(size, np.float32)
    made: dict[tuple[int, float], Samples] = {}
    for note in part.notes:
        which = (note.pitch, round(note.length, 6)) if part.voice in SHAPES else (0, 0.0)
        if which not in made:
            made[which] = _sound(part.voice, note, score)
        begin = round(note.start * 60 / score.bpm * RATE)
        heard = made[which][: max(0, size - begin)]
        out[begin : begin + len(heard)] += heard * np.float32(note.force)
    return out


def _sound(voice: Voice, note: ScoreNote, score: Score) -> Samples:
    if voice in STROKES:
        return STROKES[voice]()
    return tone(voice, note.pitch, note.length * 60 / score.bpm, score.brightness)


def _ducking(score: Score, size: int) -> Samples:
    """How loud bass and pads are at each moment, between the strokes of the kick."""
    curve = np.ones(size, np.float32)
    dip = (1 - DUCK_DEPTH * np.exp(-np.arange(round(4 * DUCK_SECONDS * RATE)) / RATE / DUCK_SECONDS)).astype(
        np.float32
    )
    for note in score.notes(Voice.KICK):
        begin = round(note.start * 60 / score.bpm * RATE)
        place = curve[begin : begin + len(dip)]
        np.minimum(place, dip[: len(place)], out=place)
    return curve


def _add_room(out: Samples, sent: Samples) -> None:
    """Add what a room gives back of a sound, block by block."""
    echo = _room()
    width = 1 << (BLOCK + len(echo) - 1).bit_length()
    answer = np.fft.rfft(echo, width, axis=0)
    for begin in range(0, len(sent), BLOCK):
        block = np.fft.rfft(sent[begin : begin + BLOCK], width, axis=0)
        heard = np.fft.irfft(block * answer, width, axis=0)[: min(BLOCK + len(echo) - 1, len(out) - begin)]
        out[begin : begin + len(heard)] += heard


def _room() -> Samples:
    """What a room answers to a click: noise that dies away, another one on each side."""
    time = np.arange(round(ROOM_SECONDS * RATE)) / RATE
    noise = np.random.default_rng(ROOM_SEED).standard_normal((len(time), 2))
    echo = noise * (np.exp(-time / 0.22) * np.minimum(1, time / 0.012))[:, None]
    echo = np.cumsum(echo - echo.mean(axis=0), axis=0) * 0.05 + echo  # a room is darker than noise
    return np.asarray(echo / np.sqrt((echo**2).sum(axis=0)), np.float32)


def _wrapped(sound: Samples, size: int) -> Samples:
    """What rings on after the end, laid over the beginning."""
    out = sound[:size]
    for part in _pieces(sound[size:], size):
        out[: len(part)] += part
    return out


def _pieces(sound: Samples, size: int) -> Iterable[Samples]:
    return (sound[begin : begin + size] for begin in range(0, len(sound), size))


def _limited(sound: Samples) -> Samples:
    """Bent where it is loud, so that nothing is cut off; as loud as a file may be. Changes the sound in place."""
    loudest = max(float(sound.max(initial=0)), -float(sound.min(initial=0)))
    if loudest:
        sound *= np.float32(DRIVE / loudest)
        np.tanh(sound, out=sound)
        sound *= np.float32(LOUDNESS / np.tanh(DRIVE))
    return sound
