"""What is to be played: notes, the parts that play them, and the whole score."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

BEATS = 4
"""In a bar; all that is made here is in four-four time."""


class Voice(StrEnum):
    """The instruments of the synthesiser."""

    KICK = "kick"
    CLAP = "clap"
    HAT = "hat"
    OPEN_HAT = "open hat"
    BASS = "bass"
    LEAD = "lead"
    PAD = "pad"


DRUMS = frozenset({Voice.KICK, Voice.CLAP, Voice.HAT, Voice.OPEN_HAT})
"""Instruments without a pitch."""


class ScoreNote(NamedTuple):
    """One tone, or one stroke of a drum."""

    start: float
    """Beats since the beginning."""
    length: float
    """Beats."""
    pitch: int
    """The MIDI number; 60 is the C in the middle of a piano."""
    force: float
    """How hard it is played, from 0 to 1."""


class ScorePart(NamedTuple):
    """What one instrument plays."""

    voice: Voice
    notes: tuple[ScoreNote, ...]


@dataclass(frozen=True)
class Score:
    """A whole piece."""

    bpm: float
    bars: int
    parts: tuple[ScorePart, ...]
    brightness: float = 0.5
    """How many overtones the instruments have, from 0 (dull) to 1 (bright)."""

    @property
    def seconds(self) -> float:
        """How long it lasts, without what rings on."""
        return self.bars * BEATS * 60 / self.bpm

    def notes(self, voice: Voice) -> tuple[ScoreNote, ...]:
        """What an instrument plays; nothing if it is silent."""
        return tuple(note for part in self.parts if part.voice is voice for note in part.notes)
