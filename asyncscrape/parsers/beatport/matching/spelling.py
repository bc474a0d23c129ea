"""Words of titles and names in one spelling, and how alike two of them are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from operator import add

from asyncscrape.parsers.beatport.matching.number_words import digits, numbered
from asyncscrape.parsers.beatport.matching.scripts import latin

Words = tuple[str, ...]

LONG_ENOUGH = 5
"""Shorter words with another letter are other words."""
LONG = 8
"""From this length on, two letters may differ."""
VERY_LONG = 20
"""And from this on, three."""
MOST_KEPT = 64
"""Titles of more words are not kept in memory with their sounds."""

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
_STYLE = "in the style of"
"""The only one of these without a sign."""
_WORD = re.compile(r"[^\W_]+")
_VOICELESS = re.compile(
    r"\b(?:pista )?(?:no|without|minus|sin|sem|ohne|senza|sans|bez) (?:the )?"
    r"(?:vocals?|vox|voces|voz|voce|voci|voix|gesang|stimme|vokalu?|golosa|words)\b"
)
_SHARP = re.compile(r"\b([a-g])#")
_AGAIN = re.compile(
    r"\b(re|pre)[- ](work|mix|rub|fix|make|build|touch|wire|shape|master|interpretation|construct|vision)"
)
_CAMEL = re.compile(r"[A-Z](?<=[a-z]{2}.)(?=[a-z]{2})")
_THOUSANDS = re.compile(r"(?<=\d)[,.'’](?=\d{3}(?!\d))")
_LETTER_LIKE = str.maketrans("013457", "oieast")
_DIGIT_INSIDE = re.compile(
    r"[013457](?:(?<=[a-z].)(?=[a-z])|(?<=[a-z]{3}0)(?![a-z0-9])|(?<=0)(?<![a-z0-9]0)(?=[a-z]{3}))"
)
_DRAWN = {"/\\": "a", "\\/": "v", "!": "i"}
"""Signs that draw a letter of a word."""
_DRAWN_INSIDE = re.compile(r"(?<=[a-z])(?:/\\|\\/)|(?:/\\|\\/)(?=[a-z])|(?<=[a-z])!(?=[a-z])")
_RATE_APART = re.compile(r"\b(\d+)[- ](bit|kbps|khz)\b")
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
    "meets": "vs",
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

_PHRASES = {
    "リミックス": "remix", "ドライブ": "drive", "ライブ": "live", "ライヴ": "live", "カバー": "cover",
    "インスト": "instrumental",
    "ロング": "extended", "ショート": "short", "エクステンデッド": "extended", "バージョン": "version",
    "ミックス": "mix", "ラジオ": "radio", "加长": "extended", "加長": "extended", "混音": "remix", "现场": "live",
    "現場": "live", "翻唱": "cover", "伴奏": "instrumental", "纯音乐": "instrumental", "リマスター": "remaster",
    "리믹스": "remix", "라이브": "live", "커버": "cover", "연주곡": "instrumental", "확장": "extended",
    "מורחב": "extended", "רמיקס": "remix", "ريمكس": "remix", "ريمیکس": "remix", "مباشر": "live", "电台": "radio",
}  # fmt: skip
"""Words for versions in scripts that need no spaces, or cannot be read."""
_SOUNDS = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"(?<=[a-z])0+(?=\d)", ""),
        (r"(?<=[a-z]{2})ing$", "in"),
        (r"^19(?=[5-9]\d$)", ""),
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
    told = latin(_CAMEL.sub(r" \g<0>", _without_thousands(_phrased(text))))
    told = _letters_again(_signs_spelt(told))
    found = tuple(numbered([_one_spelling(word) for word in _WORD.findall(told)]))
    signs = "" if found else "".join(told.split())
    return found or ((signs,) if signs else ())


def is_plain(text: str) -> bool:
    """Whether a text is nothing but ASCII letters, digits and spaces: no rule for signs or scripts concerns it."""
    return text.isascii() and text.replace(" ", "").isalnum()


def _without_thousands(text: str) -> str:
    """A text whose large numbers have nothing between their digits."""
    return text if is_plain(text) else _THOUSANDS.sub("", text)


def _signs_spelt(told: str) -> str:
    """A text with words for its signs."""
    if is_plain(told):
        return told.replace(_STYLE, _SPELT[_STYLE])
    if "\\" in told or "!" in told:
        told = _DRAWN_INSIDE.sub(lambda sign: _DRAWN[sign[0]], told)
    for sign, spelt in _SPELT.items():
        told = told.replace(sign, spelt)
    return told


def _letters_again(told: str) -> str:
    """A text whose words are put together or taken apart. Each rule is tried where what it is about stands at all."""
    if "vo" in told or "gesang" in told or "stimme" in told or "golosa" in told or "words" in told:
        told = _VOICELESS.sub("instrumental", told)
    if _DIGITS.search(told):
        told = _DIGIT_INSIDE.sub(lambda digit: digit[0].translate(_LETTER_LIKE), told)
        told = _RATE_APART.sub(r"\1\2", told)
        told = _COUNTED_TOGETHER.sub(r"\1 \2", told)
    if "#" in told:
        told = _SHARP.sub(r"\1 sharp ", told)
    if "re-" in told or "re " in told:
        told = _AGAIN.sub(r"\1\2", told)
    if "." in told:
        told = _INITIALS.sub(lambda letters: letters[0].replace(".", ""), told)
    return told


def _phrased(text: str) -> str:
    """A text with spaces around words that scripts without spaces have for versions."""
    if not text.isascii():
        for phrase, meant in _PHRASES.items():
            text = text.replace(phrase, f" {meant} ")
    return text


@lru_cache(4096)
def _one_spelling(word: str) -> str:
    """A word whose numbers are digits and whose short form is written out."""
    return _SAME.get(word) or digits(word)


@lru_cache(8192)
def sound(word: str) -> str:
    """The sound of a word, roughly: ways to write another script or language in Latin letters come out equal."""
    for pattern, alike in _SOUNDS:
        word = pattern.sub(alike, word)
    return word


def sounds(told: Sequence[str]) -> str:
    """The sound of several words, wherever the spaces are."""
    return "".join(map(sound, told))


class Heard:
    """Words as they sound: each by itself, and all in one with the places where each begins."""

    __slots__ = ("begins", "each", "joined", "pairs")

    def __init__(self, told: Words) -> None:
        self.each = tuple(map(sound, told))
        self.joined = "".join(self.each)
        self.begins = tuple(accumulate(map(len, self.each), initial=0))
        """And where the last one ends."""
        self.pairs = frozenset(map(add, self.joined, self.joined[1:]))
        """Each two letters that follow one another."""

    def may_hold_nearly(self, other: Heard, most: int) -> bool:
        """Whether something here may differ from other words by so few slips: a slip changes three pairs at most."""
        return len(other.pairs - self.pairs) <= 3 * most


def heard(told: Words) -> Heard:
    """How words sound; the same title and names are listened to for each offer. Endless titles are not kept."""
    return _heard_before(told) if len(told) < MOST_KEPT else Heard(told)


_heard_before = lru_cache(2048)(Heard)


def most_slips(length: int) -> int:
    """How many letters may differ in a sound of this length."""
    return 0 if length < LONG_ENOUGH else 1 if length < LONG else 2 if length < VERY_LONG else 3


def near(one: str, other: str) -> bool:
    """Whether two sounds differ only by the slip of a pen. Numbers never do."""
    shortest = min(len(one), len(other))
    most = most_slips(shortest)
    if not most or abs(len(one) - len(other)) > most:
        return False
    # Each letter that only one of them has costs a slip, so nearly all pairs are settled here.
    if len(set(one).difference(other)) > most or len(set(other).difference(one)) > most:
        return False
    return _is_slip(one, other, most)


@lru_cache(4096)
def _is_slip(one: str, other: str, most: int) -> bool:
    """Whether two sounds of about the same letters differ by few slips, and not in a way that counts."""
    shorter, longer = sorted((one, other), key=len)
    longer_word = shorter != longer and (longer.startswith(shorter) or longer.endswith(shorter))
    if longer_word and (len(shorter) < LONG or longer == f"{shorter}s"):
        return False
    return _DIGITS.findall(one) == _DIGITS.findall(other) and _within(one, other, most)


def _same_letters(one: str, other: str) -> int:
    """How many letters two texts begin with alike."""
    for place, (mine, yours) in enumerate(zip(one, other, strict=False)):
        if mine != yours:
            return place
    return min(len(one), len(other))


def _within(one: str, other: str, most: int) -> bool:
    """Whether so few letters are changed, added, left out or swapped between two texts.

    What both begin with is skipped. Then one slip must be here, and the rest is the same question with one slip less:
    with three slips that is less work than a table of all letters.
    """
    size = _same_letters(one, other)
    one, other = one[size:], other[size:]
    if not one or not other or not most:
        return len(one) + len(other) <= most
    return (
        _within(one[1:], other[1:], most - 1)
        or _within(one[1:], other, most - 1)
        or _within(one, other[1:], most - 1)
        or (one[:2] == other[1::-1] and _within(one[2:], other[2:], most - 1))
    )
