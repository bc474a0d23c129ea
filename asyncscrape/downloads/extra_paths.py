"""Further paths of a file that was downloaded once: copied within the blob store, without another request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from asyncscrape.downloads.store_gate import StoreGate
from asyncscrape.errors import FetchError, Postponed, StoreError
from asyncscrape.frontier.base import Copy, Worker
from asyncscrape.model import KeptBlob, Outcome, State

AT_ONCE = 16
TAKEN = 64
CUT_OFF = 0.5
"""Seconds until another try of a worker that is cut off; if it has lost the copy, that does no harm."""


class ExtraPaths:
    """Makes the copies of downloads that have come."""

    def __init__(self, worker: Worker, gate: StoreGate) -> None:
        self._worker = worker
        self._gate = gate
        self._places = asyncio.Semaphore(AT_ONCE)

    async def make(self) -> AsyncIterator[Outcome]:
        """Make all copies that can be made now; the outcome of each."""
        more = True
        while more:
            copies, more = await self._worker.take_copies(TAKEN)
            tasks = [asyncio.create_task(self._make(copy)) for copy in copies]
            try:
                for made in asyncio.as_completed(tasks):
                    yield await made
            finally:
                for task in tasks:
                    task.cancel()

    async def _make(self, copy: Copy) -> Outcome:
        async with self._places:
            while True:
                await self._gate.opening()
                self._gate.enter()
                try:
                    return await self._made(copy)
                except Postponed:
                    await asyncio.sleep(CUT_OFF)
                except FetchError as error:
                    return Outcome.failed(copy.request, error.reason, error.detail)
                except StoreError as error:
                    self._gate.put_off(error)

    async def _made(self, copy: Copy) -> Outcome:
        blob = await self._gate.copy(copy.kept.blob, copy.kept.origin, copy.request)
        return Outcome(copy.request, State.DONE, kept=KeptBlob(blob, copy.kept.origin))
