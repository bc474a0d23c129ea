"""The facts that a request carries besides its URL, so that its answer can be read by itself.

A note begins with its edition, the day on which a run began: so the same URL is asked again in the next one. It says
what was wanted, so that a config that wants more gets it, and which turn of a name and which life of an artist it
belongs to, so that a corrected file of artists gets anew what it has withdrawn.
"""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

from asyncscrape.model import Link
from asyncscrape.parsers.soundcloud.paging import ReadSoFar

PEOPLE = "people"
RESOLVE = "resolve"
ARTIST = "artist"
TRACKS = "tracks"
COMMENTS = "comments"
KINDS = (PEOPLE, RESOLVE, ARTIST, TRACKS, COMMENTS)

NOBODY = "-"
"""In the place of a permalink: nobody is meant."""
START = ReadSoFar()
IN_PATH = re.compile(r"/(?:users|tracks)/(?:soundcloud(?::|%3A)(?:users|tracks)(?::|%3A))?([0-9]+)", re.IGNORECASE)

N = TypeVar("N", bound=msgspec.Struct)


class Extent(msgspec.Struct, frozen=True, array_like=True):
    """How much is wanted of each artist."""

    tracks: int | None = None
    """None for all."""
    comments: int | None = None
    images: bool = True
    audio: str = "off"
    beatport: str = "off"
    """The API of Beatport to ask."""
    longest: float = 900.0
    """Seconds; longer sounds are sets."""

    def covers(self, other: Extent) -> bool:
        """Whether whoever has got all of this lacks nothing of the other."""
        return (
            enough(self.tracks, other.tracks)
            and enough(self.comments, other.comments)
            and (self.images or not other.images)
            and other.audio in ("off", self.audio)
            and other.beatport in ("off", self.beatport)
            and self.longest == other.longest
        )


def enough(had: int | None, wanted: int | None) -> bool:
    """Whether one number is at least the other, where None is everything."""
    return had is None or (wanted is not None and had >= wanted)


class NameNote(msgspec.Struct, frozen=True, array_like=True):
    """The note of a search for a name, or of a permalink that was given for it."""

    edition: str
    name: str
    permalink: str = ""
    """As the artists file gives it."""
    least: int = 0
    """The least number of followers."""
    empty: int = 0
    """Empty pages in a row."""
    turn: int = 1
    """The number of the name's turn."""


class ArtistNote(msgspec.Struct, frozen=True, array_like=True):
    """The note of a profile."""

    edition: str
    name: str
    """The name it was chosen for."""
    given: str = ""
    """The permalink that the artists file gave for the name."""
    own: str = ""
    """The permalink of the profile, as far as it is known."""
    wanted: Extent = Extent()
    turn: int = 1
    """The number of the name's turn."""
    life: int = 0
    """The number of the artist's life."""


class TracksNote(msgspec.Struct, frozen=True, array_like=True):
    """The note of a page of an artist's tracks."""

    edition: str
    wanted: Extent = Extent()
    by: str = ""
    """The name of the artist's profile."""
    full: bool = False
    """Whether to read on where all tracks are known, so that their counts are observed."""
    progress: ReadSoFar = START
    life: int = 0
    """The number of the artist's life."""


class CommentsNote(msgspec.Struct, frozen=True, array_like=True):
    """The note of a page of a track's comments."""

    edition: str
    artist: int
    told: int | None = None
    """The number of comments that the list of tracks told."""
    most: int | None = None
    """How many are wanted; None for all."""
    since: str = ""
    """The day of the last visit, if there was one."""
    longest: float = 0.0
    """Seconds; set if the length of the track is not told, so that the last timed comment decides what it is."""
    last_ms: int = 0
    """The last moment that a comment was about, where that decides."""
    look_up: Link | None = None
    """Asked for if it is a track."""
    progress: ReadSoFar = START
    life: int = 0
    """The number of the artist's life."""


def written(note: msgspec.Struct) -> str:
    """A note as text."""
    return msgspec.json.encode(note).decode()


def read(note: str, kind: type[N]) -> N:
    """A note from its text."""
    return msgspec.json.decode(note, type=kind)


def id_in(url: str) -> int:
    """The id of the profile or track in a URL of either API."""
    found = IN_PATH.search(url)
    if found is None:
        raise ValueError(f"{url} names neither a profile nor a track")
    return int(found[1])
