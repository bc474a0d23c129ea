"""What earlier requests say about this run. Pure: only URLs, notes and states, and the days of editions.

An edition is a run from its first request to its end, named after the day on which it began; all its notes begin with
that day. Whatever decides what is asked comes from editions before the current one. So an edition that is killed and
resumed, maybe days later, asks exactly what it would have asked undisturbed.

The exception are choices that the artists file has overruled since: they count in the current edition too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import pairwise

import msgspec

from asyncscrape.model import PastRequest, State
from asyncscrape.parsers.soundcloud.request_notes import (
    ARTIST,
    COMMENTS,
    KINDS,
    NOBODY,
    PEOPLE,
    TRACKS,
    ArtistNote,
    CommentsNote,
    Extent,
    NameNote,
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


class PastChoice(msgspec.Struct, frozen=True):
    """A profile that was chosen for a name."""

    artist: int
    given: str
    own: str
    edition: str
    failed: bool

    def suits(self, permalink: str) -> bool:
        """Whether the artists file agrees with the choice."""
        return not permalink or permalink in (self.given, self.own)


@dataclass(frozen=True)
class Past:
    """The facts that decide what is asked."""

    edition: str
    """The current one."""
    permalinks: Mapping[str, str] = field(default_factory=dict)
    """What the artists file gives for each name."""
    choices: Mapping[str, Sequence[PastChoice]] = field(default_factory=dict)
    """All profiles that were ever asked for a name, oldest first."""
    nobody: frozenset[str] = frozenset()
    """Names for which it is settled that nobody is meant."""
    listed: Mapping[int, str] = field(default_factory=dict)
    """The edition that last read the list of an artist's tracks."""
    counted: frozenset[int] = frozenset()
    """Artists whose tracks have all been observed lately."""
    visits: Mapping[int, Visit] = field(default_factory=dict)
    """By track."""

    def choice(self, name: str) -> PastChoice | None:
        """The profile that stands for a name, if the artists file does not say otherwise."""
        last = self.choices[name][-1] if self.choices.get(name) else None
        fits = last is not None and not last.failed and last.suits(self.permalinks.get(name, ""))
        return last if fits else None

    def wrong(self, name: str) -> list[int]:
        """The profiles whose rows must go, because the artists file says that the name means somebody else."""
        made = self.choices.get(name, ())
        before = [one for one in made if one.edition < self.edition][-1:]
        now = [one for one in made if one.edition == self.edition]
        permalink = self.permalinks.get(name, "")
        right = {one.artist for one in now if one.suits(permalink)}
        gone = dict.fromkeys(one.artist for one in (*before, *now) if not one.suits(permalink))
        return [artist for artist in gone if artist not in right and not self._of_another(artist, name)]

    @cached_property
    def dropped(self) -> frozenset[int]:
        """The profiles that are wrong for every name: pages about them that still wait yield nothing."""
        return frozenset(artist for name in self.choices for artist in self.wrong(name))

    def overruled(self, name: str, given: str, own: str = "") -> bool:
        """Whether the artists file has changed its mind about a name since a request was made."""
        permalink = self.permalinks.get(name, given)
        return permalink != given and not (permalink and permalink == own) and bool(permalink or given == NOBODY)

    def knows(self, artist: int, track: int, posted_at: str | None) -> bool:
        """Whether a track was there when the list was last read."""
        listed = self.listed.get(artist)
        return track in self.visits or (listed is not None and posted_at is not None and posted_at < listed)

    def _of_another(self, artist: int, name: str) -> bool:
        """Whether a profile is that of another name, or will be: its permalink may be given there."""
        others = {other: self.choice(other) for other in self.choices if other != name}
        given = {permalink for other, permalink in self.permalinks.items() if permalink and other != name}
        owns = {one.own for one in self.choices.get(name, ()) if one.artist == artist and one.own}
        return bool(owns & given) or any(one is not None and one.artist == artist for one in others.values())


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
    choices = _choices(past)
    earlier = Facts(past, current, _lost(choices))
    return Past(
        current,
        permalinks,
        choices,
        _settled(past),
        earlier.listed(),
        earlier.counted(wanted, refresh),
        earlier.visits(wanted.comments),
    )


