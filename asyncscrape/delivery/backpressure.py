"""Step 7 as the run sees it: how far the stores are, when the crawl must wait for them, and how they end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from asyncscrape.delivery.all_stores import Fanout
from asyncscrape.frontier.sqlite.queue import Frontier
from asyncscrape.frontier.sqlite.thread import FrontierThread, JournalReader
from asyncscrape.stats import StoreView
from asyncscrape.storage.base import RecordStore

AT_LEAST = 1.0
"""Seconds that the stores get at a stop even when open requests have used up all the time there was."""


class Delivery:
    """The record stores of a run, and the journal that leads to them."""

    def __init__(
        self,
        thread: FrontierThread,
        frontier: Frontier,
        stores: Sequence[RecordStore],
        limits: tuple[int, float],
        on_change: Callable[[], None],
    ) -> None:
        """`limits` are the bytes that may wait in the journal and the seconds that a store may be in trouble;
        `on_change` hears of every change of what waits."""
        self._limit, deadline = limits
        self._stores = stores
        self._on_change = on_change
        self._journal = JournalReader(thread, frontier, on_change)
        self._fanout = Fanout(stores, self._journal, deadline)
        self._leave_by: float | None = None
        """When a stop takes the stores' time away, by the loop's clock."""
        self._ending: asyncio.Timeout | None = None
        self.failure = self._fanout.failure
        self.close = self._fanout.close

    async def register(self) -> None:
        """Tell the journal who reads it. A store that would miss records is refused."""
        await self._journal.register({store.id: store.names for store in self._stores})

    async def open(self) -> None:
        """Open the stores; at once they get what an earlier run left for them."""
        await self._fanout.open()

    def added(self, records: int, size: int) -> None:
        """A commit has put so many records more into the journal, with so many bytes."""
        self._journal.added(records, size)
        self._fanout.notify(size)
        self._on_change()

    # Being looked at

    def views(self) -> dict[str, StoreView]:
        """How far each store is, by the names the config has for it."""
        told = self._fanout.progress()
        return {
            name: StoreView(max(0, lag), told[name].trouble, round(told[name].trouble_for, 1))
            for name, lag in self._journal.lags.items()
        }

    def held_up(self) -> str:
        """Why the crawl must wait for the stores, for people; empty while the journal has room."""
        if self._journal.waiting <= self._limit:
            return ""
        lags = self._journal.lags
        most = max(lags.values(), default=0)
        behind = [name for name, lag in lags.items() if lag > most / 2]
        if len(behind) > 1:
            return f"{', '.join(behind)} are behind by up to {most:,} records; the crawl waits for them"
        return f"{', '.join(behind) or 'a store'} is behind by {most:,} records; the crawl waits for it"

    # The end

    async def end(self, *, tables: bool) -> dict[str, int] | None:
        """Let the stores take what is left, and make the finished tables if asked.

        How many records each of these holds; None when a stop left no time for all of it.
        """
        loop = asyncio.get_running_loop()
        until = None if self._leave_by is None else max(self._leave_by, loop.time() + AT_LEAST)
        try:
            async with asyncio.timeout_at(until) as self._ending:
                if tables:
                    return await self._fanout.finish()
                await self._fanout.drain()
                return {}
        except TimeoutError:
            if self._ending is None or not self._ending.expired():
                raise
            return None
        finally:
            self._ending = None
            await self._journal.look()

    def leave_within(self, seconds: float) -> None:
        """Somebody waits for the run to stop: what the stores have not taken by then stays in the journal."""
        self._leave_by = asyncio.get_running_loop().time() + seconds
        if self._ending is not None:
            self._ending.reschedule(self._leave_by)
