"""The walk of the job "network" as the replica's truth has it: slow, plain, and one account after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from asyncscrape.replica.crowd import truth
from asyncscrape.replica.crowd.nouns import Crowd, Member, MemberState

WEIGHTS: Mapping[str, int] = {"likes": 1, "comments": 3, "reposts": 3, "follows": 3}

Row = dict[str, Any]


class Turn(NamedTuple):
    """An account in the order of the walk."""

    id: int
    score: float | None
    after: int | None


def walk(
    crowd: Crowd,
    permalinks: Sequence[str],
    most: int,
    ahead: int,
    latest: int,
    kinds: Sequence[str] = tuple(WEIGHTS),
    *,
    score: Callable[[Member, int, int], float] = lambda member, votes, met_by: float(votes),
    later: tuple[int, int] | None = None,
) -> list[Turn]:
    """The first accounts of the walk; `later` is another look-ahead, and the accounts closed before it."""
    turns = [Turn(member_at(crowd, one).profile.id, None, None) for one in permalinks]
    scores: Counter[int] = Counter()
    met_by: dict[int, int] = {}
    named: set[int] = set()
    for closed in range(1, most + 1):
        if closed > len(turns):
            break
        own = turns[closed - 1].id
        for (kind, target), deeds in done_by(crowd, own, latest, kinds).items():
            if target != own:
                scores[target] += WEIGHTS[kind] * deeds.n
                met_by[target] = closed
                if truth.account(crowd, target).state is not MemberState.DELETED:  # type: ignore[union-attr]
                    named.add(target)
        if later and closed == later[0]:
            ahead = later[1]
        while len(turns) < closed + ahead:
            free = (named & scores.keys()) - {turn.id for turn in turns}
            if not free:
                break
            values = {one: score(member_at(crowd, one), scores[one], met_by[one]) for one in free}
            best = min(free, key=lambda one: (-values[one], permalink(crowd, one)))
            turns.append(Turn(best, values[best], closed))
    return turns[:most]


def member_at(crowd: Crowd, who: int | str) -> Member:
    found = truth.account(crowd, who)
    assert found is not None
    return found


def permalink(crowd: Crowd, who: int) -> str:
    return member_at(crowd, who).profile.permalink


def done_by(crowd: Crowd, who: int, latest: int, kinds: Sequence[str]) -> Mapping[tuple[str, int], Any]:
    """What an account shows of what it did."""
    if member_at(crowd, who).state in (MemberState.DELETED, MemberState.PRIVATE, MemberState.EMPTY):
        return {}
    return truth.interactions(crowd, who, latest, kinds)


def interactions(
    crowd: Crowd, turns: Sequence[Turn], latest: int, kinds: Sequence[str] = tuple(WEIGHTS)
) -> list[tuple[Any, ...]]:
    """The rows of the table of interactions: account, kind, target, number, first and last."""
    return sorted(
        (turn.id, kind, target, deeds.n, written(deeds.first_at), written(deeds.last_at))
        for turn in turns
        for (kind, target), deeds in done_by(crowd, turn.id, latest, kinds).items()
    )


def written(time: datetime | None) -> str | None:
    return None if time is None else time.strftime("%Y-%m-%dT%H:%M:%SZ")