def _choices(past: Iterable[PastRequest]) -> dict[str, list[PastChoice]]:
    found: defaultdict[str, list[PastChoice]] = defaultdict(list)
    for request in past:
        if request.kind == ARTIST:
            note = read(request.note, ArtistNote)
            failed = request.state is State.FAILED
            found[note.name].append(PastChoice(id_in(request.url), note.given, note.own, note.edition, failed))
    return dict(found)


def _settled(past: Iterable[PastRequest]) -> frozenset[str]:
    """The names that were last searched only to say that nobody is meant."""
    last: dict[str, tuple[str, bool]] = {}
    for request in past:
        if request.kind == PEOPLE:
            note = read(request.note, NameNote)
            last[note.name] = (note.edition, note.permalink == NOBODY and request.state is State.DONE)
        elif request.kind == ARTIST:
            chosen = read(request.note, ArtistNote)
            if chosen.edition > last.get(chosen.name, ("", False))[0]:
                last[chosen.name] = (chosen.edition, False)
    return frozenset(name for name, (_, nobody) in last.items() if nobody)


def _lost(choices: Mapping[str, Sequence[PastChoice]]) -> dict[int, str]:
    """For each profile that a name has left for another, the edition of that: what was read before is withdrawn.

    It is not if another name had chosen the profile before.
    """
    lost: dict[int, str] = {}
    for name, made in choices.items():
        for one, other in pairwise(made):
            if one.artist != other.artist and not _held(choices, one.artist, name, other.edition):
                lost[one.artist] = max(other.edition, lost.get(one.artist, ""))
    return lost


def _held(choices: Mapping[str, Sequence[PastChoice]], artist: int, but: str, before: str) -> bool:
    """Whether another name had chosen a profile before an edition."""
    return any(
        one.artist == artist and one.edition < before for name, made in choices.items() if name != but for one in made
    )


class Facts:
    """What the editions before the current one have read to its end."""

    def __init__(self, past: Iterable[PastRequest], current: str, lost: Mapping[int, str]) -> None:
        self._current = current
        self._lists: dict[tuple[int, str, Extent, bool], bool] = {}
        """The lists of tracks by artist, edition, what was wanted and whether all of it; whether all is read."""
        self._comments: dict[tuple[int, str, int | None], tuple[bool, int | None]] = {}
        """The comments by track, edition and number wanted; whether all are read, and how many there were."""
        for request in past:
            done = request.state is State.DONE
            if request.kind == TRACKS:
                self._note_list(id_in(request.url), read(request.note, TracksNote), done, lost)
            elif request.kind == COMMENTS:
                self._note_comments(id_in(request.url), read(request.note, CommentsNote), done, lost)

    def _note_list(self, artist: int, note: TracksNote, done: bool, lost: Mapping[int, str]) -> None:
        if lost.get(artist, "") < note.edition < self._current:
            key = (artist, note.edition, note.wanted, note.full)
            self._lists[key] = self._lists.get(key, True) and done

    def _note_comments(self, track: int, note: CommentsNote, done: bool, lost: Mapping[int, str]) -> None:
        if lost.get(note.artist, "") < note.edition < self._current:
            key = (track, note.edition, note.most)
            self._comments[key] = (self._comments.get(key, (True, None))[0] and done, note.told)

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
        for (track, day, had), (done, told) in self._comments.items():
            if done and enough(had, most):
                yield track, Visit(day, told)

    def _age(self, day: str) -> float:
        return (date.fromisoformat(self._current) - date.fromisoformat(day)).total_seconds()


def _latest(days: Iterable[tuple[int, str]]) -> dict[int, str]:
    found: dict[int, str] = {}
    for artist, day in days:
        found[artist] = max(day, found.get(artist, ""))
    return found
