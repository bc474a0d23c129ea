"""Evidence: whether the artists are the same."""

from __future__ import annotations

from collections.abc import Iterator

from asyncscrape.parsers.beatport.matching.clues import UNREAD_SECONDS, Clue, Duration
from asyncscrape.parsers.beatport.matching.credits import any_same, credited, kin, nickname_of, surname_of
from asyncscrape.parsers.beatport.matching.likeness import joined_name
from asyncscrape.parsers.beatport.matching.offered_track import OfferedTrack
from asyncscrape.parsers.beatport.matching.read_title import Reading
from asyncscrape.parsers.beatport.matching.spelling import Words, sounds, words
from asyncscrape.parsers.beatport.matching.version_words import Sort
from asyncscrape.parsers.beatport.matching.word_places import places
from asyncscrape.parsers.beatport.wanted import LookedFor


def artists(track: LookedFor, offered: OfferedTrack, reading: Reading, apart: Duration) -> Iterator[Clue]:
    """Whether the artists are the same. Names in the title count for more than those of the account."""
    if reading.artists:
        yield Clue(1.0, "artist agrees")
        if reading.strangers and _both_cover(offered, reading):
            yield Clue(0.9, "the covered artist is named", doubt=True)
        elif reading.strangers and _missing(track, offered, reading):
            yield Clue(0.55, f"other people instead: {_told(reading.strangers)}")
        elif reading.strangers:
            yield Clue(0.55 ** len(reading.strangers), f"other people too: {_told(reading.strangers)}", doubt=True)
    elif reading.kin and not reading.strangers:
        yield _shortened_name(track, offered, reading)
    elif reading.strangers and _covers(track, offered, reading):
        yield Clue(0.8, "the covered artist is named", doubt=True)
    elif reading.strangers and not _alias(track, offered, reading.strangers):
        kin = _shortened(reading.strangers, offered)
        other = Clue(0.2, f"other artist: {_told(reading.strangers)}")
        yield Clue(0.5, "artists' names are shortened", doubt=True) if kin else other
    else:
        yield _by_account(track, offered, reading, apart)
    if reading.unknown_guests:
        yield _other_guest(track, offered, reading)


def _other_guest(track: LookedFor, offered: OfferedTrack, reading: Reading) -> Clue:
    """What a guest says whom the offer does not have: another singer makes another recording."""
    told = f"other guest: {' '.join(reading.unknown_guests)}"
    guests = offered.guests or offered.artists[1:]
    if not guests:
        return Clue(0.85, told, doubt=True)
    accounts = accounts_of(track)
    named = [*reading.artists, *reading.others, *accounts]
    words_of_guests = {word for name in guests for word in name}
    known = any_same(named, guests) or not words_of_guests.isdisjoint(reading.unknown_guests)
    return Clue(0.6, told, doubt=True) if known else Clue(0.3, told)


def accounts_of(track: LookedFor) -> list[Words]:
    """All names that the account and the distributor give."""
    told = (track.uploader, track.artist, track.label_name, track.made_by)
    return [name for text in told for name in credited(text or "")]


def _covers(track: LookedFor, offered: OfferedTrack, reading: Reading) -> bool:
    """Whether both sides are a cover by the account's artist, so that another's name may be the covered one's."""
    return _both_cover(offered, reading) and any_same(credited(track.uploader or ""), offered.artists)


def _missing(track: LookedFor, offered: OfferedTrack, reading: Reading) -> bool:
    """Whether one of several artists is named nowhere, so that a stranger has the place."""
    named = [*reading.artists, *reading.kin, *accounts_of(track)]
    missing = [name for name in map(words, offered.offer.artists) if not any_same([name], named)]
    told = {word for name in reading.strangers for word in name}
    return len(offered.offer.artists) > 1 and any(told.isdisjoint(name) for name in missing)


