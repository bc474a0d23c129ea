"""Step 6 of the crawl: group commit. The outcomes of many requests are stored in one transaction.

While one group is being written the next one gathers, so a slow disk makes groups larger and nothing else slower.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from asyncscrape.bundles import Closed, Growth
from asyncscrape.crawl.events import Events, Stored
from asyncscrape.crawl.exchange import Result
from asyncscrape.crawl.in_flight import InFlight
from asyncscrape.crawl.load import Load, spoken, weight
from asyncscrape.crawl.robots import RobotsFiles
from asyncscrape.crawl.status import Status
from asyncscrape.delivery.all_stores import AllStores
from asyncscrape.facts import TableFacts
from asyncscrape.frontier.base import GivenUp, Group, Worker
from asyncscrape.model import Outcome, Request, State
from asyncscrape.stats import Spent

GATHER = 0.03
"""Seconds for which a group gathers, unless a host is idle until it is stored."""
SILENCE = 5.0
"""Seconds after which a group is written even if nothing has ended, so that `status` is never much older."""
LARGE_GROUP = 500
LARGE_BYTES = 8_000_000
BACKLOG = 2_000
"""Outcomes that may wait for the disk before no more requests are started."""


class Gathering:
    """The group that is gathering."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self.outcomes: list[Outcome] = []
        self.offers: list[Request] = []
        self.given_up: dict[str, GivenUp] = {}
        self.facts: Mapping[str, TableFacts] = {}
        self.wants: dict[str, int] = {}
        self.requests = self.retries = self.bytes = 0
        self.size = 0
        """Bytes of the lines in it."""
        self.weight = 0
        """Bytes of memory that its outcomes take, roughly."""

    def add(self, outcome: Outcome) -> None:
        """One more outcome."""
        heavy = weight(outcome)
        self._load.add(heavy)
        self.weight += heavy
        self.outcomes.append(outcome)
        self.size += spoken(outcome)

    def next(self) -> Gathering:
        """The group after it."""
        return Gathering(self._load)

    def let_go(self) -> None:
        """Its outcomes leave memory."""
        self._load.give_back(self.weight)

    def __bool__(self) -> bool:
        return bool(self.outcomes or self.offers or self.given_up)

    @property
    def large(self) -> bool:
        """Whether it is worth a write of its own."""
        return len(self.outcomes) >= LARGE_GROUP or self.size >= LARGE_BYTES

    @property
    def spent(self) -> Spent:
        """The cost of its requests."""
        return Spent(self.requests, self.retries, self.bytes)


class Committer:
    """Gathers outcomes and writes them, together with clocks, robots.txt and totals."""

    def __init__(
        self,
        worker: Worker,
        in_flight: InFlight,
        robots: RobotsFiles,
        status: Status,
        stores: AllStores,
        events: Events,
        load: Load,
        now: Callable[[], float],
    ) -> None:
        self._worker = worker
        self._in_flight = in_flight
        self._robots = robots
        self._status = status
        self._stores = stores
        self._events = events
        self._now = now
        self._group = Gathering(load)
        self._news = asyncio.Event()
        self._hurry = asyncio.Event()
        self._turn = asyncio.Lock()
        self._closing = False

    # Told by others

    def count_request(self) -> None:
        """One more request was made; those for robots.txt count too."""
        self._group.requests += 1

    def put(self, result: Result) -> None:
        """Store the result of a request."""
        group, outcome = self._group, result.outcome
        group.add(outcome)
        group.bytes += result.size
        group.retries += outcome.state is State.PENDING and not outcome.hop
        self._news.set()
        if group.large:
            self._hurry.set()

    def offer(self, requests: Sequence[Request]) -> None:
        """New requests that did not come from a page."""
        self._group.offers += requests
        self._news.set()

    def give_up(self, host: str, why: GivenUp) -> None:
        """Fail everything that waits for this host."""
        self._group.given_up[host] = why
        self._news.set()

    def set_facts(self, facts: Mapping[str, TableFacts]) -> None:
        """What the finished tables hold: fewer records than were written, where several had the same key."""
        self._group.facts = facts

    def want(self, host: str, most: int) -> None:
        """When this group is stored, lease up to so many requests for a host."""
        self._group.wants[host] = most

    def hurry(self) -> None:
        """Something is idle until this is stored: do not wait for a larger group."""
        self._hurry.set()

    # Asked by others

    @property
    def busy(self) -> bool:
        """Whether anything still has to be stored."""
        return bool(self._group or self._turn.locked())

    @property
    def full(self) -> bool:
        """Whether so much waits for the disk that nothing new should start."""
        return len(self._group.outcomes) >= BACKLOG or self._group.weight >= 4 * LARGE_BYTES

    # Its work

    async def run(self, silence: float = SILENCE) -> None:
        """Write groups until closed, then write the rest."""
        while not self._closing or self.busy:
            quiet = not await set_within(silence, self._news)
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

    async def write(self, closed: Closed | None = None, growth: Growth | None = None) -> None:
        """Store the group and tell the stores and the loop. One group is written at a time.

        A bundle may be closed along with it, and others opened.
        """
        async with self._turn:
            gathered, self._group = self._group, self._group.next()
            group = self._complete(gathered, closed, growth)
            committed = await self._worker.commit_and_take(group, gathered.wants, self._now())
            gathered.let_go()
            self._status.stored(committed.totals, group)
            if committed.bytes:
                self._stores.added(committed.records, committed.bytes)
            self._events.put(Stored(committed, group.outcomes, self._worker.lease.term))

    def _complete(self, gathered: Gathering, closed: Closed | None, growth: Growth | None) -> Group:
        """The group with everything that is stored beside it."""
        return Group(
            outcomes=gathered.outcomes,
            offers=gathered.offers,
            given_up=gathered.given_up,
            clocks=self._in_flight.take_moved_clocks(),
            robots=self._robots.take_news(),
            spent=gathered.spent,
            facts=gathered.facts,
            look=self._status.look_if_due(),
            closed=closed,
            growth=growth,
        )


async def set_within(seconds: float, event: asyncio.Event) -> bool:
    """Wait for an event, but not longer than this; whether it is set."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
