"""Versions of a song: which sort of remix, edit or recording, and by whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from asyncscrape.parsers.beatport.matching.spelling import Words, near, sound, sounds, words
from asyncscrape.parsers.beatport.matching.vocabulary import (
    CLIPPED,
    CONNECTORS,
    DUST,
    LENGTHS,
    NEUTRAL,
    REWORKED,
    SORTS,
    Length,
    Sort,
)


class Version(msgspec.Struct, frozen=True):
    """A version of a song. One without anything is the song as it was first released."""

    sorts: frozenset[Sort] = frozenset()
    lengths: frozenset[Length] = frozenset()
    by: Words = ()
    """The people who made it, and other words that its name has."""

    @property
    def length(self) -> frozenset[Length]:
        """Its length as said; "original" says as little as nothing does."""
        return self.lengths - {Length.PLAIN}

    def joined(self, other: Version) -> Version:
        """Both in one."""
        return Version(self.sorts | other.sorts, self.lengths | other.lengths, self.by + other.by)


def names_version(told: Sequence[str]) -> bool:
    """Whether words name a version: "Mika Orr Remix", "Extended"."""
    if any(word in SORTS or word in REWORKED or word in ("edit", "reedit") for word in told):
        return True
    said = [word for word in told if word not in CONNECTORS]
    plain = all(word in LENGTHS or word in NEUTRAL or word in DUST for word in said)
    return plain and any(word in LENGTHS or word.startswith(("master", "remaster")) for word in said)


def version_of(told: Sequence[str]) -> Version:
    """The version that words name."""
    sorts = {SORTS[word] for word in told if word in SORTS}
    lengths = {LENGTHS[word] for word in told if word in LENGTHS}
    by = tuple(word for word in told if not _says_nothing(word))
    if "reedit" in told or ("edit" in told and (by or "re" in told) and not lengths):
        sorts |= set() if sorts else {Sort.EDIT}
    elif "edit" in told:
        lengths.add(Length.SHORT)
    if by and not sorts and not REWORKED.isdisjoint(told):
        sorts.add(Sort.REMIX)
    if by and not sorts and lengths:
        sorts.add(Sort.REMIX)
    return Version(frozenset(sorts), frozenset(lengths), by)


def _says_nothing(word: str) -> bool:
    """Whether a word is no part of who made a version, or what it is called."""
    return (
        word in SORTS or word in LENGTHS or word in NEUTRAL or word in CONNECTORS or word in CLIPPED or word in DUST
    )


def all_of(pieces: Iterable[Sequence[str]]) -> Version:
    """The version that several pieces of a title name together."""
    whole = Version()
    for piece in pieces:
        whole = whole.joined(version_of(piece))
    return whole


def people_agree(one: Words, other: Words, known: Iterable[str]) -> bool:
    """Whether two versions are by the same people. What one leaves out must be known from the credits."""
    if sounds(one) == sounds(other):
        return True
    credited = {sound(word) for name in known for word in words(name)}
    left = _unheard(one, other), _unheard(other, one)
    return bool(one) and bool(other) and all(sound(word) in credited for side in left for word in side)


def _unheard(told: Words, others: Words) -> Words:
    """The words of one side that the other does not have."""
    heard = set(map(sound, others))
    return tuple(
        word for word in told if sound(word) not in heard and not any(near(sound(word), other) for other in heard)
    )


def people_include(few: Words, many: Words) -> bool:
    """Whether all of the words on one side are among the words on the other."""
    return not _unheard(few, many)
