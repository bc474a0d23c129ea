"""robots.txt at run time: the answers of the origins asked so far.

The rules of RFC 9309 are in `politeness/robots.py`; this module keeps the answers, as far as memory is given to them,
and asks the frontier and the sites for missing ones. What takes long runs beside the loop, while the host waits.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from itertools import count
from typing import TypeVar

import msgspec

from asyncscrape.crawl.host_policies import HostPolicies
from asyncscrape.errors import FetchError, Reason
from asyncscrape.model import Request, Response
from asyncscrape.politeness.clock import Policy
from asyncscrape.politeness.decisions import Decision, deadline, decide
from asyncscrape.politeness.robots import DAY, Cached, Later, Robots, judge, robots_url
from asyncscrape.urls import authority, origin

log = logging.getLogger(__name__)

T = TypeVar("T")

ROBOTS = "robots"
"""The kind of request that asks for a robots.txt."""
RESPITE = 600.0
"""Seconds for which an expired robots.txt is used when a new one cannot be read."""
MOST_REMEMBERED = 64_000_000
"""Bytes of rules in memory; what is forgotten is read again from the frontier."""
QUICKLY_READ = 8_192
"""Bytes of a robots.txt that are read in a millisecond or so; longer ones must not hold up the loop."""
MOST_VERDICTS = 1_000
"""Verdicts of heavy rules that are remembered until the turns of their hosts, which are near."""

Fetch = Callable[[Request], Awaitable[Response]]
"""One exchange, in its host's turn. Raises `FetchError`."""
Recall = Callable[[str], Awaitable[bytes | None]]
"""The robots.txt of an origin as the frontier has stored it, if it has."""


class Refused(msgspec.Struct, frozen=True):
    """An origin from which nothing is fetched in this run."""

    why: str


class RulesKnown(msgspec.Struct, frozen=True):
    """The rules of an origin."""

    rules: Robots
    expires: float


class RulesInMemory:
    """The rules of the origins that were asked last. Expired ones stay: the RFC allows their use while no newer
    robots.txt can be read.
    """

    def __init__(self, most: int) -> None:
        """`most` bytes are kept."""
        self._most = most
        self._known: OrderedDict[str, RulesKnown] = OrderedDict()
        self._size = 0

    def get(self, origin: str) -> RulesKnown | None:
        """The rules of an origin, unless they are forgotten."""
        if origin in self._known:
            self._known.move_to_end(origin)
        return self._known.get(origin)

    def put(self, origin: str, known: RulesKnown) -> None:
        """Remember rules, in the place of others."""
        if before := self._known.pop(origin, None):
            self._size -= before.rules.size
        self._known[origin] = known
        self._size += known.rules.size
        while self._size > self._most and len(self._known) > 1:
            _, dropped = self._known.popitem(last=False)
            self._size -= dropped.rules.size


async def nothing_stored(origin: str) -> bytes | None:
    """The memory of a frontier that stores nothing."""
    return None


