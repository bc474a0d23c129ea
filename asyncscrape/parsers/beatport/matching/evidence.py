"""Evidence: what title, artists, version, duration and ISRC each say about an offer."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from asyncscrape.parsers.beatport.matching.credits import any_same, credited, kin
from asyncscrape.parsers.beatport.matching.offered_track import OfferedTrack
from asyncscrape.parsers.beatport.matching.spelling import Words, sounds
from asyncscrape.parsers.beatport.matching.title_reading import Reading
from asyncscrape.parsers.beatport.matching.versions import Version, people_agree, people_include
from asyncscrape.parsers.beatport.matching.vocabulary import YEAR, Sort
from asyncscrape.parsers.beatport.wanted import LookedFor

SAME_SECONDS = 2.5
CLOSE_SECONDS = 5.0
FAR_SECONDS = 12.0
"""Differences between two durations of one recording: usual, possible, and hardly possible."""
UNREAD_SECONDS = 1.0
"""How near the durations must be where one title is in a script that cannot be read."""
_SOLD_AS_ITSELF = {Sort.COVER, Sort.MASHUP, Sort.BOOTLEG}
FORGIVEN = {"same": 0.35, "close": 0.6}
"""The exponent that softens a doubt where the durations agree, as two recordings' seldom do."""


class Clue(msgspec.Struct, frozen=True):
    """What one look at an offer says."""

    factor: float
    why: str
    doubt: bool = False
    """Whether it is only a doubt, which an equal duration takes away for the most part."""


class Duration(msgspec.Struct, frozen=True):
    """The difference between the durations of upload and offer."""

    apart: float | None
    """In seconds; None if one is unknown."""
    clipped: bool = False

    @property
    def agreement(self) -> str:
        """How far they agree: "same", "close", "apart" or "unknown"."""
        if self.apart is None or self.clipped:
            return "unknown"
        return "same" if self.apart <= SAME_SECONDS else "close" if self.apart <= CLOSE_SECONDS else "apart"

    @property
    def clue(self) -> Clue:
        """What the difference says by itself."""
        if self.apart is None:
            return Clue(0.95, "no duration to compare")
        if self.clipped:
            return Clue(0.95, "only a piece was uploaded")
        told = f"{self.apart:.1f} s apart" if self.apart < 60 else f"{self.apart / 60:.1f} min apart"
        if self.agreement != "apart":
            return Clue(1.0, told)
        return Clue(0.8 if self.apart <= FAR_SECONDS else 0.5, told)


def duration(track: LookedFor, offered: OfferedTrack, *, clipped: bool) -> Duration:
    """How far the durations are apart."""
    ours, theirs = track.duration_ms, offered.offer.length_ms
    if not ours or not theirs:
        return Duration(None)
    return Duration(abs(ours - theirs) / 1000, clipped and ours < theirs)


def settled(offered: OfferedTrack, reading: Reading) -> Reading:
    """A reading in which unknown words in brackets are the name of the version, if the offer's has the same."""
    theirs = offered.version.by
    if reading.version.by or not reading.asides or not theirs or not people_include(reading.asides, theirs):
        return reading
    sorts = reading.version.sorts or offered.version.sorts & {Sort.REMIX}
    version = msgspec.structs.replace(reading.version, by=reading.asides, sorts=sorts)
    return msgspec.structs.replace(reading, version=version, asides=())


def title(track: LookedFor, offered: OfferedTrack, reading: Reading, apart: Duration) -> Iterator[Clue]:
    """Whether the titles are the same. A stranger's account may hold anything about it."""
    accounts = credited(track.uploader or "")
    own = any_same(accounts, [*offered.artists, *offered.remixers, *offered.guests, *offered.labels])
    if reading.place.unread:
        yield Clue(0.42, "title in another script", doubt=apart.apart is not None and apart.apart <= UNREAD_SECONDS)
    elif not reading.place.exact:
        yield Clue(0.6, "title nearly agrees", doubt=True)
    elif not reading.place.whole:
        yield Clue(0.8, "title agrees but for brackets", doubt=True)
    else:
        yield Clue(1.0, "title agrees")
    if reading.beside and all(map(YEAR.fullmatch, reading.beside)):
        yield Clue(0.6, "another year in the title", doubt=True)
    elif reading.beside:
        yield Clue(0.3, f"the title has more words: {' '.join(reading.beside)}")
    if reading.asides and not reading.place.whole:
        yield Clue(0.3, f"other words in brackets: {' '.join(reading.asides)}")
    elif reading.asides:
        told = f"unknown words in brackets: {' '.join(reading.asides)}"
        yield Clue(0.55, told, doubt=True) if own else Clue(0.6, told)


def artists(track: LookedFor, offered: OfferedTrack, reading: Reading) -> Iterator[Clue]:
    """Whether the artists are the same. Names in the title count for more than those of the account."""
    if reading.unknown_guests:
        yield Clue(0.6 if _guests_known(offered) else 0.85, f"other guest: {' '.join(reading.unknown_guests)}", True)
    if reading.artists:
        yield Clue(1.0, "artist agrees")
        if reading.strangers:
            yield Clue(0.55 ** len(reading.strangers), f"other people too: {_told(reading.strangers)}", doubt=True)
    elif reading.kin and not reading.strangers:
        yield _shortened_name(track, offered, reading)
    elif reading.strangers and not _alias(track, offered, reading.strangers):
        kin = _shortened(reading.strangers, offered)
        other = Clue(0.2, f"other artist: {_told(reading.strangers)}")
        yield Clue(0.5, "artists' names are shortened", doubt=True) if kin else other
    else:
        yield _by_account(track, offered, reading)


