"""Versions of a song: which sort of remix, edit or recording, and by whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec

from asyncscrape.parsers.beatport.matching.credits import initials_of
from asyncscrape.parsers.beatport.matching.spelling import Words, near, sound, sounds, words
from asyncscrape.parsers.beatport.matching.version_words import (
    ABROAD,
    LENGTHS,
    NEUTRAL,
    REWORKED,
    SORTS,
    STEMS,
    Length,
    Sort,
)
from asyncscrape.parsers.beatport.matching.vocabulary import (
    CLIPPED,
    CONNECTORS,
    DUST,
    FILE_VERSION,
    MINUTES,
    PROMOTION,
    SPEECH,
    TALK,
    YEAR,
)


class Version(msgspec.Struct, frozen=True):
    """A version of a song. One without anything is the song as it was first released."""

    sorts: frozenset[Sort] = frozenset()
    lengths: frozenset[Length] = frozenset()
    by: Words = ()
    """The people who made it, and other words that its name has."""
    year: str = ""
    """The year in its name, as of a remaster."""

    @property
    def length(self) -> frozenset[Length]:
        """Its length as said; "original" says as little as nothing does."""
        return self.lengths - {Length.PLAIN}

    def joined(self, other: Version) -> Version:
        """Both in one."""
        sorts = self.sorts | other.sorts
        # A dub, a VIP or a live version by somebody may also be called a remix.
        special = sorts - {Sort.REMIX} or sorts
        return Version(special, self.lengths | other.lengths, self.by + other.by, self.year or other.year)


_SURE = frozenset(SORTS) | REWORKED | ABROAD | {"edit", "reedit"}
"""One of these makes a version of the words around it."""
_NOBODY = frozenset(SORTS) | frozenset(LENGTHS) | NEUTRAL | CONNECTORS | CLIPPED | PROMOTION | SPEECH | TALK
"""Words that are no part of who made a version, or what it is called."""


def names_version(told: Sequence[str]) -> bool:
    """Whether words name a version: "Mika Orr Remix", "Extended"."""
    if not _SURE.isdisjoint(told):
        return True
    if LENGTHS.keys().isdisjoint(told) and not _is_remaster(told):
        return False
    said = [word for word in told if word not in CONNECTORS and not FILE_VERSION.fullmatch(word)]
    plain = all(word in LENGTHS or word in NEUTRAL or word in DUST or YEAR.fullmatch(word) for word in said)
    return plain and (any(word in LENGTHS for word in said) or _is_remaster(said))


def tells_version(word: str) -> bool:
    """Whether a word by itself tells a sort or a length."""
    return word in SORTS or word in LENGTHS or word in ("edit", "reedit")


def _is_remaster(told: Sequence[str]) -> bool:
    """Whether words name the same recording with a new finish."""
    return any(word.startswith(("master", "remaster")) for word in told)


@lru_cache(1024)
def version_of(told: Words) -> Version:
    """The version that words name."""
    if "for" in told[1:]:
        told = told[: told.index("for", 1)]
    sorts = {SORTS[word] for word in told if word in SORTS}
    if "dj" in told and "mix" in told:
        sorts.add(Sort.SET)
    lengths = {LENGTHS[word] for word in told if word in LENGTHS}
    remaster = _is_remaster(told)
    if not ABROAD.isdisjoint(told):
        sorts |= {sort for stem, sort in STEMS.items() for word in told if word.startswith(stem)}
        return Version(frozenset(sorts), frozenset(lengths))
    by = tuple(word for word in told if not _says_nothing(word) and not (remaster and YEAR.fullmatch(word)))
    if "edit" in told:
        by = tuple(word for word in by if not word.isdecimal() or YEAR.fullmatch(word))
    own_edit = "reedit" in told or "re" in told or (by and not lengths)
    if "edit" in told or "reedit" in told:
        if own_edit and not sorts:
            sorts.add(Sort.EDIT)
        elif not own_edit or Sort.REMIX in sorts:
            lengths.add(Length.SHORT)
    if (not DUST.issuperset(by) and not sorts and lengths) or (by and not sorts and not REWORKED.isdisjoint(told)):
        sorts.add(Sort.REMIX)
    year = next((word for word in told if YEAR.fullmatch(word)), "")
    return Version(frozenset(sorts), frozenset(lengths), by, year)


def _says_nothing(word: str) -> bool:
    """Whether a word is no part of who made a version, or what it is called."""
    return word in _NOBODY or MINUTES.fullmatch(word) is not None or FILE_VERSION.fullmatch(word) is not None


def all_of(pieces: Iterable[Sequence[str]]) -> Version:
    """The version that several pieces of a title name together."""
    whole = Version()
    for piece in pieces:
        whole = whole.joined(version_of(tuple(piece)))
    return whole


def people_agree(one: Words, other: Words, known: Iterable[str]) -> bool:
    """Whether two versions are by the same people. One may leave out a part of a name that the credits know."""
    if sounds(one) == sounds(other) or initials_of(one, other) or initials_of(other, one):
        return True
    left = {*_unheard(one, other), *_unheard(other, one)}
    names = [{sound(word) for word in words(name)} for name in known]
    partly = [name for name in names if any(sound(word) in name for word in (*one, *other) if word not in left)]
    return all(any(sound(word) in name for name in partly) for word in left)


def _unheard(told: Words, others: Words) -> Words:
    """The words of one side that the other does not have."""
    heard = set(map(sound, others))
    return tuple(word for word in told if not any(_same_word(sound(word), other) for other in heard))


def _same_word(one: str, other: str) -> bool:
    """Whether two words are the same, one perhaps as an initial."""
    return one == other or near(one, other) or (1 in (len(one), len(other)) and one[0] == other[0])


def people_include(few: Words, many: Words) -> bool:
    """Whether all of the words on one side are among the words on the other."""
    return not _unheard(few, many)
