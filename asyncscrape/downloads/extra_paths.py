"""Further paths of what was downloaded once: made from what lies in the blob store, without asking anybody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from asyncscrape.crawl.exchange import Travelled, failed
from asyncscrape.downloads.store_gate import Keeper
from asyncscrape.errors import FetchError, StoreError
from asyncscrape.frontier.sqlite.queue import Copy, Frontier
from asyncscrape.frontier.sqlite.thread import FrontierThread
from asyncscrape.model import KeptBlob, Outcome, State
from asyncscrape.politeness.clock import Signal

AT_ONCE = 16
TAKEN = 64


class Copier:
    """Makes the copies whose bytes have come."""

    def __init__(
        self, thread: FrontierThread, frontier: Frontier, keeper: Keeper, put: Callable[[Travelled], None]
    ) -> None:
        self._thread = thread
        self._frontier = frontier
        self._keeper = keeper
        self._put = put
        self._places = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Make all that can be made by now."""
        while self._frontier.copies_ready:
            copies = await self._thread.call(self._frontier.take_copies, TAKEN)
            tasks = [asyncio.create_task(self._make(copy)) for copy in copies]
            try:
                await asyncio.gather(*tasks)
            finally:
                for task in tasks:
                    task.cancel()

    async def _make(self, copy: Copy) -> None:
        async with self._places:
            self._put(Travelled(await self._tried(copy), Signal.NONE))

    async def _tried(self, copy: Copy) -> Outcome:
        while True:
            await self._keeper.admission()
            try:
                return await self._made(copy)
            except FetchError as error:
                return failed(copy.request, error.reason, error.detail)
            except StoreError as error:
                self._keeper.put_off(error)

    async def _made(self, copy: Copy) -> Outcome:
        path = copy.kept.blob.path if self._keeper.shares else copy.request.path
        await self._keeper.copy(copy.kept.blob.path, path)
        blob = msgspec.structs.replace(copy.kept.blob, url=copy.request.asked, path=path)
        return Outcome(copy.request, State.DONE, kept=KeptBlob(blob, copy.kept.origin))
