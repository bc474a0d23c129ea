"""What earlier requests say about this run. Pure: only URLs, notes and states, and the days of editions.

An edition is a run from its first request to its end, named after the day on which it began; all its notes begin with
that day. Whatever decides what is asked comes from editions before the current one. So an edition that is killed and
resumed, maybe days later, asks exactly what it would have asked undisturbed.

What the artists file says counts at once, also in the middle of an edition: see `meanings.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import msgspec

from asyncscrape.jobs.music.meanings import Meanings, told
from asyncscrape.model import PastRequest, State
from asyncscrape.parsers.beatport.wanted import SEARCH, looked_for
from asyncscrape.parsers.soundcloud.request_notes import (
    COMMENTS,
    KINDS,
    TRACKS,
    CommentsNote,
    Extent,
    TracksNote,
    enough,
    id_in,
    read,
)

WAITING = (State.PENDING, State.LEASED)


class _Dated(msgspec.Struct, array_like=True):
    """The beginning of every note."""

    edition: str


class Visit(msgspec.Struct, frozen=True):
    """The last time that the comments of a track were read to their end."""

    edition: str
    told: int | None
    """How many there were."""


@dataclass(frozen=True)
class Past:
    """The facts that decide what is asked."""

    names: Meanings
    """Whom each name stands for."""
    listed: Mapping[int, str] = field(default_factory=dict)
    """The edition that last read the list of an artist's tracks."""
    counted: frozenset[int] = frozenset()
    """Artists whose tracks have all been observed lately."""
    visits: Mapping[int, Visit] = field(default_factory=dict)
    """By track."""
    looked_up: frozenset[int] = frozenset()
    """Tracks that the shop has answered for, in this life of their artist."""

    @property
    def edition(self) -> str:
        """The current one."""
        return self.names.edition

    def over(self, artist: int, life: int) -> bool:
        """Whether a request is about an earlier life of an artist: its page says nothing any more."""
        return life < self.names.life(artist)

    def knows(self, artist: int, track: int, posted_at: str | None) -> bool:
        """Whether a track was there when the list was last read."""
        listed = self.listed.get(artist)
        return track in self.visits or (listed is not None and posted_at is not None and posted_at < listed)


def edition(past: Iterable[PastRequest]) -> str | None:
    """The edition that has not ended; None if nothing is left to do. Look-ups at the shop have no edition."""
    days, waits = "", False
    for request in past:
        waits = waits or request.state in WAITING
        if request.kind in KINDS:
            days = max(days, read(request.note, _Dated).edition)
    return days if days and waits else None


def known(
    past: Sequence[PastRequest], current: str, wanted: Extent, refresh: float, permalinks: Mapping[str, str]
) -> Past:
    """The facts, given what is wanted now and how old counts may get in seconds."""
    names = Meanings(current, permalinks, told(past))
    earlier = Facts(past, names)
    return Past(
        names,
        earlier.listed(),
        earlier.counted(wanted, refresh),
        earlier.visits(wanted.comments),
        frozenset(earlier.looked_up),
    )


class Facts:
    """What the editions before the current one have read to its end, in the present lives of the artists."""

    def __init__(self, past: Iterable[PastRequest], names: Meanings) -> None:
        self._names = names
        self._lists: dict[tuple[int, str, Extent, bool], bool] = {}
        """The lists of tracks by artist, edition, what was wanted and whether all of it; whether all is read."""
        self._comments: dict[tuple[int, str, int | None], tuple[bool, int | None]] = {}
        """The comments by track, edition and number wanted; whether all are read, and how many there were."""
        self.looked_up: set[int] = set()
        for request in past:
            done = request.state is State.DONE
            if request.kind == TRACKS:
                self._note_list(id_in(request.url), read(request.note, TracksNote), done)
            elif request.kind == COMMENTS:
                self._note_comments(id_in(request.url), read(request.note, CommentsNote), done)
            elif request.kind == SEARCH and done:
                self._note_look_up(request.note)

    def _note_list(self, artist: int, note: TracksNote, done: bool) -> None:
        if self._counts(artist, note.life, note.edition):
            key = (artist, note.edition, note.wanted, note.full)
            self._lists[key] = self._lists.get(key, True) and done

    def _note_comments(self, track: int, note: CommentsNote, done: bool) -> None:
        if self._counts(note.artist, note.life, note.edition):
            key = (track, note.edition, note.most)
            self._comments[key] = (self._comments.get(key, (True, None))[0] and done, note.told)

    def _note_look_up(self, note: str) -> None:
        track = looked_for(note)
        if self._names.life(track.artist_id) == track.life:
            self.looked_up.add(track.id)

    def _counts(self, artist: int, life: int, edition: str) -> bool:
        return life == self._names.life(artist) and edition < self._names.edition

    def listed(self) -> dict[int, str]:
        """The edition that last read the list of an artist's tracks."""
        return _latest((artist, day) for (artist, day, _, _), done in self._lists.items() if done)

    def counted(self, wanted: Extent, refresh: float) -> frozenset[int]:
        """The artists for whom all that is wanted has been read, and not too long ago."""
        return frozenset(
            artist
            for (artist, day, was, full), done in self._lists.items()
            if done and full and was.covers(wanted) and self._age(day) < refresh
        )

    def visits(self, most: int | None) -> dict[int, Visit]:
        """The last visits that read as many comments as are wanted now."""
        return dict(sorted(self._visits(most), key=lambda visit: visit[1].edition))

    def _visits(self, most: int | None) -> Iterator[tuple[int, Visit]]:
        for (track, day, had), (done, count) in self._comments.items():
            if done and enough(had, most):
                yield track, Visit(day, count)

    def _age(self, day: str) -> float:
        return (date.fromisoformat(self._names.edition) - date.fromisoformat(day)).total_seconds()


def _latest(days: Iterable[tuple[int, str]]) -> dict[int, str]:
    found: dict[int, str] = {}
    for artist, day in days:
        found[artist] = max(day, found.get(artist, ""))
    return found
