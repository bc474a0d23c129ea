"""What each account of the crowd does, drawn when somebody asks for it.

A deed goes to a star, whom all communities know; into the own community; to the well-known ones of the community next
to it; or anywhere. How much stays inside differs from account to account.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from random import Random
from typing import Literal, NamedTuple

from asyncscrape.replica.crowd.id_ranges import account_id, playlist_id, track_id
from asyncscrape.replica.crowd.nouns import KINDS, Act, Breakage, Crowd, MemberState
from asyncscrape.replica.crowd.population import population
from asyncscrape.replica.crowd.uploads import moment, playlist, times
from asyncscrape.replica.scene.people import START

_END = int(START.timestamp())
_PLAYLISTS = 0.1
_ON_OWN_TRACKS = 0.06
_AGAIN = 0.25
"""How often a comment has another by the same account under the same track."""
_CAPTIONS = (None, None, None, "for friday", "на выходные 🚂")
_BREAKAGES: tuple[Literal["server-error", "gone", "web-page"], ...] = ("server-error", "gone", "web-page")
_SPREAD = 0.9
_FEWEST, _MOST = 3, 3_000
_HASTY = 0.04
"""The share of accounts that do very little."""
_TIRELESS = 0.01
"""The share of accounts that do one kind of thing very often."""


class Habits(NamedTuple):
    """How much somebody does of each kind, and how much of it goes where."""

    numbers: Sequence[int]
    to_stars: float
    inside: float
    to_neighbour: float


@lru_cache(maxsize=4_000)
def habits(crowd: Crowd, place: int) -> Habits:
    """The habits of an account."""
    random = Random(f"{crowd.seed} {place} habits")
    total = crowd.activity * random.lognormvariate(0, _SPREAD)
    if random.random() < _HASTY:
        total = _FEWEST + random.randrange(6)
    total = min(max(total, _FEWEST), _MOST)
    parts = [share * random.uniform(0.4, 1.6) for share in (0.5, 0.14, 0.12, 0.24)]
    numbers = [round(total * part / sum(parts)) for part in parts]
    if not any(numbers[1:]):
        numbers[3] += 1
    if random.random() < _TIRELESS:
        numbers[random.randrange(len(KINDS))] = random.randrange(1_000, 2_000)
    inside = crowd.inside * random.uniform(0.35, 1.65)
    stars = crowd.to_stars * random.uniform(0.7, 1.3)
    return Habits(numbers, stars, inside, crowd.to_neighbour * random.uniform(0.3, 1.7))


@lru_cache(maxsize=1_000)
def deeds_of(crowd: Crowd, place: int, kind: str) -> Sequence[Act]:
    """Somebody's deeds of one kind, the newest first; nothing of those who do nothing that one can see."""
    if population(crowd).state[place] in (MemberState.EMPTY, MemberState.PRIVATE, MemberState.DELETED):
        return ()
    random = Random(f"{crowd.seed} {place} {kind}")
    targets = _targets(random, crowd, place, habits(crowd, place).numbers[KINDS.index(kind)])
    match kind:
        case "follows":
            return [Act(account_id(one), None) for one in dict.fromkeys(targets) if one != place]
        case "comments":
            found = list(_comments(random, crowd, place, targets))
        case _:
            found = _once(_sounds(random, crowd, targets))
    return sorted(found, key=lambda deed: (deed.time, deed.sound_id), reverse=True)


@lru_cache(maxsize=4_000)
def breakage(crowd: Crowd, place: int) -> Breakage | None:
    """The list of an account that always fails, if it has one."""
    if population(crowd).state[place] is not MemberState.BROKEN:
        return None
    random = Random(f"{crowd.seed} {place} breakage")
    return Breakage(random.choice(KINDS), random.choice(_BREAKAGES))


def _targets(random: Random, crowd: Crowd, place: int, number: int) -> list[int]:
    """The places of those to whom so many deeds go, in no order."""
    tables, habit = population(crowd), habits(crowd, place)
    own = tables.community[place]
    counts = _split(random, number, (habit.to_stars, habit.inside, habit.to_neighbour))
    sources = (tables.stars, tables.members[own], tables.shared[tables.neighbour(own)], tables.everybody)
    found = [one for source, count in zip(sources, counts, strict=True) for one in source.some(random, count)]
    random.shuffle(found)
    return found


def _split(random: Random, number: int, shares: Sequence[float]) -> list[int]:
    """A number in parts: one for each share, and the rest."""
    parts = [0] * (len(shares) + 1)
    for _ in range(number):
        chance, part = random.random(), 0
        while part < len(shares) and chance >= shares[part]:
            chance -= shares[part]
            part += 1
        parts[part] += 1
    return parts


def _sounds(random: Random, crowd: Crowd, targets: Sequence[int]) -> Iterator[Act]:
    """A track of each, or a playlist; those who have uploaded nothing may have playlists all the same."""
    for place in targets:
        posted = times(crowd, place)
        if not posted or random.random() < _PLAYLISTS:
            number = playlist_id(place, int(random.random() * 4))
            made = int(playlist(crowd, number).created_at.timestamp())
            yield Act(account_id(place), _later(random, made), True, number)
            continue
        which = int(len(posted) * random.random())
        caption = _CAPTIONS[int(random.random() * len(_CAPTIONS))]
        yield Act(account_id(place), _later(random, posted[which]), False, track_id(place, which), caption)


def _once(deeds: Iterator[Act]) -> list[Act]:
    """Each track and each playlist once: nobody can like one twice."""
    return list({deed.sound_id: deed for deed in deeds}.values())


def _comments(random: Random, crowd: Crowd, place: int, targets: Sequence[int]) -> Iterator[Act]:
    for other in targets:
        target = place if random.random() < _ON_OWN_TRACKS else other
        posted = times(crowd, target)
        if not posted:
            continue
        which = int(len(posted) * random.random())
        yield Act(account_id(target), _later(random, posted[which]), False, track_id(target, which))
        while random.random() < _AGAIN:
            yield Act(account_id(target), _later(random, posted[which]), False, track_id(target, which))


def _later(random: Random, since: int) -> datetime:
    """A time after another, and before now."""
    return moment(since + 1 + int((_END - since - 2) * random.random()))
