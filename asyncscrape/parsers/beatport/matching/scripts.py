"""Other scripts in Latin letters, so that a name is the same name however it is written."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_LATIN = {"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"}
_LATIN |= {"ŧ": "t", "ə": "e", "ŋ": "ng"}


def _table(letters: str, spelt: str) -> dict[str, str]:
    """Letters with their spelling in Latin, "-" for none."""
    return {letter: "" if latin == "-" else latin for letter, latin in zip(letters, spelt.split(), strict=True)}


_CYRILLIC = _table(
    "абвгдежзийклмнопрстуфхцчшщъыьэюя", "a b v g d e zh z i y k l m n o p r s t u f kh ts ch sh shch - y - e yu ya"
)
_CYRILLIC |= {"ё": "e", "є": "ye", "і": "i", "ї": "yi", "ґ": "g", "ў": "u", "ђ": "dj", "ј": "j", "љ": "lj", "њ": "nj"}
_CYRILLIC |= {"ћ": "c", "џ": "dz", "ѓ": "gj", "ќ": "kj", "ѕ": "dz", "қ": "k", "ғ": "g", "ң": "n", "ү": "u", "ө": "o"}
_CYRILLIC |= {"ә": "a", "ұ": "u", "һ": "h"}
_GREEK = _table("αβγδεζηθικλμνξοπρσςτυφχψω", "a v g d e z i th i k l m n x o p r s s t y f kh ps o")
_GREEK_PAIRS = {"ου": "ou", "μπ": "b", "ντ": "nt", "γγ": "ng", "γκ": "gk", "αυ": "av", "ευ": "ev"}
_GEORGIAN = _table(
    "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ", "a b g d e v z t i k l m n o p zh r s t u p k gh q sh ch ts dz ts ch kh j h"
)
_LETTERS = _LATIN | _CYRILLIC | _GREEK | _GEORGIAN
_KANA = {"si": "shi", "ti": "chi", "tu": "tsu", "hu": "fu", "zi": "ji", "di": "ji", "du": "zu", "wo": "o"}


_LOOKS = str.maketrans("λξσδиняжшоаерсхувкмтεαοικνρτυγ", "aeeanhrxwoaepcxybkmteaoiknptyy")
_LONE_GREEK = re.compile(r"(?<!\w)[α-ω](?!\w)")
_MIXED = re.compile(r"[a-z\u0370-\u03ff\u0400-\u04ff]+")
_LATIN_LETTER = re.compile("[a-z]")
_GREEK_OR_CYRILLIC = re.compile("[\u0370-\u04ff]")
_KANA_LETTER = re.compile("[\u3040-\u30ff]")


def _as_it_looks(word: re.Match[str]) -> str:
    """A word of letters of two scripts as it looks: "FΛTHOM"."""
    return word[0].translate(_LOOKS) if _LATIN_LETTER.search(word[0]) else word[0]


def _called(letter: re.Match[str]) -> str:
    """A Greek letter that stands alone, by its name: "GREEK SMALL LETTER ALPHA"."""
    return unicodedata.name(letter[0]).rpartition("LETTER ")[2].split()[-1].lower()


@lru_cache(4096)
def latin(text: str) -> str:
    """The text in lower-case Latin letters without marks, where these scripts allow; signs stay as they are."""
    lower = unicodedata.normalize("NFKC", text).lower()
    if lower.isascii():
        return lower
    if _GREEK_OR_CYRILLIC.search(lower):
        lower = _MIXED.sub(_as_it_looks, _LONE_GREEK.sub(_called, lower))
    bare = "".join(map(_without_marks, lower))
    for pair, sound in _GREEK_PAIRS.items():
        bare = bare.replace(pair, sound)
    if not _KANA_LETTER.search(bare):
        return "".join(map(_letter, bare))
    told = ""
    for letter in bare:
        told = _kana(told, letter) if _is_kana(letter) else told + _letter(letter)
    return told


def in_latin(text: str) -> bool:
    """Whether a text is written in Latin letters, with or without marks."""
    return text.isascii() or all(letter < "\u0250" or (letter > "\u1e00" and letter < "\u2e00") for letter in text)


@lru_cache(4096)
def _without_marks(letter: str) -> str:
    """A letter without accents. One that the tables know by itself stays, and so does a Korean syllable."""
    if letter in _LETTERS or _is_korean(letter) or _is_kana(letter):
        return letter
    return "".join(part for part in unicodedata.normalize("NFD", letter) if not unicodedata.combining(part))


def _is_korean(letter: str) -> bool:
    return "\uac00" <= letter <= "\ud7a3"


def _is_kana(letter: str) -> bool:
    return "\u3040" <= letter <= "\u30ff"


@lru_cache(4096)
def _letter(letter: str) -> str:
    """One letter in Latin; a Korean syllable by its name, which is its sound."""
    if _is_korean(letter):
        return unicodedata.name(letter).rpartition(" ")[2].lower().replace("yi", "ui")
    return _LETTERS.get(letter, letter)


def _kana(before: str, letter: str) -> str:
    """Text with a Japanese syllable after it, by its name: "KATAKANA LETTER SA", "HIRAGANA LETTER SMALL YA"."""
    name = unicodedata.name(letter, "")
    if "LETTER" not in name:
        return before if "PROLONGED" in name else before + letter
    sound = name.rpartition(" ")[2].lower()
    if "SMALL" not in name:
        return before + _KANA.get(sound, sound)
    if sound == "tu":
        return before
    if sound in "aiueo":
        return _with_small_vowel(before, sound)
    stem = before[:-1] if before.endswith("i") else before
    return stem + (sound[1:] if sound[0] == "y" and stem.endswith(("sh", "ch", "j")) else sound)


def _with_small_vowel(before: str, vowel: str) -> str:
    """Text whose last syllable has another vowel: "FU" and a small "I" are "fi", "U" and a small "E" are "we"."""
    consonant, own = before[-2:-1], before[-1:]
    if own not in ("a", "i", "u", "e", "o") or own == vowel:
        return before + vowel
    return before[:-1] + (vowel if consonant.isalpha() and consonant not in "aiueo" else f"w{vowel}")


def spells_sounds(text: str) -> bool:
    """Whether a text is written in syllables, which spell foreign words as they sound: "ネオン", "네온"."""
    return (
        not text.isascii()
        and any(map(_is_syllable, text))
        and not any("\u4e00" <= letter <= "\u9fff" for letter in text)
    )


def _is_syllable(letter: str) -> bool:
    return _is_kana(letter) or _is_korean(letter)
