"""Evidence: whether it is the same version."""

from __future__ import annotations

from collections.abc import Iterator, Set

import msgspec

from asyncscrape.parsers.beatport.matching.account_evidence import accounts_of, is_artists_account
from asyncscrape.parsers.beatport.matching.clues import UNREAD_SECONDS, Clue, Duration
from asyncscrape.parsers.beatport.matching.credits import any_same
from asyncscrape.parsers.beatport.matching.offered_track import OfferedTrack
from asyncscrape.parsers.beatport.matching.read_title import Reading
from asyncscrape.parsers.beatport.matching.spelling import Words
from asyncscrape.parsers.beatport.matching.version_words import SORTS, Sort
from asyncscrape.parsers.beatport.matching.versions import Version, people_agree, people_include
from asyncscrape.parsers.beatport.matching.vocabulary import YEAR
from asyncscrape.parsers.beatport.wanted import LookedFor

SET_MS = 900_000
"""Longer music is a set."""
_SORTS_OF_SETS = {Sort.SET, Sort.LIVE, Sort.REMIX}
_SOLD_AS_ITSELF = {Sort.COVER, Sort.MASHUP, Sort.BOOTLEG}


def settled(offered: OfferedTrack, reading: Reading) -> Reading:
    """A reading in which unknown words in brackets are the name of the version, if the offer's has the same."""
    theirs = offered.version.by
    told = tuple(word for word in reading.asides if not YEAR.fullmatch(word))
    if (
        reading.version.by
        or not told
        or not theirs
        or not (people_include(told, theirs) or (Sort.LIVE in reading.version.sorts and people_include(theirs, told)))
    ):
        return reading
    sorts = reading.version.sorts or offered.version.sorts & {Sort.REMIX, Sort.LIVE}
    version = msgspec.structs.replace(reading.version, by=told, sorts=sorts)
    return msgspec.structs.replace(reading, version=version, asides=())


def version(track: LookedFor, offered: OfferedTrack, reading: Reading, apart: Duration) -> Iterator[Clue]:
    """Whether it is the same version."""
    ours, theirs = reading.version, offered.version
    other = (ours.sorts ^ theirs.sorts) - _told_by_title(offered)
    if _long_set(offered, apart) and other <= _SORTS_OF_SETS and ours.sorts & theirs.sorts <= _SORTS_OF_SETS:
        yield Clue(0.95, "a set of the same length")
        return
    if other:
        told = ", ".join(sorted(other))
        excused = _excused(track, offered, reading, other, apart)
        yield (
            Clue(0.6, f"only one side tells it: {told}", doubt=True)
            if excused
            else Clue(0.2, f"other version: {told}")
        )
    elif ours.by or theirs.by:
        yield _people(track, offered, reading)
    elif ours.sorts:
        yield Clue(1.0, "same version")
    yield from _length(ours, theirs, apart)


def _told_by_title(offered: OfferedTrack) -> set[Sort]:
    """What words of the offer's title itself would tell: "Live Wire", "Tidewater Podcast 41"."""
    return {SORTS[word] for title in offered.titles for word in title if word in SORTS} & {Sort.SET}


def _excused(track: LookedFor, offered: OfferedTrack, reading: Reading, other: Set[Sort], apart: Duration) -> bool:
    """Whether a sort of version that only one side tells may be silence on the other."""
    ours, theirs = reading.version, offered.version
    if other <= _SOLD_AS_ITSELF and _own_sale(track, offered, ours):
        return True
    if other == {Sort.REMIX}:
        own = bool(ours.lengths) and _own_work(offered, ours.by, theirs.by)
        return own or _understood(track, offered, reading)
    at_one = apart.apart is not None and apart.apart <= UNREAD_SECONDS
    by_artist = is_artists_account(track, offered)
    return at_one and (other == {Sort.INTRO} or (other == {Sort.SET} and by_artist))


def _long_set(offered: OfferedTrack, apart: Duration) -> bool:
    """Whether both are as long as only sets are, to the second or two."""
    return apart.agreement == "same" and (offered.offer.length_ms or 0) >= SET_MS


def _own_sale(track: LookedFor, offered: OfferedTrack, ours: Version) -> bool:
    """Whether a cover or a mashup is sold as the artist's own: made of others' songs, and on the artist's account."""
    covered = {word for name in offered.artists for word in name} & set(ours.by)
    others = ours.by if Sort.COVER not in ours.sorts else ()
    return not covered and not others and is_artists_account(track, offered)


def _understood(track: LookedFor, offered: OfferedTrack, reading: Reading) -> bool:
    """Whether an upload without a mix may be the offer's: one of no other person, or of one whom it names."""
    ours = reading.version
    if ours.sorts or ours.lengths or ours.by or reading.asides or Sort.REMIX not in offered.version.sorts:
        return False
    return not offered.remixers or any_same([*reading.others, *accounts_of(track)], offered.makers)


def _length(ours: Version, theirs: Version, apart: Duration) -> Iterator[Clue]:
    """Whether it is the same length of the version."""
    if ours.length != theirs.length:
        both_say = bool(ours.lengths and theirs.lengths)
        if apart.agreement == "same" or (apart.agreement == "close" and not both_say):
            yield Clue(0.95, "same length under another name")
        else:
            yield Clue(0.6 if apart.agreement == "unknown" else 0.3, "other length of it")


def _people(track: LookedFor, offered: OfferedTrack, reading: Reading) -> Clue:
    """Whether two versions are by the same people."""
    ours, theirs = reading.version, offered.version
    elsewhere = not ours.sorts.isdisjoint((Sort.LIVE, Sort.COVER))
    told = "the version's name" if elsewhere else "remixer"
    known = (*offered.offer.remixers, *offered.offer.artists)
    if people_agree(ours.by, theirs.by, known):
        return Clue(1.0, f"{told} agrees")
    if _own_work(offered, ours.by, theirs.by):
        return Clue(1.0, "the artist's own version")
    if not ours.by and any_same([*reading.others, *accounts_of(track)], offered.makers):
        return Clue(1.0, f"{told} agrees")
    if not elsewhere and ours.by and theirs.by and _numbers(ours.by) != _numbers(theirs.by):
        return Clue(0.2, "another of the remixer's versions")
    longer = people_include(ours.by, theirs.by) or people_include(theirs.by, ours.by)
    if not (ours.by and theirs.by):
        return Clue(0.55, "only one side tells who made it", doubt=True)
    if longer and (elsewhere or (ours.by and theirs.by)):
        return Clue(0.6, "the version's name is longer on one side", doubt=True)
    return Clue(0.2, f"other {told}" if not elsewhere else f"{told} is another")


def _numbers(told: Words) -> list[str]:
    """The numbers in the name of a version, but for years: "Mika Orr Remix 2"."""
    return sorted(word for word in told if word.isdecimal() and not YEAR.fullmatch(word))


def _own_work(offered: OfferedTrack, ours: Words, theirs: Words) -> bool:
    """Whether only one side says that the artist made the version: "VIP", "Fathom VIP"."""
    told = ours or theirs
    artists = {word for name in offered.artists for word in name}
    return not (ours and theirs) and artists.issuperset(told)
