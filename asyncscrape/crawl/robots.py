"""robots.txt at run time: which origins have been asked, and what they said.

The rules of RFC 9309 are in `robots`; this keeps the answers, and has the crawl ask for those that are missing.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from asyncscrape.errors import FetchError
from asyncscrape.model import Request, Response
from asyncscrape.politeness.clock import Policy
from asyncscrape.politeness.decisions import deadline, decide
from asyncscrape.politeness.robots import Cached, Later, Robots, judge, robots_url

log = logging.getLogger(__name__)

ROBOTS = "robots"
"""The kind of request that asks for a robots.txt."""
RESPITE = 600.0
"""Seconds that an expired robots.txt serves when a new one cannot be had."""


class Gate:
    """The robots.txt of every origin of a run."""

    def __init__(
        self,
        fetch: Callable[[Request], Awaitable[Response]],
        saved: Mapping[str, bytes],
        now: Callable[[], float],
    ) -> None:
        self._fetch = fetch
        self._now = now
        self._cached = {origin: Cached.load(data) for origin, data in saved.items()}
        self._robots: dict[str, tuple[Cached, Robots]] = {}
        self._stale: dict[str, Cached] = {}
        """What has expired. The RFC lets it be used while nothing newer can be had."""
        self.refused: dict[str, str] = {}
        """Origins of which nothing is fetched in this run, and why their robots.txt could not be read."""
        self._news: dict[str, bytes] = {}

    def robots(self, origin: str, user_agent: str) -> Robots | None:
        """What an origin allows; None when it has to be asked first."""
        known = self._robots.get(origin)
        if known is None:
            cached = self._cached.pop(origin, None)
            if cached is None:
                return None
            known = self._robots[origin] = (cached, cached.robots(user_agent))
        if known[0].expires <= self._now():
            del self._robots[origin]
            self._stale[origin] = known[0]
            return None
        return known[1]

    def take_news(self) -> dict[str, bytes]:
        """Answers that are not stored yet; the caller stores them."""
        news, self._news = self._news, {}
        return news

    async def ask(self, origin: str, policy: Policy) -> None:
        """Read the robots.txt of an origin, or refuse the origin for the rest of the run.

        While it cannot be read nothing else is asked of the origin, so it is tried again as often as a page. One that
        was read before is good for a little longer instead.
        """
        attempts = 0
        while True:
            answer = await read_robots(origin, self._fetch, self._now)
            if isinstance(answer, Cached):
                self._cached[origin] = answer
                self._news[origin] = answer.dump()
                return
            if stale := self._stale.pop(origin, None):
                self._cached[origin] = msgspec.structs.replace(stale, expires=self._now() + RESPITE)
                return
            again = decide(
                attempts,
                policy,
                self._now(),
                random.random,
                transient=answer.transient,
                not_before=answer.not_before,
            )
            if not again.retry:
                log.warning("nothing of %s is fetched: its robots.txt cannot be read (%s)", origin, answer.reason)
                self.refused[origin] = f"robots.txt cannot be read: {answer.reason}"
                return
            log.warning("%s/robots.txt cannot be read (%s); nothing is asked there meanwhile", origin, answer.reason)
            attempts += 1
            await asyncio.sleep(again.at - self._now())


class Unread(msgspec.Struct, frozen=True):
    """A robots.txt that could not be read this time."""

    reason: str
    transient: bool = True
    """Whether another try may help."""
    not_before: float | None = None


async def read_robots(
    origin: str, fetch: Callable[[Request], Awaitable[Response]], now: Callable[[], float]
) -> Cached | Unread:
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
