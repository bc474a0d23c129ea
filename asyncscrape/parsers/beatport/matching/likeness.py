"""Likeness: titles that are the same with slips, dropped vowels, or in another language."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from asyncscrape.parsers.beatport.matching.number_words import PIECES
from asyncscrape.parsers.beatport.matching.spelling import Words, near, sound, sounds

MOST_OF_IT = 0.6
"""The share of a title's letters that cannot be left out."""
_VOWELS = re.compile(r"[aeiouyjwvh]")
_SEMITIC = dict(
    zip(
        "ابتثجحخدذرزسشصضطظعغفقكلمنهةويىءآأإؤئپچژگکیאבגדהוזחטיכךלמםנןסעפףצץקרשת",
        "-bttjhkddrzsssdtz-gfkklmnh----------pczgk--bgdh-zkt-kklmmnns-ppttkrst",
        strict=True,
    )
)
"""Letters of scripts without vowels, by their consonants."""
_LANGUAGES = {
    language: frozenset(told.split())
    for language, told in {
        "en": "the of and my your in on is you with from into at",
        "de": "der die das und nach im ist ich du mein dein wir nicht auf am zum zur von dem den ein eine fur",
        "fr": "le les et du des une dans mon ma est je tu avec sur sous nous de la l un",
        "es": "el los las y del en mi tu con sin una por para de la un",
        "it": "il lo gli e di del della nel che non con per sono mio mia la un una",
        "pt": "o os as e do da no na em meu minha com sem um uma de",
        "nl": "het een en van mijn niet ik jij naar op de in",
        "pl": "i w na z nie do moj moja jest po nad pod",
        "sv": "och den det ett jag du min inte pa som av till en",
        "cz": "a v na je s ve ze po nad pod muj moje",
        "tr": "ve bir bu ben sen icin gibi",
    }.items()
}
_LANGUAGES_OF = {
    word: tuple(language for language, known in _LANGUAGES.items() if word in known)
    for word in frozenset().union(*_LANGUAGES.values())
}


_HOMOPHONES = frozenset(map(frozenset, (("2", "to"), ("2", "too"), ("4", "for"), ("8", "ate"), ("r", "are"))))


def like_places(wanted: Words, told: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where the wanted words stand, each perhaps with a slip of its own."""
    size = len(wanted)
    if not size:
        return
    first = wanted[0]
    for start in range(len(told) - size + 1):
        if _alike(first, told[start]) and all(map(_alike, wanted, told[start : start + size])):
            yield start, start + size
    yield from _boned_places(wanted, told)
    if size > 2 and (initials := "".join(word[0] for word in wanted)) in told:
        place = list(told).index(initials)
        yield place, place + 1


def shortened_titles(title: Words) -> Iterator[Words]:
    """A title without some of its words at one end, if most of it is left and nothing that counts pieces is lost."""
    for size in range(len(title) - 1, 1, -1):
        for few, lost in ((title[:size], title[size:]), (title[-size:], title[:-size])):
            counts = any(word in PIECES or any(map(str.isdigit, word)) or len(word) < 2 for word in lost)
            if not counts and sum(map(len, few)) >= MOST_OF_IT * sum(map(len, title)):
                yield few


@lru_cache(16384)
def _alike(one: str, other: str) -> bool:
    first, second = sound(one), sound(other)
    if first == second or near(first, second) or frozenset((one, other)) in _HOMOPHONES:
        return True
    return (bare(one) or bare(other)) and bones(one) == bones(other)


@lru_cache(4096)
def bare(word: str) -> bool:
    """Whether a word has lost its vowels, or is of a script without them."""
    return (len(word) > 2 or not word.isascii()) and not set("aeiouy0123456789") & set(word)


def _boned_places(wanted: Words, told: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where words without vowels stand for the wanted ones."""
    if not any(map(bare, told)) or len(target := bones(" ".join(wanted))) < 3:
        return
    for start, first in enumerate(told):
        if not bare(first):
            continue
        for end in range(start + 1, min(len(told), start + len(wanted) + 1) + 1):
            boned = bones(" ".join(told[start:end]))
            if boned == target:
                yield start, end
            if not target.startswith(boned):  # The bones of more words begin with these.
                break


@lru_cache(4096)
def bones(text: str) -> str:
    """The consonants of words, as they sound."""
    spelt = "".join(map(_consonant, text)).replace("-", "")
    return re.sub(r"(.)\1+", r"\1", _VOWELS.sub("", "".join(map(sound, spelt.split()))))


_LOANED = str.maketrans("rvfpzjdg", "lbppsstk")

_SILENT = re.compile(r"gh|(?<=[aeiou])r(?=e?(?![a-z])|[b-df-hj-np-tv-xz])")
"""Letters of English that syllables do not spell."""


@lru_cache(4096)
def loaned(text: str) -> str:
    """The consonants that are left when syllables spell a foreign word: no difference of l and r, of b and v."""
    spoken = _SILENT.sub("", text).replace("th", "s")
    return re.sub(r"(.)\1+", r"\1", bones(spoken).replace("ts", "s").translate(_LOANED))


@lru_cache(1024)
def _consonant(letter: str) -> str:
    """A letter of a script that has no table, by its name: "DEVANAGARI LETTER KA", "THAI CHARACTER KO KAI"."""
    if letter.isascii() or letter in _SEMITIC:
        return _SEMITIC.get(letter, letter)
    name = unicodedata.name(letter, "")
    called = re.search(r" (?:LETTER|CHARACTER|SYLLABLE) ([A-Z]+)", name)
    return called[1].lower() if called else "" if " SIGN " in name else letter


def other_language(one: Words, other: Words) -> bool:
    """Whether two titles are in different languages, so that one may be a translation of the other."""
    ours, theirs = _languages(one), _languages(other)
    if not (ours and theirs and ours.isdisjoint(theirs)):
        return False
    return re.findall(r"\d+", " ".join(one)) == re.findall(r"\d+", " ".join(other))


@lru_cache(1024)
def _languages(told: Words) -> frozenset[str]:
    """The languages that most of the short words of a title belong to."""
    hits = Counter(language for word in told for language in _LANGUAGES_OF.get(word, ()))
    most = max(hits.values(), default=0)
    return frozenset(language for language, count in hits.items() if count == most)


def joined_name(account: Words, name: Words) -> bool:
    """Whether an account's one word holds a whole name: "iamnoravale"."""
    heard = sounds(name)
    return len(account) == 1 and len(heard) > 5 and heard in sounds(account)
