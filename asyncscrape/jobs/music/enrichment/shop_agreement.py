"""How far what is measured in a file agrees with what Beatport says of the track."""

from __future__ import annotations

from asyncscrape.musical_keys import MusicalKey, key_of

SAME = "same"
OTHER = "other"
WHEEL = 12
CLOSE = 0.04
"""The share by which two tempos may differ and still be the same."""
LEVELS = (0.5, 2.0)
"""People count the same piece at half or twice its tempo."""


def of_tempos(measured: float | None, told: float | None) -> str | None:
    """ "same", "octave" or "other"; None if one is not known."""
    if not measured or not told:
        return None
    if _close(measured, told):
        return SAME
    return "octave" if any(_close(measured, level * told) for level in LEVELS) else OTHER


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= CLOSE * other


def of_keys(measured: str | None, told: str | None) -> str | None:
    """ "same", "relative", "fifth", "parallel" or "other"; None if one is not known."""
    one, other = key_of(measured), key_of(told)
    if one is None or other is None:
        return None
    if one == other:
        return SAME
    (place, mode), (other_place, other_mode) = _on_wheel(one), _on_wheel(other)
    if place == other_place:
        return "relative"
    if mode == other_mode:
        return "fifth" if (place - other_place) % WHEEL in (1, WHEEL - 1) else OTHER
    return "parallel" if one.name.split()[0] == other.name.split()[0] else OTHER


def _on_wheel(key: MusicalKey) -> tuple[int, str]:
    return int(key.camelot[:-1]), key.camelot[-1]
