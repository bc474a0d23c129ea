"""Evidence: whether the artists are the same."""

from __future__ import annotations

from collections.abc import Iterator

from asyncscrape.parsers.beatport.matching.account_evidence import accounts_of, artist_by_account, is_artists_account
from asyncscrape.parsers.beatport.matching.clues import Clue, Duration
from asyncscrape.parsers.beatport.matching.credits import any_same, credited, kin, nickname_of
from asyncscrape.parsers.beatport.matching.offered_track import OfferedTrack
from asyncscrape.parsers.beatport.matching.read_title import Reading
from asyncscrape.parsers.beatport.matching.spelling import Words, words
from asyncscrape.parsers.beatport.matching.version_words import Sort
from asyncscrape.parsers.beatport.wanted import LookedFor


def artists(track: LookedFor, offered: OfferedTrack, reading: Reading, apart: Duration) -> Iterator[Clue]:
    """Whether the artists are the same. Names in the title count for more than those of the account."""
    if reading.artists:
        yield Clue(1.0, "artist agrees")
        yield from _strangers_beside(track, offered, reading)
    elif reading.kin and not reading.strangers:
        yield _shortened_name(track, offered, reading)
    elif reading.strangers and _both_cover(offered, reading) and is_artists_account(track, offered):
        yield Clue(0.8, "the covered artist is named", doubt=True)
    elif reading.strangers and _is_duo(reading.strangers, offered):
        yield Clue(0.5, "artists' names are shortened", doubt=True)
    elif reading.strangers and not _alias(track, offered, reading.strangers):
        yield Clue(0.2, f"other artist: {_told(reading.strangers)}")
    else:
        yield artist_by_account(track, offered, reading, apart)
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


def _strangers_beside(track: LookedFor, offered: OfferedTrack, reading: Reading) -> Iterator[Clue]:
    """What people say who are named besides an artist."""
    if not reading.strangers:
        return
    if _both_cover(offered, reading):
        yield Clue(0.9, "the covered artist is named", doubt=True)
    elif reading.companions and _missing(track, offered, reading):
        yield Clue(0.55, f"other people instead: {_told(reading.companions)}")
    else:
        yield Clue(0.55 ** len(reading.strangers), f"other people too: {_told(reading.strangers)}", doubt=True)


def _missing(track: LookedFor, offered: OfferedTrack, reading: Reading) -> bool:
    """Whether one of several artists is named nowhere, so that a stranger has the place."""
    named = [*reading.artists, *reading.kin, *accounts_of(track)]
    missing = [name for name in map(words, offered.offer.artists) if not any_same([name], named)]
    told = {word for name in reading.companions for word in name}
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


def _is_duo(strangers: tuple[Words, ...], offered: OfferedTrack) -> bool:
    """Whether strangers are a duo of the artists' surnames: "Vale/Orr"."""
    told = {word for name in strangers for word in name}
    known = [set(name) for name in offered.artists]
    return len(known) > 1 and told <= set().union(*known) and all(told & name for name in known)
