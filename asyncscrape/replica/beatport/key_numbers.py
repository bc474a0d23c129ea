"""The shop's 34 keys: 1 to 12 minor and 13 to 24 major, around the Camelot wheel; the rest are other spellings."""

from __future__ import annotations

from dataclasses import dataclass

_MINOR = ("Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "Db")
_MAJOR = ("B", "F#", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E")
_OTHER_SPELLINGS = {"A#": "Bb", "C#": "Db", "D#": "Eb", "G#": "Ab", "Gb": "F#"}
_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True)
class MusicalKey:
    """A key as the shop names it."""

    id: int
    note: str
    """The note with its accidental, such as "Ab"."""
    is_minor: bool
    hour: int
    """The place on the Camelot wheel, 1 to 12."""

    @property
    def name(self) -> str:
        """Such as "Ab Minor"."""
        return f"{self.note} {'Minor' if self.is_minor else 'Major'}"

    @property
    def camelot(self) -> str:
        """Such as "1A"."""
        return f"{self.hour}{'A' if self.is_minor else 'B'}"

    @property
    def root(self) -> int:
        """The first note of the scale, in semitones above C."""
        return (_SEMITONES[self.note[0]] + self.note.count("#") - self.note.count("b")) % 12


def _keys() -> dict[int, MusicalKey]:
    notes = [(note, is_minor) for is_minor, wheel in ((True, _MINOR), (False, _MAJOR)) for note in wheel]
    notes += [(note, is_minor) for is_minor in (True, False) for note in _OTHER_SPELLINGS]
    return {
        number: MusicalKey(number, note, is_minor, _hour(note, is_minor))
        for number, (note, is_minor) in enumerate(notes, 1)
    }


def _hour(note: str, is_minor: bool) -> int:
    return (_MINOR if is_minor else _MAJOR).index(_OTHER_SPELLINGS.get(note, note)) + 1


KEYS = _keys()
