"""Group commit: what became of many requests is stored in one transaction.

While one group is being written the next one gathers, so a slow disk makes groups larger and nothing else slower.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping

import msgspec

from asyncscrape.crawl.exchange import Travelled
from asyncscrape.frontier.sqlite.queue import Frontier, Notes, Taken
from asyncscrape.frontier.sqlite.thread import FrontierThread
from asyncscrape.model import Outcome, Request, State

GATHER = 0.03
"""Seconds in which a group gathers, unless somebody has nothing to do until it is stored."""
SILENCE = 5.0
"""Seconds after which the notes are written even when nothing ends: what `status` shows is never much older."""
LARGE_GROUP = 500
LARGE_BYTES = 8_000_000
BACKLOG = 2_000
"""Outcomes that may wait for the disk before no more requests are started."""


class Stored(msgspec.Struct, frozen=True):
    """What a commit changed for those who schedule."""

    fresh: Counter[str]
    """New URLs by host."""
    taken: Mapping[str, Taken]
    """What was leased for hosts that wanted something to do."""
    outcomes: tuple[Outcome, ...]
    records: int
    """New records for the stores."""
    bytes: int
    """Their size in the journal."""


class Committer:
    """Gathers outcomes and writes them."""

    def __init__(
        self,
        thread: FrontierThread,
        frontier: Frontier,
        notes: Callable[[], Notes],
        now: Callable[[], float],
        on_stored: Callable[[Stored], None],
    ) -> None:
        self._thread = thread
        self._frontier = frontier
        self._notes = notes
        self._now = now
        self._on_stored = on_stored
        self._waiting: list[Outcome] = []
        self._offers: list[Request] = []
        self._given_up: dict[str, tuple[str, str]] = {}
        self._wants: dict[str, int] = {}
        self._tally: Counter[str] = Counter()
        self._bytes = 0
        self._news = asyncio.Event()
        self._hurry = asyncio.Event()
        self._writing = False
        self._closing = False

    # What others tell it

    def put(self, travelled: Travelled) -> None:
        """A request has ended."""
        outcome = travelled.outcome
        self._waiting.append(outcome)
        self._bytes += sum(len(lines.text) for lines in outcome.records.values())
        self._tally.update(bytes=travelled.size, dropped=travelled.dropped)
        if outcome.state == State.PENDING and not outcome.hop:
            self._tally["retries"] += 1
        self._news.set()
        if len(self._waiting) >= LARGE_GROUP or self._bytes >= LARGE_BYTES:
            self._hurry.set()

    def offer(self, requests: list[Request]) -> None:
        """Requests that no page offered."""
        self._offers += requests
        self._news.set()

    def give_up(self, host: str, reason: str, detail: str) -> None:
        """Everything that waits at a host is to fail."""
        self._given_up[host] = (reason, detail)
        self._news.set()

    def found(self, records: Mapping[str, int]) -> None:
        """The finished tables hold so many records: some of those written before had the key of others."""
        for table, n in records.items():
            name = f"record.{table}"
            self.count(name, n - self._frontier.totals.get(name, 0))

    def count(self, name: str, n: float = 1) -> None:
        """Add to a total; it is written with the next group."""
        self._tally[name] += n  # type: ignore[assignment]  # seconds are fractions

    def want(self, host: str, limit: int) -> None:
        """With what waits here, a host wants at most so many requests to be leased."""
        self._wants[host] = limit

    def hurry(self) -> None:
        """Somebody has nothing to do until this is stored: do not wait for a larger group."""
        self._hurry.set()

    # What others ask

    @property
    def busy(self) -> bool:
        """Whether anything is not stored yet."""
        return bool(self._waiting or self._offers or self._given_up or self._writing)

    @property
    def full(self) -> bool:
        """Whether so much waits for the disk that nothing more should be started."""
        return len(self._waiting) >= BACKLOG or self._bytes >= 4 * LARGE_BYTES

    # Its work

    async def run(self) -> None:
        """Write groups until closed; then write what is left."""
        while not self._closing or self.busy:
            quiet = not await set_within(SILENCE, self._news)
            if not self._closing and not quiet:
                await set_within(GATHER, self._hurry)
            self._news.clear()
            self._hurry.clear()
            if self.busy or quiet:
                await self.write()

    def close(self) -> None:
        """Let `run` end once everything is stored."""
        self._closing = True
        self._news.set()
        self._hurry.set()

    async def write(self) -> None:
        """Store what has gathered."""
        outcomes, offers, given_up = self._waiting, self._offers, self._given_up
        self._waiting, self._offers, self._given_up = [], [], {}
        self._bytes = 0
        tally, self._tally = self._tally, Counter()
        wants, self._wants = self._wants, {}
        notes = msgspec.structs.replace(self._notes(), offers=offers, given_up=given_up, tallies=tally)
        self._writing = True
        try:
            done = await self._thread.call(self._frontier.commit_and_take, outcomes, notes, wants, self._now())
        finally:
            self._writing = False
        self._on_stored(Stored(done.fresh, done.taken, tuple(outcomes), done.records, done.bytes))


async def set_within(seconds: float, event: asyncio.Event) -> bool:
    """Wait for an event, but only so long; whether it is set."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
