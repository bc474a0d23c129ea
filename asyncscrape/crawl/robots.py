"""robots.txt at run time: the answers of the origins asked so far.

The rules of RFC 9309 are in `politeness/robots.py`; this module keeps the answers and asks for missing ones.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from itertools import count

import msgspec

from asyncscrape.crawl.host_policies import HostPolicies
from asyncscrape.errors import FetchError, Reason
from asyncscrape.model import Request, Response
from asyncscrape.politeness.clock import Policy
from asyncscrape.politeness.decisions import Decision, deadline, decide
from asyncscrape.politeness.robots import Cached, Later, Robots, judge, robots_url
from asyncscrape.urls import authority, origin

log = logging.getLogger(__name__)

ROBOTS = "robots"
"""The kind of request that asks for a robots.txt."""
RESPITE = 600.0
"""Seconds for which an expired robots.txt is used when a new one cannot be read."""

Fetch = Callable[[Request], Awaitable[Response]]
"""One exchange, in its host's turn. Raises `FetchError`."""


class Refused(msgspec.Struct, frozen=True):
    """An origin from which nothing is fetched in this run."""

    why: str


class RobotsFiles:
    """The robots.txt of every origin of a run."""

    def __init__(self, policies: HostPolicies, now: Callable[[], float]) -> None:
        self._policies = policies
        self._now = now
        self._read: dict[str, Cached] = {}
        """By origin. Expired ones stay: the RFC allows their use while no newer one can be read."""
        self._rules: dict[str, Robots] = {}
        """The same, parsed for our user agent when first needed."""
        self._refused: dict[str, Refused] = {}
        self._news: dict[str, bytes] = {}

    def load(self, saved: Mapping[str, bytes]) -> None:
        """Take over answers of an earlier run."""
        self._read |= {origin: Cached.load(data) for origin, data in saved.items()}

    def of(self, origin: str) -> Robots | Refused | None:
        """The rules of an origin; None if it must be asked first."""
        cached = self._read.get(origin)
        if cached is None or cached.expires <= self._now():
            return self._refused.get(origin)
        rules = self._rules.get(origin)
        if rules is None:
            rules = self._rules[origin] = cached.robots(self._policies.user_agent(authority(f"{origin}/")))
        return rules

    def crawl_delay(self, host: str) -> float | None:
        """The Crawl-delay that a host asks for; it may have a robots.txt for http and another for https."""
        both = [self.of(f"{scheme}://{host}") for scheme in ("http", "https")]
        return max((rules.crawl_delay or 0.0 for rules in both if isinstance(rules, Robots)), default=None)

    def take_news(self) -> dict[str, bytes]:
        """Take the answers that are not stored yet; the caller stores them."""
        news, self._news = self._news, {}
        return news

    async def ask(self, origin: str, fetch: Fetch, *, answered: bool) -> None:
        """Read the robots.txt of an origin, or refuse the origin for the rest of the run.

        Until it is read, nothing else is asked of the origin: so it is retried as often as a page, and twice as often
        if the host has `answered` before. If an older one is known, that is used a little longer instead.
        """
        policy = self._policies.policy(authority(f"{origin}/"))
        policy = replace(policy, retries=2 * policy.retries) if answered else policy
        for attempts in count():
            found = await read_robots(origin, fetch, self._now)
            if isinstance(found, Cached):
                self._keep(origin, found)
                return
            if origin in self._read:
                self._prolong(origin)
                return
            again = self._next_try(found, attempts, policy)
            if not again.retry:
                self._refuse(origin, found.reason)
                return
            log.warning("%s/robots.txt cannot be read (%s); the host waits until it can", origin, found.reason)
            await asyncio.sleep(again.at - self._now())

    def _keep(self, origin: str, found: Cached) -> None:
        self._read[origin] = found
        self._rules.pop(origin, None)
        self._news[origin] = found.dump()

    def _prolong(self, origin: str) -> None:
        self._read[origin] = msgspec.structs.replace(self._read[origin], expires=self._now() + RESPITE)

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
    return found.robots(policies.user_agent(host)).allows(url)


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
