"""Errands: requests that are not in the frontier and wait for a turn of their host like all others.

They may go to a host that the frontier has not granted to this worker: a robots.txt redirects there, or a page goes
on there. If another worker has it, that gives it back when its open requests have ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from asyncscrape.crawl.events import Ended, Events, Granted, Woken
from asyncscrape.crawl.exchange import HostNews
from asyncscrape.crawl.grants import Grants
from asyncscrape.crawl.hosts import Errand, HostMoved, Started
from asyncscrape.crawl.tasks import Tasks
from asyncscrape.frontier.base import Worker

PAUSE = 0.3
"""Seconds between two requests for a host that another worker has."""


class Errands:
    """Gets turns for them."""

    def __init__(self, worker: Worker, grants: Grants, tasks: Tasks, events: Events) -> None:
        self._worker = worker
        self._grants = grants
        self._tasks = tasks
        self._events = events

    async def have(self, host: str) -> None:
        """Wait until this host is ours. Who is alone has every host."""
        while self._worker.shared and host not in self._grants:
            granted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
            self._tasks.begin(self._ask_for(host, granted))
            await asyncio.sleep(0 if await granted else PAUSE)

    async def _ask_for(self, host: str, granted: asyncio.Future[bool]) -> None:
        """What is granted is told even if whoever asked for it is gone: else nobody would ask this host any more."""
        grants = await self._worker.acquire(0, [host])
        self._events.put(Granted(grants, self._worker.lease.term))
        if not granted.done():
            granted.set_result(bool(grants))

    async def turn(self, host: str, queue: Callable[[Errand], None]) -> Started:
        """A turn of a host, for which an errand is put into a `queue`. Raises FetchError if the host is given up."""
        while True:
            await self.have(host)
            turn: Errand = asyncio.get_running_loop().create_future()
            queue(turn)
            self._events.put(Woken())
            with suppress(HostMoved):
                return await self._given(turn)

    async def _given(self, turn: Errand) -> Started:
        try:
            return await turn
        except asyncio.CancelledError:  # who asked for it is gone
            if turn.done() and not turn.cancelled() and not turn.exception():
                self._events.put(Ended(*turn.result(), HostNews()))
            raise
