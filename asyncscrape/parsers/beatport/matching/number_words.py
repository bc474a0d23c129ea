"""Numbers in titles: digits, words and roman numbers are one."""

from __future__ import annotations

import re
from collections.abc import Iterator

PIECES = frozenset({"part", "volume", "chapter", "act"})
"""Words before the number of a piece."""
_ROMAN = re.compile(r"(?=.{4})m{0,3}(cm|cd|d?c{0,3})(xc|xl|l?x{0,3})(ix|iv|v?i{0,3})")
_ROMAN_DIGITS = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
_NUMBERS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine":
    9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100, "thousand": 1000, "deux": 2,
    "trois": 3, "zwei": 2, "drei": 3, "dos": 2, "tres": 3, "ii": 2, "iii": 3, "iv": 4, "vi": 6, "vii": 7,
    "viii": 8, "ix": 9, "xi": 11, "xii": 12, "xiii": 13, "xiv": 14, "xv": 15, "xvi": 16, "xvii": 17, "xviii":
    18, "xix": 19, "xx": 20,
}  # fmt: skip
_ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth",
    "eighteenth", "nineteenth", "twentieth",
)  # fmt: skip
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}
_NTH = {word: f"{place}{_ENDINGS.get(place, 'th')}" for place, word in enumerate(_ORDINALS, 1)}
_TENS = frozenset(map(str, range(20, 100, 10)))
_UNIT = re.compile(r"[1-9](st|nd|rd|th)?")
_NUMBER_SIGNS = frozenset({"no", "nr", "number", "ep"})
_COUNTED = {"i": "1", "v": "5", "x": "10"}


def digits(word: str) -> str:
    """A number in digits, without zeros before it; another word as it is."""
    if word in _NTH:
        return _NTH[word]
    if word in _NUMBERS:
        return str(_NUMBERS[word])
    if _ROMAN.fullmatch(word):
        return str(_roman(word))
    return word.lstrip("0") or "0" if word.isdecimal() else word


def _roman(word: str) -> int:
    """The value of a roman number: a digit before a greater one is taken off."""
    values = [_ROMAN_DIGITS[letter] for letter in word]
    return sum(-one if one < after else one for one, after in zip(values, [*values[1:], 0], strict=True))


def _added(told: list[str]) -> list[str]:
    """Words in which "1000 and 1", as "one thousand and one" is spelt, are one number."""
    for place in range(len(told) - 2):
        whole, join, rest = told[place : place + 3]
        if join == "and" and whole.isdecimal() and whole.endswith("00") and _fills(rest, whole):
            return [*told[:place], str(int(whole) + int(rest)), *told[place + 3 :]]
    return told


def _fills(rest: str, whole: str) -> bool:
    """Whether a number is small enough to stand in the zeros of another."""
    return rest.isdecimal() and len(rest) <= len(whole) - len(whole.rstrip("0"))


def numbered(told: list[str]) -> Iterator[str]:
    """Words in which "I", "V" and "X" are numbers where a part is counted, and "twenty two" is 22."""
    if not (any(map(str.isdecimal, told)) or not PIECES.isdisjoint(told) or told[-1:] in (["i"], ["v"])):
        return iter(told)
    left = list(told)
    for place, word in enumerate(told):
        before, after = told[place - 1] if place else "", told[place + 1] if place + 1 < len(told) else ""
        if after in ("100", "1000") and word.isdecimal() and len(word) < 3:
            left[place], left[place + 1] = "", str(int(word) * int(after))
        elif word == "oh" and before.isdecimal() and after.isdecimal():
            left[place] = "0"
        elif word in _TENS and _UNIT.fullmatch(after):
            left[place], left[place + 1] = "", word[0] + after
        elif word in _NUMBER_SIGNS and after.isdecimal():
            left[place] = ""
        elif before in PIECES or (before and not after and word in ("i", "v")):
            left[place] = _COUNTED.get(word, word)
    return iter(_added([word for word in left if word]))