def _both_cover(offered: OfferedTrack, reading: Reading) -> bool:
    return Sort.COVER in reading.version.sorts & offered.version.sorts


def _shortened_name(track: LookedFor, offered: OfferedTrack, reading: Reading) -> Clue:
    """What a shortened name says; a surname alone is one person's only on an account that knows the artist."""
    why = "artist's name is shortened"
    accounts = accounts_of(track)
    if any_same(accounts, [*offered.artists, *offered.labels]):
        return Clue(1.0, why)
    strong = len(reading.kin) > 1 or any(kin(name, artist) for name in reading.kin for artist in offered.artists)
    strong |= any_same(reading.others, offered.labels)
    nickname = any(nickname_of(name, artist) for name in reading.kin for artist in offered.artists)
    return Clue(0.75 if nickname else 0.55 if strong else 0.3, why, doubt=True)


def _told(names: tuple[Words, ...]) -> str:
    return ", ".join(" ".join(name) for name in names)


def _alias(track: LookedFor, offered: OfferedTrack, strangers: tuple[Words, ...]) -> bool:
    """Whether the account says that the strangers are an artist: "Feldmark aka Tomas Lindqvist"."""
    account = credited(track.uploader or "")
    family = {word for name in offered.artists for word in name if len(word) > 3}
    return any_same(account, offered.artists) and all(
        any_same([name], account) or not family.isdisjoint(name) for name in strangers
    )


def _shortened(strangers: tuple[Words, ...], offered: OfferedTrack) -> bool:
    """Whether strangers are a duo of the artists' surnames: "Vale/Orr"."""
    told = {word for name in strangers for word in name}
    known = [set(name) for name in offered.artists]
    return len(known) > 1 and told <= set().union(*known) and all(told & name for name in known)


def _by_account(track: LookedFor, offered: OfferedTrack, reading: Reading, apart: Duration) -> Clue:
    """What the account says about the artist where the title does not."""
    makers = credited(track.made_by or "")
    accounts = [name for text in (track.uploader, track.artist) for name in credited(text or "")]
    own = any_same(accounts, offered.artists) or any(
        joined_name(account, name) for account in accounts for name in offered.artists
    )
    if any_same(makers, offered.artists):
        return Clue(1.0, "artist agrees")
    related = [name for name in (*makers, *accounts) if _related(name, offered)]
    if makers and not related and not any_same(makers, [*offered.labels, *offered.makers, *accounts]):
        return Clue(0.2, f"other artist: {track.made_by}")
    if related and not own:
        return Clue(0.5, "the account's name is shorter or longer", doubt=True)
    if own:
        return Clue(1.0, "artist is the uploader")
    if any_same([*reading.others, *accounts], offered.makers):
        return Clue(0.8, "no artist is named", doubt=True)
    if any_same([*reading.others, *accounts], offered.guests):
        return Clue(0.6, "only the guest agrees", doubt=True)
    labels = [*accounts, *reading.others, *credited(track.label_name or "")]
    if any_same(labels, offered.labels) and len(sounds(offered.titles[0])) > 3:
        return Clue(0.5, "label agrees, no artist is named", doubt=True)
    if not any(map(_readable, accounts)) or not any(map(_readable, offered.artists)):
        near = apart.apart is not None and apart.apart <= UNREAD_SECONDS
        return Clue(0.42, "artist in another script", doubt=near)
    return Clue(0.2, "other artist")


def _related(name: Words, offered: OfferedTrack) -> bool:
    """Whether a name may be short for an artist's."""
    return any(
        kin(name, artist) or surname_of(name, artist) or _holds(name, artist) or _holds(artist, name)
        for artist in offered.artists
    )


def _holds(longer: Words, name: Words) -> bool:
    """Whether a name of several words is a part of another: "Nora Vale Trio"."""
    return 1 < len(name) < len(longer) and next(places(name, longer), None) is not None


def _readable(name: Words) -> bool:
    return all(map(str.isascii, name))
