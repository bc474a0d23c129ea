"""What a mood means in music, from -1 (sad, dark) to 1 (happy, bright).

The directions are those on which studies of listeners agree (Eerola, Friberg and Bresin 2013; Juslin and Lindström
2010): what sounds happy is faster, higher, brighter, louder, shorter in its tones and denser. The sizes are our own
choice. The scale matters most of all, and that is the user's to choose.
"""

from __future__ import annotations

from dataclasses import dataclass

from asyncscrape.errors import UsageError

LOWEST, HIGHEST = -1.0, 1.0


@dataclass(frozen=True)
class Manner:
    """How a piece in some mood is played."""

    mood: float
    bpm: float
    """The tempo of a melody; a loop has the one that was asked for."""
    register: int
    """Semitones by which all is higher than in the middle."""
    held: float
    """How much of its time a tone sounds: 1 is legato, 0.5 staccato."""
    force: float
    """How hard notes are played, from 0 to 1."""
    brightness: float
    """How many overtones there are, from 0 to 1."""
    density: float
    """How full the rhythm is, from 0 to 1."""


def manner_of(mood: float) -> Manner:
    """How to play in a mood."""
    mood = checked(mood)
    return Manner(
        mood=mood,
        bpm=round(102 + 34 * mood),
        register=round(5 * mood),
        held=0.78 - 0.2 * mood,
        force=0.72 + 0.16 * mood,
        brightness=0.5 + 0.35 * mood,
        density=0.5 + 0.4 * mood,
    )


def checked(mood: float) -> float:
    """A mood within its limits; anything else is refused."""
    if not LOWEST <= mood <= HIGHEST:
        raise UsageError(f"mood {mood:g} is out of range; use a number from -1 (sad) to 1 (happy)")
    return mood
