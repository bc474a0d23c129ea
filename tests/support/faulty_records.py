"""A record store of files that a test keeps from its work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from asyncscrape.crawl.build import Builders
from asyncscrape.errors import StoreError
from asyncscrape.model import Batch
from asyncscrape.storage.base import RecordStore
from asyncscrape.storage.build import build_stores

AWAY = "the shelf is out of reach"
Write = Callable[[Sequence[Batch]], Awaitable[None]]


async def refuse(batches: Sequence[Batch]) -> None:
    raise StoreError(AWAY, passing=True)


async def hang(batches: Sequence[Batch]) -> None:
    await asyncio.sleep(1000)


class Fault:
    """What the stores do when they are to write; None while all is well."""

    def __init__(self, write: Write | None = None) -> None:
        self.write = write

    @property
    def builders(self) -> Builders:
        """For a run whose stores have this fault."""
        return Builders(
            stores=lambda *given, **shared: [FaultyRecords(store, self) for store in build_stores(*given, **shared)]
        )


class FaultyRecords:
    """Files, as long as nothing goes wrong; even few records are not kept waiting."""

    patience = 0.05

    def __init__(self, store: RecordStore, fault: Fault) -> None:
        self._store = store
        self._fault = fault

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def write(self, batches: Sequence[Batch]) -> None:
        await (self._fault.write or self._store.write)(batches)