class RobotsFiles:
    """The robots.txt of every origin of a run."""

    def __init__(
        self,
        policies: HostPolicies,
        now: Callable[[], float],
        recall: Recall = nothing_stored,
        most: int = MOST_REMEMBERED,
    ) -> None:
        self._policies = policies
        self._now = now
        self._recall = recall
        self._memory = RulesInMemory(most)
        self._refused: dict[str, Refused] = {}
        self._delays: dict[str, float] = {}
        """The Crawl-delays, by origin; 0 where none is asked for."""
        self._verdicts: dict[str, bool] = {}
        """Those of heavy rules, by URL, the oldest first."""
        self._news: dict[str, bytes] = {}
        self._one_at_a_time = asyncio.Lock()

    def verdict(self, url: str) -> bool | Refused | None:
        """Whether a URL may be fetched; None if that must be asked first."""
        place = origin(url)
        known = self._memory.get(place)
        if known is None or known.expires <= self._now():
            return self._refused.get(place)
        return self._verdicts.get(url) if known.rules.rules.heavy(url) else known.rules.allows(url)

    def crawl_delay(self, host: str) -> float | None:
        """The Crawl-delay of a host, as far as that is known; it may have one for http and another for https."""
        places = [f"{scheme}://{host}" for scheme in ("http", "https")]
        return max((self._delays[place] for place in places if place in self._delays), default=None)

    def take_news(self) -> dict[str, bytes]:
        """Take the answers that are not stored yet; the caller stores them."""
        news, self._news = self._news, {}
        return news

    async def ask(self, url: str, fetch: Fetch, *, answered: bool) -> Sequence[str]:
        """Get the verdict on a URL, or refuse its origin for the rest of the run; sitemaps that are named there.

        The origin's robots.txt is read first if need be.
        """
        place = origin(url)
        known = self._memory.get(place)
        sitemaps: Sequence[str] = ()
        if known is None or known.expires <= self._now():
            known, sitemaps = await self._read(place, known, fetch, answered)
        if known is not None and known.rules.rules.heavy(url):
            await self._judge(url, known.rules)
        return sitemaps

    async def _judge(self, url: str, rules: Robots) -> None:
        """Find out what heavy rules say about a URL."""
        self._verdicts.pop(url, None)
        self._verdicts[url] = await self._beside(True, rules.allows, url)
        while len(self._verdicts) > MOST_VERDICTS:
            del self._verdicts[next(iter(self._verdicts))]

    async def _read(
        self, place: str, older: RulesKnown | None, fetch: Fetch, answered: bool
    ) -> tuple[RulesKnown | None, Sequence[str]]:
        """Read the robots.txt of an origin: the one that is stored, or a new one from the site."""
        stored = self._news.get(place) or await self._recall(place)
        found = None if stored is None else Cached.load(stored).at_most(DAY, self._now())
        if found is None or found.expires <= self._now():
            older = older or (None if found is None else (await self._parse(found))[0])
            found = await self._ask_site(place, older, fetch, answered)
        if found is None:
            return self._prolonged(place, older), ()
        known, sitemaps = await self._parse(found)
        self._keep(place, known)
        return known, sitemaps

    async def _ask_site(self, place: str, older: RulesKnown | None, fetch: Fetch, answered: bool) -> Cached | None:
        """Ask an origin for its robots.txt; None if it cannot be read.

        Until it is read, nothing else is asked of the origin: so it is retried as often as a page, and twice as often
        if the host has `answered` before. If an older one is known, that is used a little longer instead.
        """
        policy = self._policies.policy(authority(f"{place}/"))
        policy = replace(policy, retries=2 * policy.retries) if answered else policy
        for attempts in count():
            found = await read_robots(place, fetch, self._now)
            if isinstance(found, Cached):
                self._news[place] = found.dump()
                return found
            if older is not None:
                return None
            again = self._next_try(found, attempts, policy)
            if not again.retry:
                self._refuse(place, found.reason)
                return None
            log.warning("%s/robots.txt cannot be read (%s); the host waits until it can", place, found.reason)
            await asyncio.sleep(again.at - self._now())
        return None

    async def _parse(self, found: Cached) -> tuple[RulesKnown, Sequence[str]]:
        """The rules of a robots.txt for our user agent, and its sitemaps."""
        agent = self._policies.user_agent(authority(f"{found.origin}/"))
        rules = await self._beside(len(found.text) > QUICKLY_READ, found.robots, agent)
        return RulesKnown(msgspec.structs.replace(rules, sitemaps=()), found.expires), rules.sitemaps

    async def _beside(self, heavy: bool, function: Callable[[str], T], argument: str) -> T:
        """Call a function: at once, or in a thread if it is heavy, one at a time, so that the loop goes on."""
        if not heavy:
            return function(argument)
        async with self._one_at_a_time:
            return await asyncio.to_thread(function, argument)

    def _keep(self, place: str, known: RulesKnown) -> None:
        self._memory.put(place, known)
        self._delays[place] = known.rules.crawl_delay or 0.0

    def _prolonged(self, place: str, older: RulesKnown | None) -> RulesKnown | None:
        """The older rules, good for a little longer."""
        if older is not None:
            older = msgspec.structs.replace(older, expires=self._now() + RESPITE)
            self._keep(place, older)
        return older

    def _refuse(self, origin: str, reason: str) -> None:
        log.warning("nothing is fetched from %s in this run: its robots.txt cannot be read (%s)", origin, reason)
        self._refused[origin] = Refused(f"robots.txt cannot be read: {reason}")

    def _next_try(self, found: Unread, attempts: int, policy: Policy) -> Decision:
        return decide(
            attempts, policy, self._now(), random.random, transient=found.transient, not_before=found.not_before
        )


class Unread(msgspec.Struct, frozen=True):
    """A robots.txt that could not be read this time."""

    reason: str
    transient: bool = True
    """Whether another try may help."""
    not_before: float | None = None


async def permits(url: str, fetch: Fetch, policies: HostPolicies, now: Callable[[], float]) -> bool:
    """Whether robots.txt permits a URL that no queue holds. Raises `FetchError` if it cannot be read."""
    host = authority(url)
    if not policies.robots(host):
        return True
    found = await read_robots(origin(url), fetch, now)
    if isinstance(found, Unread):
        detail = f"{host}: robots.txt cannot be read: {found.reason}"
        raise FetchError(Reason.ROBOTS_UNREACHABLE, detail, transient=found.transient)
    return await asyncio.to_thread(lambda: found.robots(policies.user_agent(host)).allows(url))


async def read_robots(origin: str, fetch: Fetch, now: Callable[[], float]) -> Cached | Unread:
    """Ask an origin once for its robots.txt, through redirects."""
    request = Request(robots_url(origin), ROBOTS)
    while True:
        try:
            response = await fetch(request)
        except FetchError as error:
            return Unread(error.detail, transient=error.transient)
        answer = judge(response, now())
        if isinstance(answer, Cached):
            return answer
        if isinstance(answer, Later):
            return Unread(answer.reason, not_before=deadline(response, now()))
        request = Request(answer.url, ROBOTS, hops=(*request.hops, request.url))
