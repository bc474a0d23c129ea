"""Evidence: what the account says about the artist where the title does not."""

from __future__ import annotations

from asyncscrape.parsers.beatport.matching.clues import UNREAD_SECONDS, Clue, Duration
from asyncscrape.parsers.beatport.matching.credits import any_same, credited, kin, surname_of
from asyncscrape.parsers.beatport.matching.likeness import joined_name
from asyncscrape.parsers.beatport.matching.offered_track import OfferedTrack
from asyncscrape.parsers.beatport.matching.read_title import Reading
from asyncscrape.parsers.beatport.matching.spelling import Words, sounds
from asyncscrape.parsers.beatport.matching.word_places import places
from asyncscrape.parsers.beatport.wanted import LookedFor

SAYS_MUCH = 3
"""A title of more letters than this is one that not every label has."""


def accounts_of(track: LookedFor) -> list[Words]:
    """All names that the account and the distributor give."""
    told = (track.uploader, track.artist, track.label_name, track.made_by)
    return [name for text in told for name in credited(text or "")]


def is_artists_account(track: LookedFor, offered: OfferedTrack) -> bool:
    """Whether the account is one of the offer's artists."""
    return any_same(credited(track.uploader or ""), offered.artists)


def artist_by_account(track: LookedFor, offered: OfferedTrack, reading: Reading, apart: Duration) -> Clue:
    """What the account says about the artist."""
    makers = credited(track.made_by or "")
    accounts = [name for text in (track.uploader, track.artist) for name in credited(text or "")]
    if any_same(makers, offered.artists):
        return Clue(1.0, "artist agrees")
    related = any(_related(name, offered) for name in (*makers, *accounts))
    if makers and not related and not any_same(makers, [*offered.labels, *offered.makers, *accounts]):
        return Clue(0.2, f"other artist: {track.made_by}")
    if any_same(accounts, offered.artists) or _spelt_together(accounts, offered):
        return Clue(1.0, "artist is the uploader")
    if related:
        return Clue(0.5, "the account's name is shorter or longer", doubt=True)
    return _no_artist(track, offered, [*reading.others, *accounts]) or _unread(accounts, offered, apart)


def _no_artist(track: LookedFor, offered: OfferedTrack, told: list[Words]) -> Clue | None:
    """What other names that agree say, if no artist does."""
    if any_same(told, offered.makers):
        return Clue(0.8, "no artist is named", doubt=True)
    if any_same(told, offered.guests):
        return Clue(0.6, "only the guest agrees", doubt=True)
    labels = [*told, *credited(track.label_name or "")]
    if any_same(labels, offered.labels) and len(sounds(offered.titles[0])) > SAYS_MUCH:
        return Clue(0.5, "label agrees, no artist is named", doubt=True)
    return None


def _unread(accounts: list[Words], offered: OfferedTrack, apart: Duration) -> Clue:
    """What is left to say of names that have nothing in common: perhaps one of them cannot be read."""
    if any(map(_readable, accounts)) and any(map(_readable, offered.artists)):
        return Clue(0.2, "other artist")
    near = apart.apart is not None and apart.apart <= UNREAD_SECONDS
    return Clue(0.42, "artist in another script", doubt=near)


def _spelt_together(accounts: list[Words], offered: OfferedTrack) -> bool:
    """Whether an account's name is one word with an artist's in it: "thisisnoravale"."""
    return any(joined_name(account, name) for account in accounts for name in offered.artists)


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
