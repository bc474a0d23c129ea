"""Words of titles and names in one spelling, and how alike two of them are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from asyncscrape.parsers.beatport.matching.scripts import latin

Words = tuple[str, ...]

LONG_ENOUGH = 6
"""Shorter words with another letter are other words."""
LONG = 10
"""From this length on, two letters may differ."""

_SPELT = {"&": " and ", "+": " and ", "@": " at ", "$": "s", "n°": "no "}
_WORD = re.compile(r"[^\W_]+")
_SAME = {
    "pt": "part",
    "vol": "volume",
    "ft": "feat",
    "featuring": "feat",
    "versus": "vs",
    "remiks": "remix",
    "miks": "mix",
}
_NUMBERS = (
    ("zero", 0), ("one", 1), ("two", 2), ("three", 3), ("four", 4), ("five", 5), ("six", 6), ("seven", 7),
    ("eight", 8), ("nine", 9), ("ten", 10), ("ii", 2), ("iii", 3), ("iv", 4), ("vi", 6), ("vii", 7), ("viii", 8),
    ("ix", 9),
)  # fmt: skip
_SAME |= {name: str(number) for name, number in _NUMBERS}
_SAME |= {"1st": "first", "2nd": "second", "3rd": "third", "4th": "fourth", "5th": "fifth"}

PIECES = frozenset({"part", "volume", "chapter", "act"})
"""Words before the number of a piece."""
_COUNTED = {"i": "1", "v": "5", "x": "10"}

_SOUNDS = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("shch|sch|sh", "s"),
        ("kh", "h"),
        ("ck|q|c(?!h)", "k"),
        ("ph", "f"),
        ("x", "ks"),
        ("w", "v"),
        ("zh", "z"),
        ("tz", "ts"),
        ("[yj]", "i"),
        ("ou", "o"),
        ("ie|io", "e"),
        ("ue", "u"),
        ("oe", "o"),
        ("ae", "a"),
        (r"([a-z])\1+", r"\1"),
    )
]
_DIGITS = re.compile(r"\d+")


@lru_cache(4096)
def words(text: str) -> Words:
    """The words of a text in one spelling. A text of signs alone is one word."""
    told = latin(text)
    for sign, spelt in _SPELT.items():
        told = told.replace(sign, spelt)
    found = tuple(_numbered([_one_spelling(word) for word in _WORD.findall(told)]))
    signs = "".join(told.split())
    return found or ((signs,) if signs else ())


def _numbered(told: Sequence[str]) -> Iterator[str]:
    """Words in which "I", "V" and "X" are numbers where a part is counted."""
    for before, word in zip(["", *told], told, strict=False):
        yield _COUNTED.get(word, word) if before in PIECES else word


def _one_spelling(word: str) -> str:
    """A word whose numbers are digits and whose short form is written out."""
    return word.lstrip("0") or "0" if word.isdecimal() else _SAME.get(word, word)


@lru_cache(8192)
def sound(word: str) -> str:
    """The sound of a word, roughly: ways to write another script or language in Latin letters come out equal."""
    for pattern, alike in _SOUNDS:
        word = pattern.sub(alike, word)
    return word


def sounds(told: Sequence[str]) -> str:
    """The sound of several words, wherever the spaces are."""
    return "".join(map(sound, told))


def near(one: str, other: str) -> bool:
    """Whether two sounds differ only by the slip of a pen. Numbers never do."""
    if min(len(one), len(other)) < LONG_ENOUGH or _DIGITS.findall(one) != _DIGITS.findall(other):
        return False
    most = 1 if min(len(one), len(other)) < LONG else 2
    plural = one == f"{other}s" or other == f"{one}s"
    return not plural and abs(len(one) - len(other)) <= most and _slips(one, other, most) <= most


def _slips(one: str, other: str, most: int) -> int:
    """The letters to change, add or leave out between two texts; more than `most` are not counted to the end."""
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        before, row = row, [number]
        for place, own in enumerate(other):
            row.append(min(before[place] + (letter != own), before[place + 1] + 1, row[place] + 1))
        if min(row) > most:
            break
    return min(row) if min(row) > most else row[-1]


def places(wanted: Words, told: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where the wanted words stand among others: from and to. Spaces may be elsewhere: "Nightferry"."""
    target = sounds(wanted)
    for start in range(len(told)):
        heard = ""
        for end in range(start, len(told)):
            heard += sound(told[end])
            if heard == target:
                yield start, end + 1
            if not target.startswith(heard):
                break


def near_places(wanted: Words, told: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where something like the wanted words stands among others."""
    target = sounds(wanted)
    for length in {max(1, len(wanted) - 1), len(wanted), len(wanted) + 1}:
        for start in range(len(told) - length + 1):
            told_here = told[start : start + length]
            if _short_words(told_here) == _short_words(wanted) and near(sounds(told_here), target):
                yield start, start + length


def _short_words(told: Sequence[str]) -> list[str]:
    """The words that are too short for a slip of the pen: "Part A", "Movement V"."""
    return [word for word in told if len(word) < 3]
