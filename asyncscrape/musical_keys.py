"""Musical keys: every spelling of a key becomes the same name and the same place on the Camelot wheel.

`A♭ min`, `Ab Minor`, `G#m`, `1A` and Beatport's key 1 are all "Ab minor", "1A".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
MINOR = ("Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "Db")
MAJOR = ("B", "F#", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E")
"""The tonics around the Camelot wheel, as Beatport spells its keys 1 to 12 and 13 to 24."""
FIFTH = 7

_SIGNS = str.maketrans({"♭": "b", "♯": "#", "−": "-"})
_WORDS = re.compile(r"[\s_-]*(flat|sharp)\b", re.IGNORECASE)
_NAME = re.compile(r"([A-Ga-g])([b#]?)[\s_:-]*(m|min|minor|moll|M|maj|major|dur)?\.?")
_MODE = re.compile(r"(min|maj|moll|dur)[a-z]*", re.IGNORECASE)
_WHEEL = re.compile(r"0?([1-9]|1[0-2])\s*([ABab])")


class MusicalKey(NamedTuple):
    """A key, spelled in one way."""

    name: str
    """"Ab minor"."""
    camelot: str
    """"1A"."""


def key_of(told: Any) -> MusicalKey | None:
    """The key that a text, a Beatport key object or a Beatport key id tells; None if it tells none."""
    if isinstance(told, Mapping):
        wheel = f"{told.get('camelot_number')}{told.get('camelot_letter')}"
        return key_of(told.get("name")) or key_of(wheel) or key_of(told.get("id"))
    if isinstance(told, int):
        return by_id(told)
    return by_text(told) if isinstance(told, str) else None


def by_id(number: int) -> MusicalKey | None:
    """The key with this Beatport id. Those above 24 are second spellings, which only their name tells."""
    place, major = (number - 1) % len(MINOR), number > len(MINOR)
    return on_wheel(place, major) if 1 <= number <= len(MINOR) + len(MAJOR) else None


def on_wheel(place: int, major: bool) -> MusicalKey:
    """The key at a place of the Camelot wheel, counted from 0."""
    tonic = (MAJOR if major else MINOR)[place]
    return MusicalKey(f"{tonic} {'major' if major else 'minor'}", f"{place + 1}{'B' if major else 'A'}")


@lru_cache(1024)
def by_text(text: str) -> MusicalKey | None:
    """The key that a text spells, by name or by its place on the wheel."""
    plain = unicodedata.normalize("NFKC", text).translate(_SIGNS).strip()
    if wheel := _WHEEL.fullmatch(plain):
        return on_wheel(int(wheel[1]) - 1, wheel[2] in "Bb")
    plain = _WORDS.sub(lambda sign: "b" if sign[1].lower() == "flat" else "#", plain)
    named = _NAME.fullmatch(_MODE.sub(lambda mode: mode[0].lower(), plain))
    if not named:
        return None
    letter, sign, mode = named.groups()
    pitch = SEMITONES[letter.upper()] + (sign == "#") - (sign == "b")
    return at_pitch(pitch % 12, mode not in ("m", "min", "minor", "moll"))


def at_pitch(pitch: int, major: bool) -> MusicalKey:
    """The key on a pitch, in semitones above C. The wheel goes by fifths from B major and A flat minor."""
    first = SEMITONES["B"] if major else SEMITONES["A"] - 1
    return on_wheel((pitch - first) * FIFTH % 12, major)
