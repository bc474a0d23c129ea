"""Pieces of music with a known tempo and key, in several styles, as people would meet them.

Patterns are varied, some are swung, noisy, out of tune, played unevenly, or get faster or slower by a few percent:
then the tempo is that of the mean beat. The tempo of a style is the one that its musicians write down: drum and bass
at 174, hip hop at 90, trap and dubstep at 140, though their snare comes once a bar.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RATE = 44_100
SECONDS = 30
SCALES = {"minor": (0, 2, 3, 5, 7, 8, 10), "major": (0, 2, 4, 5, 7, 9, 11)}
LOOPS = {
    "minor": ((0, 5, 2, 6), (0, 3, 6, 0), (0, 0, 5, 6), (0, 6, 5, 6), (0, 3, 0, 4), (0, 0, 0, 0)),
    "major": ((0, 4, 5, 3), (0, 3, 4, 0), (0, 5, 3, 4), (0, 0, 3, 4), (0, 3, 0, 4)),
}
Wave = NDArray[np.float64]


class Style(NamedTuple):
    """Where the drums of a bar are, in sixteenths, and what else is there."""

    slowest: float
    fastest: float
    kick: tuple[float, ...]
    snare: tuple[float, ...]
    hat: tuple[float, ...]
    bass: tuple[float, ...]
    lead: tuple[float, ...]
    chords: tuple[float, ...]
    swing: float = 0.0
    drums: float = 1.0
    beats: int = 4


ALL = tuple(range(16))
STYLES = {
    "techno": Style(122, 150, (0, 4, 8, 12), (4, 12), (2, 6, 10, 14), (2, 3, 6, 7, 10, 11, 14, 15), (), (0, 6, 11)),
    "minimal": Style(120, 132, (0, 4, 8, 12), (), (2, 6, 10, 14, 15), (0, 3, 7, 10), (3, 9), (6,)),
    "house": Style(116, 128, (0, 4, 8, 12), (4, 12), (2, 6, 10, 14), (0, 3, 6, 10), (), (2, 5, 9, 14), 0.25),
    "trance": Style(130, 142, (0, 4, 8, 12), (4, 12), (2, 6, 10, 14), (2, 6, 10, 14), ALL, (0,)),
    "drum and bass": Style(166, 178, (0, 10), (4, 12), (0, 2, 4, 6, 8, 10, 12, 14), (0, 10), (), (0, 8)),
    "jungle": Style(158, 172, (0, 2, 10, 11), (4, 7, 9, 12, 15), (0, 2, 4, 6, 8, 10, 12, 14), (0, 6, 10), (), (0,)),
    "hip hop": Style(78, 98, (0, 5, 8, 10), (4, 12), (0, 2, 4, 6, 8, 10, 12, 14), (0, 5, 8, 10), (), (0, 8), 0.33),
    "dubstep": Style(136, 146, (0, 6), (8,), (0, 3, 6, 8, 11, 14), (0, 2, 3, 6, 8, 10), (), (0,)),
    "trap": Style(130, 150, (0, 7, 10), (8,), ALL, (0, 7, 10), (0, 3, 6, 8, 11, 14), (0,)),
    "rock": Style(96, 150, (0, 8, 10), (4, 12), (0, 2, 4, 6, 8, 10, 12, 14), (0, 2, 4, 6, 8, 10, 12, 14), (), (0, 8)),
    "pop": Style(92, 128, (0, 8), (4, 12), (0, 2, 4, 6, 8, 10, 12, 14), (0, 8, 10), (0, 4, 6, 10, 12), (0, 4, 8, 12)),
    "reggae": Style(70, 90, (8,), (8,), (0, 2, 4, 6, 8, 10, 12, 14), (0, 3, 6, 10), (), (4, 12), 0.1),
    "ambient": Style(70, 110, (), (), (), (0, 8), (0, 2, 4, 6, 8, 10, 12, 14), (0,), 0.0, 0.0),
    "waltz": Style(90, 170, (0,), (4, 8), (0, 4, 8), (0,), (0, 4, 6, 8), (4, 8), 0.0, 0.6, 3),
    "beats": Style(80, 180, (0, 4, 8, 12), (), (), (0, 4, 8, 12), (), (0,)),
    "breakbeat": Style(118, 140, (0, 10), (4, 12), (0, 2, 4, 6, 8, 10, 12, 14), (0, 3, 10), (), (0, 6)),
    "two step": Style(128, 136, (0, 10), (4, 12), (2, 6, 10, 14), (0, 3, 6, 11), (), (3, 11), 0.3),
    "ballad": Style(62, 82, (0, 8), (4, 12), (0, 2, 4, 6, 8, 10, 12, 14), (0, 8, 14), (0, 4, 8, 12), (0,)),
    "disco": Style(
        108, 126, (0, 4, 8, 12), (4, 12), (0, 2, 4, 6, 8, 10, 12, 14), (0, 2, 4, 6, 8, 10, 12, 14), (), (2, 6)
    ),
    "metronome": Style(70, 170, (), (), (0, 4, 8, 12), (), (), (0,)),
}


class MadePiece(NamedTuple):
    """A piece, and what is true of it."""

    samples: NDArray[np.float32]
    bpm: float
    root: int
    """Semitones above C."""
    mode: str
    style: str
    clear: bool
    """Whether its key is beyond doubt: little noise, nothing out of tune, and the tonic heard more than any other."""
    steady: bool
    """Whether it keeps its tempo."""


def pieces(count: int, seed: int) -> Iterator[MadePiece]:
    """So many pieces, of all styles in turns."""
    for number in range(count):
        yield piece([*STYLES][number % len(STYLES)], np.random.default_rng([seed, number]))


def piece(style: str, random: np.random.Generator) -> MadePiece:
    """One piece."""
    plan = varied(STYLES[style], random)
    bpm = float(random.uniform(plan.slowest, plan.fastest))
    if random.random() < 0.4:
        bpm = float(round(bpm))
    root, mode = int(random.integers(12)), "minor" if random.random() < 0.6 else "major"
    clear = bool(random.random() < 0.6)
    steady = bool(random.random() < 0.85)
    drift = 0.0 if steady else float(random.choice([-1, 1]) * random.uniform(0.01, 0.04))
    cents = 0.0 if clear else float(random.uniform(-35, 35))
    noise = 0.0 if clear else float(random.uniform(0.01, 0.15))
    harmony = Harmony.chosen(root, mode, cents, random)
    sound = played(plan, Beat(bpm, drift), harmony, random)
    if random.random() < 0.15:
        sound = muffled(sound, float(random.uniform(2_500, 8_000)))
    sound = sound / np.abs(sound).max() * random.uniform(0.3, 0.95)
    sound += noise * random.standard_normal(sound.shape) * np.abs(sound).mean() * 3
    return MadePiece(sound.astype(np.float32), bpm, root, mode, style, clear and harmony.rests, steady)


def muffled(sound: Wave, highest: float) -> Wave:
    """A sound without what is above so many Hz, as cheap encoders leave it."""
    spectrum = np.fft.rfft(sound, axis=0)
    spectrum[int(highest * len(sound) / RATE) :] = 0
    return np.fft.irfft(spectrum, len(sound), axis=0)


def varied(plan: Style, random: np.random.Generator) -> Style:
    """A style as somebody else would play it: another hat, a beat more or less."""
    if not plan.drums or not plan.snare:
        return plan
    hats = (plan.hat, plan.hat, (0, 2, 4, 6, 8, 10, 12, 14), (2, 6, 10, 14), tuple(step for step in ALL if step % 4))
    hat = hats[random.integers(len(hats))] if plan.beats == 4 else plan.hat
    kick = list(plan.kick)
    if random.random() < 0.25:
        kick.append(float(random.choice([3, 6, 7, 11, 14])))
    snare = list(plan.snare)
    if random.random() < 0.25:
        snare.append(float(random.choice([7, 9, 15])))
    end = 4 * plan.beats
    return plan._replace(
        hat=hat,
        kick=tuple(step for step in kick if step < end),
        snare=tuple(step for step in snare if step < end),
        swing=plan.swing or float(random.choice([0, 0, 0, 0.15])),
    )


class Beat(NamedTuple):
    """When the sixteenths are."""

    bpm: float
    drift: float
    """How much faster the end is than the start, as a share."""

    def at(self, step: float) -> float:
        """Seconds from the start to a sixteenth, so that the mean over the piece is the tempo."""
        even = step * 60 / self.bpm / 4
        return even * (1 + self.drift / 2 * (1 - even / SECONDS))


class Harmony(NamedTuple):
    """Which chords, on which root."""

    tune: float
    """Hz of the tonic."""
    mode: str
    loop: tuple[int, ...]
    pedal: bool
    """Whether the bass stays on the tonic."""
    phrase: tuple[int, ...]

    @classmethod
    def chosen(cls, root: int, mode: str, cents: float, random: np.random.Generator) -> Harmony:
        """Some harmony in a key."""
        loop = LOOPS[mode][random.integers(len(LOOPS[mode]))]
        phrase = (0, *(int(random.integers(0, 5)) for _ in range(15)))
        return cls(440 * 2 ** ((root - 9) / 12 + cents / 1200), mode, loop, bool(random.random() < 0.4), phrase)

    @property
    def rests(self) -> bool:
        """Whether the tonic is heard more than any other chord: else its relative key may be as right."""
        return self.pedal or all(self.loop.count(0) > self.loop.count(other) for other in self.loop if other)

    def chord(self, bar: int) -> list[int]:
        """The semitones of the chord of a bar; every fourth time around the loop the tonic comes home."""
        place = bar // 2
        home = place % (4 * len(self.loop)) == 4 * len(self.loop) - 1
        return [degree(self.mode, (0 if home else self.loop[place % len(self.loop)]) + up) for up in (0, 2, 4)]


def played(plan: Style, beat: Beat, harmony: Harmony, random: np.random.Generator) -> Wave:
    """The sound of it, in two channels."""
    sixteenth = 60 / beat.bpm / 4
    bars = int(SECONDS / sixteenth / plan.beats / 4) + 2
    out = np.zeros((SECONDS + 6) * RATE)
    human = random.choice([0.0, 0.0, 0.004, 0.008])
    parts = Parts(out, random, float(random.uniform(0.3, 1.0)) * plan.drums, float(random.uniform(0.25, 0.8)))
    offset = float(random.uniform(0, 0.4))
    for bar in range(bars):

        def when(step: float, first: int = bar * plan.beats * 4) -> float:
            late = plan.swing if step % 2 == 1 else 0.0
            return offset + beat.at(first + step + late) + human * float(random.standard_normal())

        quiet = bar % 8 == 7 and random.random() < 0.3
        play_drums(plan, parts, when, quiet)
        play_tones(plan, parts, when, harmony, bar, sixteenth)
    mono = out[: SECONDS * RATE]
    side = np.roll(mono, 37) * 0.1
    return np.stack([mono + side, mono - side], axis=1)


def play_drums(plan: Style, parts: Parts, when: Callable[[float], float], quiet: bool) -> None:
    """One bar of drums."""
    for step in () if quiet else plan.kick:
        parts.kick(when(step))
    for step in plan.snare:
        parts.snare(when(step), 1.0 if step % 4 == 0 else 0.5)
    for step in plan.hat:
        parts.hat(when(step), 1.0 if step % 4 == 0 else 0.6)


def play_tones(
    plan: Style, parts: Parts, when: Callable[[float], float], harmony: Harmony, bar: int, sixteenth: float
) -> None:
    """One bar of bass, chords and lead."""
    chord = harmony.chord(bar)
    for step in plan.bass:
        low = 0 if harmony.pedal else chord[0]
        parts.tone(when(step), harmony.tune / 8 * 2 ** (low / 12), sixteenth * 1.6, "saw", 0.5)
    for step in plan.chords:
        for semitones in chord:
            parts.tone(when(step), harmony.tune / 2 * 2 ** (semitones / 12), sixteenth * 7, "soft", 0.22)
    for step in plan.lead:
        note = harmony.phrase[int(step)]
        semitones = chord[note] if note < 3 else chord[note - 3] + 12
        parts.tone(when(step), harmony.tune * 2 ** (semitones / 12), sixteenth * 1.5, "square", 0.18)


def degree(mode: str, number: int) -> int:
    """Semitones of a step of the scale."""
    return SCALES[mode][number % 7] + 12 * (number // 7)


class Parts:
    """The instruments, playing into one track."""

    def __init__(self, out: Wave, random: np.random.Generator, drums: float, tones: float) -> None:
        self._out = out
        self._drums = drums
        self._tones = tones
        t = np.arange(int(0.4 * RATE)) / RATE
        low, snap = random.uniform(42, 58), random.uniform(20, 45)
        self._kick = np.sin(2 * np.pi * (low * t + 5 * (1 - np.exp(-t * snap)))) * np.exp(-t * random.uniform(7, 16))
        noise = random.standard_normal(len(t))
        self._snare = (0.6 * noise + 0.4 * np.sin(2 * np.pi * random.uniform(170, 240) * t)) * np.exp(-t * 18)
        bright = np.diff(noise, prepend=0)
        self._hat = 0.4 * bright * np.exp(-t * random.uniform(30, 90))
        self._loud = [random.uniform(0.6, 1), random.uniform(0.3, 0.8), random.uniform(0.15, 0.6)]

    def kick(self, at: float) -> None:
        """A bass drum."""
        self._add(at, self._kick * self._loud[0] * self._drums)

    def snare(self, at: float, level: float) -> None:
        """A snare drum."""
        self._add(at, self._snare * self._loud[1] * self._drums * level)

    def hat(self, at: float, level: float) -> None:
        """A cymbal."""
        self._add(at, self._hat * self._loud[2] * self._drums * level)

    def tone(self, at: float, pitch: float, seconds: float, kind: str, level: float) -> None:
        """A note."""
        self._add(at, tone(pitch, seconds, kind) * level * self._tones)

    def _add(self, at: float, wave: Wave) -> None:
        start = max(0, int(at * RATE))
        room = self._out[start : start + len(wave)]
        room += wave[: len(room)]


@lru_cache(256)
def tone(pitch: float, seconds: float, kind: str) -> Wave:
    """A note as an instrument plays it."""
    t = np.arange(int((seconds + 0.05) * RATE)) / RATE
    shape = np.minimum(1, t / 0.005) * np.minimum(1, np.maximum(0, (seconds + 0.05 - t) / 0.05))
    most = {"saw": 12, "soft": 5, "square": 9}[kind]
    wave = np.zeros(len(t))
    for n in range(1, most):
        if pitch * n > 9_000 or (kind == "square" and n % 2 == 0):
            continue
        wave += np.sin(2 * np.pi * pitch * n * t) / (n**2 if kind == "soft" else n)
    return wave * shape * np.exp(-t * (1.0 if kind == "soft" else 4.0))
