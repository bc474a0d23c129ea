"""Documents that no queue holds, as those of a login: asked for under the rules for all, at their pace."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from asyncscrape.crawl.exchange import Answer
from asyncscrape.crawl.host_policies import HostPolicies
from asyncscrape.crawl.verdict import judge
from asyncscrape.crawl.visits import if_good
from asyncscrape.errors import FetchError, Reason
from asyncscrape.fetchers.base import Exchanging
from asyncscrape.model import Response
from asyncscrape.urls import authority


class Unqueued:
    """Makes exchanges one after the other, with the delay of their host between them."""

    waiting = 0

    def __init__(
        self, policies: HostPolicies, permits: Callable[[str], Awaitable[bool]], now: Callable[[], float]
    ) -> None:
        """`permits` says what robots.txt does."""
        self._policies = policies
        self._permits = permits
        self._now = now
        self._permitted: dict[str, bool] = {}
        self._next: dict[str, float] = {}
        """By host: when it may be asked again."""

    async def __call__(self, url: str, page: str, exchange: Exchanging) -> Response:
        """Make the exchange, see `Leave`."""
        if url not in self._permitted:
            self._permitted[url] = await self._permits(url)
        if not self._permitted[url]:
            raise FetchError(Reason.ROBOTS, f"robots.txt disallows {url}", transient=False)
        host = authority(url)
        at = max(self._now(), self._next.get(host, 0.0))
        self._next[host] = at + self._policies.policy(host).delay
        await asyncio.sleep(at - self._now())
        response = await exchange(lambda: None)
        return if_good(Answer(judge(response, 1, self._now()), response), response)
