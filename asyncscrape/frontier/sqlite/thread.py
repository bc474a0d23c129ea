"""The thread in which a run's frontier lives: SQLite blocks, and the event loop must not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from asyncscrape.frontier.sqlite.database import explained
from asyncscrape.frontier.sqlite.queue import Frontier
from asyncscrape.model import Batch

P = ParamSpec("P")
T = TypeVar("T")


class FrontierThread:
    """Calls the frontier's methods one after the other, in the order they were asked for."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, "frontier")

    async def call(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a method there and wait for what it gives."""
        return await asyncio.wrap_future(self._executor.submit(lambda: explained_call(method, *args, **kwargs)))

    async def close(self) -> None:
        """End the thread once it has done what it was asked."""
        await asyncio.to_thread(self._executor.shutdown)


def explained_call(method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a method whose troubles with the state file are told in our words."""
    with explained():
        return method(*args, **kwargs)


class JournalReader:
    """The journal as the stores read it while the crawl goes on."""

    def __init__(self, thread: FrontierThread, frontier: Frontier, on_advance: Callable[[], None]) -> None:
        self._thread = thread
        self._journal = frontier.journal
        self._on_advance = on_advance
        self._names: Mapping[str, Sequence[str]] = {}
        self.waiting = 0
        """Bytes of records that some store has yet to take."""
        self.lags: dict[str, int] = {}
        """Records that each store has yet to take, by the names the config has for it."""

    async def cursor(self, store: str) -> int:
        """The last place that this store has taken for good."""
        return await self._thread.call(self._journal.cursor, store)

    async def read(self, after: int, max_bytes: int) -> list[Batch]:
        """The batches that follow a place."""
        return await self._thread.call(self._journal.read, after, max_bytes)

    async def advance(self, store: str, seq: int) -> None:
        """The store holds everything up to here."""
        moved = await self._thread.call(self._journal.advance, store, seq)
        self.waiting -= moved.freed
        for name in self._names.get(store, ()):
            self.lags[name] -= moved.records
        self._on_advance()

    async def end(self) -> int:
        """The last place ever given to records."""
        return await self._thread.call(self._journal.end)

    def added(self, records: int, size: int) -> None:
        """The journal has grown."""
        self.waiting += size
        for store in self.lags:
            self.lags[store] += records

    async def register(self, stores: Mapping[str, Sequence[str]]) -> None:
        """Tell which stores will read, by id, with the names the config has for them; see how far they are."""
        self._names = stores
        await self._thread.call(self._journal.register, stores)
        await self.look()

    async def look(self) -> None:
        """Measure how far the stores are behind: slow with a long journal, so only where a run begins and ends."""
        self.waiting, self.lags = await self._thread.call(self._journal.behind)
