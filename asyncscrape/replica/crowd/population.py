"""Who belongs to which community, who is known to whom: tables of all accounts, drawn at first use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import NamedTuple

from asyncscrape.replica.crowd.nouns import Crowd, MemberState

ERAS = ((2009, 2013), (2013, 2015), (2015, 2017), (2017, 2019), (2019, 2021), (2021, 2026))
"""The years in which the uploads of a generation begin, and the year after."""
_STATES = (
    (MemberState.EMPTY, 0.012),
    (MemberState.PRIVATE, 0.012),
    (MemberState.DELETED, 0.015),
    (MemberState.BROKEN, 0.012),
    (MemberState.RENAMED, 0.02),
    (MemberState.UNCOUNTED, 0.015),
)
_WITHOUT_TRACKS = 0.25
_MOST_TRACKS = 40
_RANK_SHIFT = 4
_RANK_POWER = 0.75
"""The n-th best known of a community is known like 1 / (n + shift)^power."""
_UNHEARD = 0.03
"""How much less those are known who upload nothing."""
_SHARED = 0.25
"""The share of a community that its neighbour knows as well."""


class Known(NamedTuple):
    """Places of accounts to choose from, the best known first, with their weights summed up."""

    places: Sequence[int]
    weights: Sequence[float]

    def some(self, random: Random, number: int) -> list[int]:
        """So many of them, some several times."""
        return random.choices(self.places, cum_weights=self.weights, k=number) if number else []


@dataclass(frozen=True)
class Population:
    """The tables; each has an entry for each account, by its place."""

    community: Sequence[int]
    era: Sequence[int]
    state: Sequence[MemberState]
    tracks: Sequence[int]
    """How many tracks each has uploaded."""
    fame: Sequence[float]
    """How well each is known: 1 for the best known of a large community, more for stars."""
    stars: Known
    members: Sequence[Known]
    """The members of each community."""
    shared: Sequence[Known]
    """Those members of each community whom its neighbour knows."""
    everybody: Known
    is_star: frozenset[int]

    def neighbour(self, community: int) -> int:
        """The community next to one: they go in pairs, so that each shares its taste with another."""
        other = community ^ 1
        return other if other < len(self.members) else 0


@lru_cache(maxsize=2)
def population(crowd: Crowd) -> Population:
    """The tables of a crowd."""
    random = Random(f"{crowd.seed} population")
    community = _communities(random, crowd)
    tracks = [_number_of_tracks(random) for _ in community]
    stars = _stars(random, crowd, tracks)
    fame = _fame(random, crowd, community, tracks)
    members = [[place for place, own in enumerate(community) if own == one] for one in range(crowd.communities)]
    choices = [_choice(places, fame) for places in members]
    return Population(
        community=community,
        era=_eras(random, crowd, community),
        state=[MemberState.USUAL if place in stars.places else _state(random) for place in range(crowd.accounts)],
        tracks=tracks,
        fame=fame,
        stars=stars,
        members=choices,
        shared=[_first(choice, _SHARED) for choice in choices],
        everybody=_choice(range(crowd.accounts), fame),
        is_star=frozenset(stars.places),
    )


def sizes(crowd: Crowd) -> list[int]:
    """The numbers of members, largest first, as a power law has it; together they are all accounts."""
    room = crowd.accounts - crowd.smallest * crowd.communities
    most = max(crowd.accounts // 4, 2 * crowd.accounts // crowd.communities)
    span = min(min(crowd.largest, most) - crowd.smallest, room)
    lowest, highest = 0.01, 30.0
    for _ in range(40):
        middle = (lowest + highest) / 2
        lowest, highest = (middle, highest) if span * sum(_falling(crowd, middle)) > room else (lowest, middle)
    found = [crowd.smallest + int(span * share) for share in _falling(crowd, highest)]
    for place in range(crowd.accounts - sum(found)):
        found[1 + place % max(1, crowd.communities - 2)] += 1
    return found


def _falling(crowd: Crowd, power: float) -> list[float]:
    """A share for each community, from 1 down to 0."""
    last = crowd.communities**-power
    return [(rank**-power - last) / (1 - last) for rank in range(1, crowd.communities + 1)]


def _communities(random: Random, crowd: Crowd) -> list[int]:
    community = [one for one, size in enumerate(sizes(crowd)) for _ in range(size)]
    random.shuffle(community)
    return community


def _number_of_tracks(random: Random) -> int:
    if random.random() < _WITHOUT_TRACKS:
        return 0
    return min(_MOST_TRACKS, 1 + int(random.lognormvariate(2.2, 0.8)))


def _stars(random: Random, crowd: Crowd, tracks: Sequence[int]) -> Known:
    able = [place for place, number in enumerate(tracks) if number >= 8]
    chosen = random.sample(able, max(2, int(crowd.stars * crowd.accounts)))
    return Known(chosen, list(accumulate((rank + 6) ** -0.6 for rank in range(len(chosen)))))


def _fame(random: Random, crowd: Crowd, community: Sequence[int], tracks: Sequence[int]) -> list[float]:
    """A power law within each community, of those who have uploaded something."""
    ranks = [0] * crowd.communities
    fame = [0.0] * crowd.accounts
    for place in random.sample(range(crowd.accounts), crowd.accounts):
        ranks[community[place]] += 1
        weight = (ranks[community[place]] + _RANK_SHIFT) ** -_RANK_POWER
        fame[place] = weight if tracks[place] else weight * _UNHEARD
    return fame


def _choice(places: Sequence[int], fame: Sequence[float]) -> Known:
    best = sorted(places, key=lambda place: -fame[place])
    return Known(best, list(accumulate(fame[place] for place in best)))


def _first(choice: Known, share: float) -> Known:
    number = max(1, int(len(choice.places) * share))
    return Known(choice.places[:number], choice.weights[:number])


def _eras(random: Random, crowd: Crowd, community: Sequence[int]) -> list[int]:
    """The community tells mostly, and not always, the era."""
    own = [place % len(ERAS) for place in range(crowd.communities)]
    random.shuffle(own)
    return [own[one] if random.random() < crowd.era else random.randrange(len(ERAS)) for one in community]


def _state(random: Random) -> MemberState:
    chance = random.random()
    for state, share in _STATES:
        chance -= share
        if chance < 0:
            return state
    return MemberState.USUAL
