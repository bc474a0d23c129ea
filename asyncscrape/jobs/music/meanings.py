"""Whom each name stands for: a name's turns, one for each thing that the artists file has said about it. Pure.

A turn begins when the file says something new about a name: nothing, so that people are searched; a permalink; or "-"
for nobody. The page that settles a turn, by a profile or by "-", withdraws the profiles of the turns before. Where
nobody is found, nothing is withdrawn: a permalink with a typing mistake must not cost the counts of years.

A profile has *lives*: another begins whenever a name moves on from it. All requests of a turn carry its number, and
all about a profile the number of its life. So what belongs to an earlier turn or life is told from what counts, and
asking again after a correction is another request, also on the same day.

While a name moves on from a profile, another name may just find it, and the withdrawal may come after its first rows.
So the end of that edition begins a life too, in which such a profile is read anew.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from asyncscrape.lazy import lazy_property
from asyncscrape.model import PastRequest, State
from asyncscrape.parsers.soundcloud.request_notes import (
    ARTIST,
    NOBODY,
    PEOPLE,
    RESOLVE,
    ArtistNote,
    NameNote,
    id_in,
    read,
)


class PastChoice(msgspec.Struct, frozen=True):
    """A profile that was chosen for a name."""

    artist: int
    own: str
    """Its permalink, as far as it is known."""
    edition: str
    failed: bool


class NameTurn(msgspec.Struct, frozen=True):
    """What came of one thing that the artists file said about a name."""

    number: int
    given: str
    """The permalink in the file; "-" for nobody."""
    edition: str
    """The one in which it began."""
    choices: tuple[PastChoice, ...] = ()
    """Oldest first: if a profile is gone, another may be found."""
    settled: bool = False

    @property
    def last(self) -> PastChoice | None:
        """The profile that the name stands for."""
        return self.choices[-1] if self.choices else None

    def agrees(self, permalink: str) -> bool:
        """Whether the artists file still says the same, or names the profile that was found."""
        own = self.last.own if self.last else ""
        return permalink == self.given or (permalink != "" and permalink == own)


def told(past: Iterable[PastRequest]) -> dict[str, list[NameTurn]]:
    """The turns of each name, oldest first, from all requests about names, kind by kind as they were found."""
    found: defaultdict[str, dict[int, NameTurn]] = defaultdict(dict)
    for request in past:
        if request.kind in (PEOPLE, RESOLVE):
            asked = read(request.note, NameNote)
            turns, turn = found[asked.name], NameTurn(asked.turn, asked.permalink, asked.edition)
            nobody = asked.permalink == NOBODY and request.state is State.DONE
            turns[turn.number] = _joined(turns.get(turn.number, turn), turn, (), nobody)
        elif request.kind == ARTIST:
            note = read(request.note, ArtistNote)
            turns, turn = found[note.name], NameTurn(note.turn, note.given, note.edition)
            choice = PastChoice(id_in(request.url), note.own, note.edition, request.state is State.FAILED)
            turns[turn.number] = _joined(turns.get(turn.number, turn), turn, (choice,), request.state is State.DONE)
    return {name: [turns[number] for number in sorted(turns)] for name, turns in found.items()}


def _joined(known: NameTurn, turn: NameTurn, choices: tuple[PastChoice, ...], settled: bool) -> NameTurn:
    """A turn with what one more of its requests tells."""
    return msgspec.structs.replace(
        known,
        edition=min(known.edition, turn.edition),
        choices=(*known.choices, *choices),
        settled=known.settled or settled,
    )


@dataclass(frozen=True)
class Meanings:
    """Whom each name stands for in this run."""

    edition: str
    permalinks: Mapping[str, str] = field(default_factory=dict)
    """What the artists file says about each name. Meanings that it has no longer stand for whom they did."""
    turns: Mapping[str, Sequence[NameTurn]] = field(default_factory=dict)

    def turn(self, name: str) -> int:
        """The number of a name's turn in this run."""
        current, over = self.current(name), self.turns.get(name, ())
        return current.number if current else over[-1].number + 1 if over else 1

    def current(self, name: str) -> NameTurn | None:
        """The turn of a name, if it has begun already."""
        last = self.turns[name][-1] if self.turns.get(name) else None
        return last if last and last.agrees(self.permalinks.get(name, last.given)) else None

    def choice(self, name: str) -> PastChoice | None:
        """The profile that a name stands for; None if it is to be found, or was gone in the last edition."""
        turn = self.current(name)
        last = turn.last if turn else None
        return None if last and last.failed and last.edition < self.edition else last

    def settled(self, name: str) -> bool:
        """Whether it is settled whom a name means, or that it means nobody."""
        turn = self.current(name)
        return turn is not None and turn.settled

    def wrong(self, name: str) -> list[int]:
        """The profiles that go when the turn of a name is settled. Those that another name stands for stay."""
        if self.settled(name):
            return []
        number = self.turn(name)
        chosen = [one for turn in self.turns.get(name, ()) if turn.number < number for one in turn.choices]
        asked_for = {one.artist for one in chosen if self._asking(one.own) - {name}}
        gone = dict.fromkeys(one.artist for one in chosen)
        return [one for one in gone if one not in asked_for and not self._holders.get(one, set()) - {name}]

    def life(self, artist: int) -> int:
        """The number of a profile's life in this run."""
        return self._lives[artist]

    @lazy_property
    def _lives(self) -> Counter[int]:
        lives: Counter[int] = Counter()
        for name, made in self.turns.items():
            for over, edition in self._ends(name, made):
                lives.update(dict.fromkeys(over, 2 if edition < self.edition else 1))
        return lives

    def _ends(self, name: str, made: Sequence[NameTurn]) -> Iterator[tuple[set[int], str]]:
        """The profiles of each turn that is over and of those before it, with the edition in which it ended."""
        begun = [turn.edition for turn in made[1:]]
        ends = begun if self.current(name) else [*begun, self.edition]
        left: set[int] = set()
        for turn, edition in zip(made, ends, strict=False):
            left |= {one.artist for one in turn.choices}
            yield set(left), edition

    @lazy_property
    def _holders(self) -> Mapping[int, set[str]]:
        """The names that stand for each profile."""
        holders: defaultdict[int, set[str]] = defaultdict(set)
        for name in self.turns:
            if choice := self.choice(name):
                holders[choice.artist].add(name)
        return dict(holders)

    @lazy_property
    def _given(self) -> Mapping[str, set[str]]:
        """The names for which the artists file gives each permalink."""
        names: defaultdict[str, set[str]] = defaultdict(set)
        for name, permalink in self.permalinks.items():
            names[permalink].add(name)
        return dict(names)

    def _asking(self, own: str) -> set[str]:
        return self._given.get(own, set()) if own else set()
