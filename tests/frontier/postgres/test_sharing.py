"""How workers divide what belongs to the whole job: whatever happens, they never take more than all of it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from asyncscrape.frontier.postgres.team.sharing import Sharer, Sharing, division
from asyncscrape.lease_clock import now
from asyncscrape.team import Team

STEPS = ["go on"] * 8 + ["start"] * 8 + ["sign", "abort", "die", "pass", "end", "end"]
WORKERS = 3
JOINED = [[("go on", who)] * 2 for who in range(4)]
"""What lets a worker join, or look at the others."""
OPEN = 5
"""Requests that may be open at once."""
FULL = [*JOINED[0], *[("start", 0)] * OPEN, *JOINED[1]]
"""The first has as much open as all may; the second waits."""


class Busy(Exception):
    """Another transaction has the turn."""


class Rows:
    """The rows of living workers, as they are committed."""

    def __init__(self) -> None:
        self.committed: dict[int, Sharer] = {}
        self.gone_for: Callable[[], float | None] = lambda: None
        """Seconds since somebody has gone beside those who are there."""
        self.turn: Change | None = None
        self.last = 0


class Change:
    """A transaction that is under way: only its own statements see what it has changed."""

    def __init__(self, rows: Rows, worker: int = 0) -> None:
        self.worker = worker
        self.after: list[Callable[[], None]] = []
        self._rows = rows
        self._changed: dict[int, Sharer] = {}

    def put(self, sharer: Sharer) -> None:
        self._changed[sharer.id] = sharer

    async def rows(self, name: str, *values: object) -> Sequence[Sharer]:
        if name == "wanted":
            return []
        return [sharer for _, sharer in sorted((self._rows.committed | self._changed).items())]

    async def value(self, name: str, *values: object) -> float | None:
        return self._rows.gone_for() if name == "gone_for" else 10

    async def run(self, name: str, *values: Any) -> None:
        if name == "turn_lock":
            if self._rows.turn not in (None, self):
                raise Busy
            self._rows.turn = self
        else:
            worker, *more = values
            change = {"among": more[0]} if name == "announce" else {"expected": 1}
            self.put(self._changed[worker]._replace(**change))

    def end(self, *, stored: bool) -> None:
        if self._rows.turn is self:
            self._rows.turn = None
        if stored:
            self._rows.committed |= self._changed
            for remember in self.after:
                remember()


class Player:
    """A worker and its transaction, if one is under way."""

    def __init__(self, rows: Rows, team: Team, clock: Callable[[], float] = now) -> None:
        self.rows = rows
        self.team = team
        self.sharing = Sharing(team, 8.0, clock)
        self.id = 0
        self.change: Change | None = None
        self.open = 0
        """Requests that are open."""
        self.sharing.within = lambda share: self.open <= share.part(OPEN)

    @property
    def lives(self) -> bool:
        return self.id in self.rows.committed

    def part(self, total: int) -> int:
        return self.sharing.share.part(total) if self.lives else 0

    async def step(self, what: str) -> None:
        """Nobody fences a worker in the middle of a transaction."""
        if self.change is not None:
            self.end(stored=what != "abort")
        elif not self.lives:
            await self.attempt(Change(self.rows), self.join)
        elif what in ("go on", "sign"):
            await self.attempt(Change(self.rows, self.id), self.beat if what == "go on" else self.sign)
        elif what == "die":
            del self.rows.committed[self.id]
            self.open = 0
        elif what == "start":
            self.open += self.open < self.part(OPEN)
        elif what == "end":
            self.open = max(0, self.open - 1)
        elif what == "pass":
            self.rows.committed[self.id] = self.rows.committed[self.id]._replace(expected=1)

    async def attempt(self, change: Change, step: Any) -> None:
        self.change = change
        try:
            await step(change)
        except Busy:
            self.end(stored=False)

    def end(self, *, stored: bool) -> None:
        if self.change is not None:
            self.change.end(stored=stored)
            self.id = self.change.worker if stored else self.id
            self.change = None

    async def join(self, change: Any) -> None:
        await change.run("turn_lock")
        self.rows.last = change.worker = self.rows.last + 1
        change.put(Sharer(change.worker, 0, self.team.expected, self.team.most, False))
        await self.sharing.begin(change)

    async def sign(self, change: Any) -> None:
        among, placed = self.sharing.announced
        change.put(self.rows.committed[self.id]._replace(among=among, placed=placed))

    async def beat(self, change: Any) -> None:
        await self.sign(change)
        await self.sharing.renew(change)


@settings(max_examples=200)
@given(
    steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, WORKERS - 1)), min_size=20, max_size=100),
    expected=st.integers(1, WORKERS),
    most=st.none() | st.integers(1, WORKERS),
)
@example([*FULL, *[*JOINED[0], *JOINED[1]] * 3, *[("start", 1)] * OPEN], 1, None)
@example([*FULL, *JOINED[2], *JOINED[0], ("die", 2), *JOINED[0], *JOINED[1], *[("start", 1)] * OPEN], 1, None)
def test_parts_are_never_more_than_all_and_soon_all(
    steps: list[tuple[str, int]], expected: int, most: int | None
) -> None:
    asyncio.run(play(steps, expected, most))


async def play(steps: list[tuple[str, int]], expected: int, most: int | None) -> None:
    rows, team = Rows(), Team("one of many", expected=expected, most=most)
    players = [Player(rows, team) for _ in range(WORKERS)]
    for what, who in steps:
        await players[who].step(what)
        for total in range(1, 2 * WORKERS):
            assert sum(player.part(total) for player in players) <= total
        assert sum(player.open for player in players) <= OPEN
    for player in players:
        player.open = 0
    for what in ["abort", "go on", "go on", *["pass", "go on", "go on"] * 4]:
        for player in players:
            await player.step(what)
    for total in range(1, 2 * WORKERS):
        assert sum(player.part(total) for player in players) == total


SETTLING = 60.0
MANY = 4
"""Of so many, those behind one that goes move up to places where their parts are larger."""


class Sent:
    """What workers have sent within `SETTLING` seconds, those that have gone included: the largest part of each. One
    that comes again counts anew.
    """

    def __init__(self, players: Sequence[Player], total: int) -> None:
        self._players = players
        self._total = total
        self._parts: list[tuple[float, dict[int, int]]] = []

    def most(self, time: float) -> int:
        """The number up to this moment; to be asked for after each step."""
        self._parts.append((time, {player.id: player.part(self._total) for player in self._players}))
        sent: dict[int, int] = {}
        for at, parts in self._parts:
            if time - at < SETTLING:
                sent |= {id: max(part, sent.get(id, 0)) for id, part in parts.items()}
        return sum(sent.values())


@settings(max_examples=200)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["go on", "go on", "abort", "die", "wait"]), st.integers(0, MANY - 1)), max_size=60
    ),
    most=st.none() | st.integers(2, MANY),
)
def test_what_those_who_have_gone_have_sent_is_not_sent_again(steps: list[tuple[str, int]], most: int | None) -> None:
    everybody = [("go on", who) for who in range(MANY)] * 2
    still = [("abort", who) for who in range(MANY)]
    asyncio.run(spend([*[*everybody, ("wait", 0)] * 8, *everybody, *still, *steps], most))


@settings(max_examples=200)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["go on", "go on", "abort", "die", "wait"]), st.integers(0, MANY - 1)), max_size=60
    ),
    expected=st.integers(1, MANY),
)
@example([*JOINED[0], *JOINED[1], ("die", 1), *JOINED[2], *JOINED[3]], 3)
def test_nor_is_it_when_they_have_gone_while_others_come(steps: list[tuple[str, int]], expected: int) -> None:
    asyncio.run(spend(steps, None, expected))


async def spend(steps: Sequence[tuple[str, int]], most: int | None, expected: int = 1) -> None:
    time, gone_at = 0.0, -math.inf
    rows, team = Rows(), Team("one of many", expected=expected, most=most, settling=SETTLING)
    rows.gone_for = lambda: time - gone_at
    players = [Player(rows, team, lambda: time) for _ in range(MANY)]
    sent = {total: Sent(players, total) for total in range(1, 3 * MANY)}
    for what, who in steps:
        if what == "wait":
            time += 0.4 * SETTLING
        elif what != "die" or len(rows.committed) > 1:  # who comes when nobody is there begins anew
            gone_at = time if what == "die" else gone_at
            await players[who].step(what)
        assert dict.fromkeys(sent, True) == {total: one.most(time) <= total for total, one in sent.items()}


def test_a_place_is_kept_until_what_those_who_have_gone_have_sent_counts_no_more() -> None:
    everybody = [("go on", who) for who in range(MANY)] * 2
    die = [("die", 0), *[("go on", who) for who in (1, 2, 3)] * 4]
    asyncio.run(spend([*[*everybody, ("wait", 0)] * 8, *everybody, *die], None))


def test_more_workers_than_can_share_are_in_reserve() -> None:
    sharers = [Sharer(n, 2, 1, 2, True) for n in range(3)]
    assert [(2, 0), (2, 1), (2, 2)] == [division(sharers, n)[:2] for n in range(3)]


def test_who_waits_for_its_place_leaves_the_hosts_to_the_others() -> None:
    sharers = [Sharer(n, 3, 1, None, n < 2) for n in range(3)]
    assert [(3, 2), (3, 2), (3, 3)] == [
        (found.workers, found.hosted) for n in range(3) for found in (division(sharers, n),)
    ]