def _accounts(track: LookedFor) -> list[Words]:
    told = (track.uploader, track.artist, track.label_name, track.made_by)
    return [name for text in told for name in credited(text or "")]


def _shortened_name(track: LookedFor, offered: OfferedTrack, reading: Reading) -> Clue:
    """What a shortened name says; a surname alone is one person's only on an account that knows the artist."""
    why = "artist's name is shortened"
    accounts = _accounts(track)
    if any_same(accounts, [*offered.artists, *offered.labels]):
        return Clue(1.0, why)
    strong = len(reading.kin) > 1 or any(kin(name, artist) for name in reading.kin for artist in offered.artists)
    strong |= any_same(reading.others, offered.labels)
    return Clue(0.5 if strong else 0.3, why, doubt=True)


def _guests_known(offered: OfferedTrack) -> bool:
    return bool(offered.guests) or len(offered.artists) > 1


def _told(names: tuple[Words, ...]) -> str:
    return ", ".join(" ".join(name) for name in names)


def _alias(track: LookedFor, offered: OfferedTrack, strangers: tuple[Words, ...]) -> bool:
    """Whether the account says that the strangers are an artist: "Feldmark aka Tomas Lindqvist"."""
    account = credited(track.uploader or "")
    return any_same(account, offered.artists) and all(any_same([name], account) for name in strangers)


def _shortened(strangers: tuple[Words, ...], offered: OfferedTrack) -> bool:
    """Whether strangers are a duo of the artists' surnames: "Vale/Orr"."""
    told = {word for name in strangers for word in name}
    known = [set(name) for name in offered.artists]
    return len(known) > 1 and told <= set().union(*known) and all(told & name for name in known)


def _by_account(track: LookedFor, offered: OfferedTrack, reading: Reading) -> Clue:
    """What the account says about the artist where the title does not."""
    makers = credited(track.made_by or "")
    accounts = [name for text in (track.uploader, track.artist) for name in credited(text or "")]
    own = any_same(accounts, offered.artists)
    if any_same(makers, offered.artists):
        return Clue(1.0, "artist agrees")
    if makers and not any_same(makers, [*offered.labels, *offered.remixers, *accounts]):
        return Clue(0.2, f"other artist: {track.made_by}")
    if own:
        return Clue(1.0, "artist is the uploader")
    if any_same([*reading.others, *accounts], offered.remixers):
        return Clue(0.8, "remixer agrees, no artist is named", doubt=True)
    if any_same([*reading.others, *accounts], offered.guests):
        return Clue(0.6, "only the guest agrees", doubt=True)
    labels = [*accounts, *credited(track.label_name or "")]
    if any_same(labels, offered.labels) and len(sounds(offered.titles[0])) > 3:
        return Clue(0.5, "label agrees, no artist is named", doubt=True)
    return Clue(0.2, "other artist")


def version(track: LookedFor, offered: OfferedTrack, reading: Reading, apart: Duration) -> Iterator[Clue]:
    """Whether it is the same version."""
    ours, theirs = reading.version, offered.version
    other = ours.sorts ^ theirs.sorts
    if other and other <= _SOLD_AS_ITSELF and _own_sale(track, offered, ours):
        yield Clue(0.6, f"only one side calls it a {' and '.join(sorted(other))}", doubt=True)
    elif other == {Sort.REMIX} and _understood(track, offered, reading):
        yield Clue(0.6, "only the offer names the version", doubt=True)
    elif other:
        yield Clue(0.2, f"other version: {', '.join(sorted(other))}")
    elif ours.by or theirs.by:
        yield _people(track, offered, reading)
    elif ours.sorts:
        yield Clue(1.0, "same version")
    yield from _length(ours, theirs, apart)


def _own_sale(track: LookedFor, offered: OfferedTrack, ours: Version) -> bool:
    """Whether a cover or a mashup is sold as the artist's own: made of others' songs, and on the artist's account."""
    covered = {word for name in offered.artists for word in name} & set(ours.by)
    others = ours.by if Sort.COVER not in ours.sorts else ()
    return not covered and not others and any_same(credited(track.uploader or ""), offered.artists)


def _understood(track: LookedFor, offered: OfferedTrack, reading: Reading) -> bool:
    """Whether an upload without a mix may be the offer's: one of no other person, or of one whom it names."""
    ours = reading.version
    if ours.sorts or ours.lengths or ours.by or reading.asides or Sort.REMIX not in offered.version.sorts:
        return False
    return not offered.remixers or any_same([*reading.others, *_accounts(track)], offered.remixers)


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
    if not ours.by and any_same([*reading.others, *_accounts(track)], offered.remixers):
        return Clue(1.0, f"{told} agrees")
    longer = people_include(ours.by, theirs.by) or people_include(theirs.by, ours.by)
    if longer and (elsewhere or (ours.by and theirs.by)):
        return Clue(0.6, "the version's name is longer on one side", doubt=True)
    return Clue(0.2, f"other {told}" if not elsewhere else f"{told} is another")


def _own_work(offered: OfferedTrack, ours: Words, theirs: Words) -> bool:
    """Whether only one side says that the artist made the version: "VIP", "Fathom VIP"."""
    told = ours or theirs
    artists = {word for name in offered.artists for word in name}
    return not (ours and theirs) and artists.issuperset(told)
