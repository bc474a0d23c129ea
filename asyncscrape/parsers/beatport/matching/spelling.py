"""Words of titles and names in one spelling, and how alike two of them are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from asyncscrape.parsers.beatport.matching.scripts import latin

Words = tuple[str, ...]

LONG_ENOUGH = 5
"""Shorter words with another letter are other words."""
LONG = 8
"""From this length on, two letters may differ."""

_SPELT = {
    "&": " and ",
    "+": " and ",
    "@": " at ",
    "$": "s",
    "n°": "no ",
    "º": " ",
    "°": " degrees ",
    "1⁄2": " half ",
    "1/2": " half ",
    ":00": " ",
    " f/": " feat ",
    "(f/": "(feat ",
    "in the style of": "cover by",
    "<3": " love ",
    "%": " percent ",
    "∞": " infinity ",
    "€": "e",
}
_WORD = re.compile(r"[^\W_]+")
_VOICELESS = re.compile(
    r"\b(?:pista )?(?:no|without|minus|sin|sem|ohne|senza|sans|bez) (?:the )?"
    r"(?:vocals?|vox|voces|voz|voce|voci|voix|gesang|stimme|vokalu?|golosa)\b"
)
_CAMEL = re.compile(r"(?<=[a-z]{2})(?=[A-Z][a-z]{2})")
_THOUSANDS = re.compile(r"(?<=\d)[,.'’](?=\d{3}(?!\d))")
_ROMAN = re.compile(r"(?=.{4})m{0,3}(cm|cd|d?c{0,3})(xc|xl|l?x{0,3})(ix|iv|v?i{0,3})")
_ROMAN_DIGITS = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
_LETTER_LIKE = str.maketrans("013457", "oieast")
_DIGIT_INSIDE = re.compile(r"(?<=[a-z])[013457](?=[a-z])")
_COUNTED_TOGETHER = re.compile(r"\b(part|pt|volume|vol|chapter|no)(\d+)\b")
_INITIALS = re.compile(r"\b(?:[a-z]\.){2,}")
"""Letters with full stops are one word: "A.M."."""
_SAME = {
    "pt": "part",
    "vol": "volume",
    "ft": "feat",
    "featuring": "feat",
    "versus": "vs",
    "remiks": "remix",
    "miks": "mix",
    "rec": "records",
    "recs": "records",
    "trackpremiere": "premiere",
    "vox": "feat",
    "bros": "brothers",
    "nite": "night",
    "luv": "love",
    "thru": "through",
    "u": "you",
    "ur": "your",
    "n": "and",
    "und": "and",
    "et": "and",
    "plus": "and",
    "gray": "grey",
    "til": "until",
    "till": "until",
}
_NUMBERS = (
    ("zero", 0), ("one", 1), ("two", 2), ("three", 3), ("four", 4), ("five", 5), ("six", 6), ("seven", 7),
    ("eight", 8), ("nine", 9), ("ten", 10), ("eleven", 11), ("twelve", 12), ("thirteen", 13), ("fourteen", 14),
    ("fifteen", 15), ("sixteen", 16), ("seventeen", 17), ("eighteen", 18), ("nineteen", 19), ("twenty", 20),
    ("thirty", 30), ("forty", 40), ("fifty", 50), ("sixty", 60), ("seventy", 70), ("eighty", 80), ("ninety", 90),
    ("hundred", 100), ("thousand", 1000), ("deux", 2), ("trois", 3), ("zwei", 2), ("drei", 3),
    ("dos", 2), ("tres", 3), ("ii", 2), ("iii", 3), ("iv", 4), ("vi", 6), ("vii", 7), ("viii", 8),
    ("ix", 9), ("xi", 11), ("xii", 12), ("xiii", 13), ("xiv", 14), ("xv", 15), ("xvi", 16), ("xvii", 17),
    ("xviii", 18), ("xix", 19), ("xx", 20),
)  # fmt: skip
_SAME |= {name: str(number) for name, number in _NUMBERS}
_SAME |= {"1st": "first", "2nd": "second", "3rd": "third", "4th": "fourth", "5th": "fifth"}

PIECES = frozenset({"part", "volume", "chapter", "act"})
"""Words before the number of a piece."""
_TENS = frozenset(map(str, range(20, 100, 10)))
_NUMBER_SIGNS = frozenset({"no", "nr", "number"})
_COUNTED = {"i": "1", "v": "5", "x": "10"}

_PHRASES = {
    "リミックス": "remix", "ライブ": "live", "ライヴ": "live", "カバー": "cover", "インスト": "instrumental",
    "ロング": "extended", "ショート": "short", "エクステンデッド": "extended", "バージョン": "version",
    "ミックス": "mix", "ラジオ": "radio", "加长": "extended", "加長": "extended", "混音": "remix", "现场": "live",
    "現場": "live", "翻唱": "cover", "伴奏": "instrumental", "纯音乐": "instrumental", "リマスター": "remaster",
    "리믹스": "remix", "라이브": "live", "커버": "cover", "연주곡": "instrumental", "확장": "extended",
    "מורחב": "extended", "רמיקס": "remix", "ريمكس": "remix", "ريمیکس": "remix", "مباشر": "live", "电台": "radio",
}  # fmt: skip
"""Words for versions in scripts that need no spaces, or cannot be read."""
_LIGHT = frozenset(
    {"the", "a", "an", "and", "vs", "x", "at", "in", "of", "podcast", "episode", "show", "volume", "radio"}
)
"""Words that a title may have or not."""

_SOUNDS = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("shch|sch|sh", "s"),
        ("kh", "h"),
        ("v(?=[tkps])", "f"),
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
    told = latin(_CAMEL.sub(" ", _THOUSANDS.sub("", _phrased(text))))
    for sign, spelt in _SPELT.items():
        told = told.replace(sign, spelt)
    told = _VOICELESS.sub("instrumental", told)
    told = _DIGIT_INSIDE.sub(lambda digit: digit[0].translate(_LETTER_LIKE), told)
    told = _COUNTED_TOGETHER.sub(r"\1 \2", told)
    told = _INITIALS.sub(lambda letters: letters[0].replace(".", ""), told)
    found = tuple(_numbered([_one_spelling(word) for word in _WORD.findall(told)]))
    signs = "".join(told.split())
    return found or ((signs,) if signs else ())


def _phrased(text: str) -> str:
    """A text with spaces around words that scripts without spaces have for versions."""
    if not text.isascii():
        for phrase, meant in _PHRASES.items():
            text = text.replace(phrase, f" {meant} ")
    return text


def _numbered(told: Sequence[str]) -> Iterator[str]:
    """Words in which "I", "V" and "X" are numbers where a part is counted, and "twenty two" is 22."""
    left = list(told)
    for place, word in enumerate(told):
        before, after = told[place - 1] if place else "", told[place + 1] if place + 1 < len(told) else ""
        if after in ("100", "1000") and word.isdecimal() and len(word) < 3:
            left[place], left[place + 1] = "", str(int(word) * int(after))
        elif word in _TENS and len(after) == 1 and after in "123456789":
            left[place], left[place + 1] = "", word[0] + after
        elif word in _NUMBER_SIGNS and after.isdecimal():
            left[place] = ""
        elif before in PIECES or (before and not after and word in ("i", "v")):
            left[place] = _COUNTED.get(word, word)
    return (word for word in left if word)


def _one_spelling(word: str) -> str:
    """A word whose numbers are digits and whose short form is written out."""
    if _ROMAN.fullmatch(word):
        return str(_roman(word))
    return word.lstrip("0") or "0" if word.isdecimal() else _SAME.get(word, word)


def _roman(word: str) -> int:
    """The value of a roman number: a digit before a greater one is taken off."""
    digits = [_ROMAN_DIGITS[letter] for letter in word]
    return sum(-one if one < after else one for one, after in zip(digits, [*digits[1:], 0], strict=True))


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
    shorter, longer = sorted((one, other), key=len)
    longer_word = shorter != longer and (longer.startswith(shorter) or longer.endswith(shorter))
    if longer_word and (len(shorter) < LONG or longer == f"{shorter}s"):
        return False
    return abs(len(one) - len(other)) <= most and _slips(one, other, most) <= most


def _slips(one: str, other: str, most: int) -> int:
    """The letters to change, add, leave out or swap between two texts; those over `most` are not all counted."""
    before = row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        earlier, before, row = before, row, [number]
        for place, own in enumerate(other):
            row.append(min(before[place] + (letter != own), before[place + 1] + 1, row[place] + 1))
            if number > 1 and place and letter == other[place - 1] and own == one[number - 2]:
                row[-1] = min(row[-1], earlier[place - 1] + 1)
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


def shuffled_places(wanted: Words, told: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where the wanted words stand in another order, or without those that join them."""
    target = _weighty(wanted)
    if len(target) < 2:
        return
    for start, word in enumerate(told):
        if sound(word) not in target:
            continue
        for end in range(start + len(target), min(len(told), start + len(wanted) + 2) + 1):
            if sound(told[end - 1]) in target and _weighty(told[start:end]) == target:
                yield start, end


def same_but_light(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether words differ only in those that a title may have or not."""
    return sounds([word for word in one if word not in _LIGHT]) == sounds(
        [word for word in other if word not in _LIGHT]
    )


def _weighty(told: Sequence[str]) -> list[str]:
    """The sounds of words that bear the sense, in alphabetical order."""
    return sorted(sound(word) for word in told if word not in _LIGHT)


def _short_words(told: Sequence[str]) -> list[str]:
    """The words that are too short for a slip of the pen: "Part A", "Movement V"."""
    return [word for word in told if len(word) < 3]
