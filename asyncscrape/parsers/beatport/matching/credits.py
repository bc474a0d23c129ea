"""Names of people and labels: the several in one credit, and whether two are the same."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from asyncscrape.parsers.beatport.matching.likeness import bones
from asyncscrape.parsers.beatport.matching.spelling import Words, near, sound, sounds, words
from asyncscrape.parsers.beatport.matching.vocabulary import CONNECTORS, COUNTRIES, GENERIC, NAME_ARTICLES

_BETWEEN = re.compile(
    r"[,/;|()\[\]&+]|\s(?:and|x|×|vs\.?|versus|feat\.?|ft\.?|featuring|with|w/|b2b|pres\.?|presents|aka|a\.k\.a\.|alias"
    r"|by|as|meets|y|et|und)\s",
    re.IGNORECASE,
)


@lru_cache(4096)
def credited(text: str) -> tuple[Words, ...]:
    """The names in a credit: "Nora Vale & Kai M (DE)" names two, and is a third that may be one name."""
    each = [words(name) for name in _BETWEEN.split(text) if name.strip()]
    found = dict.fromkeys(core(name) for name in [*each, words(text), *_by_script(words(text))] if name)
    return tuple(name for name in found if name and not COUNTRIES.issuperset(name))


def _by_script(told: Words) -> tuple[Words, ...]:
    """The words that can be read and those that cannot: "林晓雨 Lin Xiaoyu" is one name twice."""
    read, unread = (tuple(word for word in told if word.isascii() is known) for known in (True, False))
    return (read, unread) if len(read) > 1 and unread else ()


@lru_cache(4096)
def core(name: Words) -> Words:
    """A name without articles, and without what accounts and catalogues add: "The", "DJ", "Official", "(UK)"."""
    first, last = 0, len(name)
    while first < last - 1 and name[first] in NAME_ARTICLES:
        first += 1
    while last > first + 1 and (name[last - 1] in GENERIC or name[last - 1] in COUNTRIES):
        last -= 1
    return name[first:last]


@lru_cache(16384)
def same_name(one: Words, other: Words) -> bool:
    """Whether two names are the same, however they are spelt and spaced."""
    first, second = _core_sound(one), _core_sound(other)
    return (
        first == second
        or near(first, second)
        or _official(first, second)
        or _official(second, first)
        or (len(one) > 1 and len(other) > 1 and _initialled(core(one), core(other)))
        or (not (first.isascii() and second.isascii()) and _same_bones(one, other))
    )


@lru_cache(4096)
def _core_sound(name: Words) -> str:
    return sounds(core(name))


def _same_bones(one: Words, other: Words) -> bool:
    """Whether two names have the same consonants, as one in a script without vowels, or without a table, has."""
    return len(bones(" ".join(one))) > 2 and bones(" ".join(one)) == bones(" ".join(other))


def _initialled(one: Words, other: Words) -> bool:
    """Whether two names differ only in names that are initials: "N. Vale", "Nora V."."""
    if len(one) < 2 or len(one) != len(other):
        return False
    pairs = list(zip(one, other, strict=True))
    if not any(a == b and len(a) > 2 for a, b in pairs):
        return False
    return all((1 in (len(a), len(b)) and a[0] == b[0]) or sound(a) == sound(b) for a, b in pairs)


def kin(one: Words, other: Words) -> bool:
    """Whether one name may be the other turned round, with a nickname, or in its initials."""
    first, second = core(one), core(other)
    if len(first) == len(second) > 1:
        turned = sounds(sorted(first)) == sounds(sorted(second))
        return turned or (sound(first[-1]) == sound(second[-1]) and first[0][0] == second[0][0])
    return initials_of(first, second) or initials_of(second, first)


def nickname_of(one: Words, other: Words) -> bool:
    """Whether two names have one surname, and first names that begin alike, one of them short: "Mike", "Michael"."""
    first, second = core(one), core(other)
    if len(first) != 2 or len(second) != 2 or sound(first[-1]) != sound(second[-1]):
        return False
    short, long = sorted((first[0], second[0]), key=len)
    return 2 < len(short) < 5 < len(long) and short[:2] == long[:2]


def initials_of(few: Words, many: Words) -> bool:
    """Whether one word is made of the first letters of several."""
    return len(few) == 1 < len(many) and few[0] == "".join(word[0] for word in many)


def surname_of(few: Words, many: Words) -> bool:
    """Whether one word is the last of a name."""
    return len(few) == 1 < len(many) <= 3 and len(few[0]) > 2 and sounds(few) == sounds(many[-1:])


def _official(account: str, name: str) -> bool:
    """Whether an account is called by a name and a word such as "official" without a space."""
    return len(name) > 3 and account.startswith(name) and account[len(name) :] in _GENERIC_SOUNDS


_GENERIC_SOUNDS = frozenset(sounds((word,)) for word in GENERIC)


def any_same(names: Iterable[Words], others: Iterable[Words]) -> bool:
    """Whether two credits share a name."""
    known = tuple(others)
    for one in names:
        for other in known:
            if same_name(one, other):
                return True
    return False


def without_connectors(told: Iterable[str]) -> Words:
    """Words without those that join names."""
    return tuple(word for word in told if word not in CONNECTORS)


def without_release_words(told: Iterable[str]) -> Words:
    """The name of a release without the word for what it is: "Undertow EP"."""
    return tuple(word for word in told if word not in ("ep", "lp", "album", "single"))
