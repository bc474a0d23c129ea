"""Notes by name, scales by name, and the tones that they have."""

from __future__ import annotations

import re
from typing import NamedTuple

from asyncscrape.errors import UsageError
from asyncscrape.musical_keys import SEMITONES, by_text

OCTAVE = 12

SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "harmonic-minor": (0, 2, 3, 5, 7, 8, 11),
    "pentatonic": (0, 2, 4, 7, 9),
    "minor-pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
}
"""The tones of each scale in semitones above its first, which is the tonic."""


class Key(NamedTuple):
    """A tonic and the scale that stands on it."""

    tonic: int
    """Semitones above C, from 0 to 11."""
    scale: str

    @property
    def tones(self) -> tuple[int, ...]:
        """Semitones above the tonic."""
        return SCALES[self.scale]

    def pitch(self, degree: int, lowest: int) -> int:
        """The MIDI number of a degree, where degree 0 is the first tonic at or above `lowest`."""
        octave, step = divmod(degree, len(self.tones))
        return lowest + (self.tonic - lowest) % OCTAVE + OCTAVE * octave + self.tones[step]

    def has(self, pitch: int) -> bool:
        """Whether a MIDI number is one of its tones."""
        return (pitch - self.tonic) % OCTAVE in self.tones


def note_named(text: str) -> int:
    """The semitones above C of a note such as E, F# or Bb."""
    found = re.fullmatch(r"([A-Ga-g])([#b♯♭]?)", text.strip())
    if not found and " " not in text.strip() and (key := by_text(text)):
        raise UsageError(f"{text!r} is a short form of {key.name}; write the note, a blank and the scale: {key.name}")
    if not found or found[0].upper() in ("E#", "B#", "CB", "FB"):
        german = "; the German H is B" if text.strip().lower().startswith("h") else ""
        allowed = "a letter from A to G, with # or b where it has one: E, F#, Bb"
        raise UsageError(f"--key: {text!r} is no note; use {allowed}{german}")
    return (SEMITONES[found[1].upper()] + {"#": 1, "♯": 1, "b": -1, "♭": -1, "": 0}[found[2]]) % OCTAVE


def scale_named(text: str) -> str:
    """The name of a scale that there is."""
    name = re.sub(r"[\s_]+", "-", text.strip().lower())
    if name not in SCALES:
        raise UsageError(f"{text!r} is no scale that is known here; use one of: {', '.join(SCALES)}")
    return name


def key_named(text: str) -> Key:
    """A key such as "F minor" or "Bb major"; a note alone means major, as musicians write it."""
    note, _, scale = text.strip().partition(" ")
    return Key(note_named(note), scale_named(scale or "major"))
