"""Carries records from the journal to every record store, each behind its own cursor, while the crawl goes on.

For each store, again and again:

1. wait until enough is waiting (the store's appetite), or the oldest of it has waited long enough (its patience)
2. read from the journal what lies behind the store's cursor
3. let the store write it
4. move the cursor

A crash between 3 and 4 delivers the same records again, and the store makes nothing new of it: at-least-once delivery
has exactly-once effect. A store that fails stops; the others go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import msgspec

from asyncscrape.storage.base import Journal, RecordStore

T = TypeVar("T")


class Progress(msgspec.Struct, frozen=True):
    """How far a store is."""

    seq: int
    """The last batch of the journal that it holds for good."""
    trouble: str = ""
    """Why it takes no more records, if so."""


class Fanout:
    """All record stores of a run."""

    def __init__(self, stores: Sequence[RecordStore], journal: Journal) -> None:
        self._pumps = [_Pump(store, journal) for store in stores]
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Open the stores and begin to deliver, first of all what an earlier run left in the journal."""
        for pump in self._pumps:
            await pump.open()
        self._tasks = [asyncio.create_task(pump.run()) for pump in self._pumps]

    def notify(self, size: int = 0) -> None:
        """New batches were committed to the journal, so many bytes of lines."""
        for pump in self._pumps:
            pump.notify(size)

    def progress(self) -> Mapping[str, Progress]:
        """How far each store is, by the words of the config."""
        return {name: pump.progress() for pump in self._pumps for name in pump.store.names}

    async def failure(self) -> Exception:
        """Wait until a store fails, and say why; without a failure this never returns."""
        if not self._pumps:
            await asyncio.Event().wait()
        waiting = [asyncio.create_task(pump.failure()) for pump in self._pumps]
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            for task in waiting:
                task.cancel()

    async def drain(self) -> None:
        """Return when every store holds all that is in the journal.

        A store that cannot is raised at the end, after the others are done. May be called in mid-run too, when the
        journal has grown too long.
        """
        results = await asyncio.gather(*(pump.drain() for pump in self._pumps), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def finish(self) -> dict[str, int]:
        """Drain, then make the finished tables, one store after the other to save memory; raise as `drain` does.

        How many records each table holds is the same in every store.
        """
        rows: dict[str, int] = {}
        errors: list[Exception] = []
        for pump in self._pumps:
            try:
                rows |= await pump.finish()
            except Exception as error:
                errors.append(error)
        if errors:
            raise errors[0]
        return rows

    async def close(self) -> None:
        """Stop delivering and let go of the stores; what was not delivered stays in the journal."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for pump in self._pumps:
            await pump.store.close()


class _Pump:
    """Carries records to one store."""

    def __init__(self, store: RecordStore, journal: Journal) -> None:
        self.store = store
        self._journal = journal
        self._seq = 0
        self._error: Exception | None = None
        self._broken = asyncio.Event()
        self._turn = asyncio.Lock()
        self._bytes = 0
        self._since = 0.0
        """When the oldest waiting batch was committed, by the loop's clock."""
        self._some = asyncio.Event()
        self._enough = asyncio.Event()

    def progress(self) -> Progress:
        return Progress(self._seq, str(self._error) if self._error else "")

    async def failure(self) -> Exception:
        await self._broken.wait()
        assert self._error is not None
        return self._error

    async def open(self) -> None:
        self._seq = await self._journal.cursor(self.store.id)
        await self.store.open(self._seq)

    def notify(self, size: int) -> None:
        self._bytes += size
        if not self._some.is_set():
            self._since = asyncio.get_running_loop().time()
            self._some.set()
        if self._bytes >= self.store.appetite:
            self._enough.set()

    async def run(self) -> None:
        """Deliver until cancelled, or until the store fails, which `failure` then tells."""
        with suppress(Exception):
            await self.drain()
            while True:
                await self._until_due()
                await self._guarded(self._deliver(everything=False))

    async def drain(self) -> None:
        await self._guarded(self._deliver(everything=True))

    async def finish(self) -> Mapping[str, int]:
        await self.drain()
        return await self._guarded(self.store.finish())

    async def _until_due(self) -> None:
        await self._some.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._since + self.store.patience):
                await self._enough.wait()

    async def _deliver(self, *, everything: bool) -> None:
        """Deliver what waits now; with `everything` also what is committed meanwhile."""
        async with self._turn:
            if self._error:
                raise self._error
            self._bytes = 0
            self._some.clear()
            self._enough.clear()
            while batches := await self._journal.read(self._seq, self.store.appetite):
                await self.store.write(batches)
                await self._journal.advance(self.store.id, batches[-1].seq)
                self._seq = batches[-1].seq
                if not everything and sum(len(batch.lines) for batch in batches) < self.store.appetite:
                    break

    async def _guarded(self, work: Coroutine[Any, Any, T]) -> T:
        """Do the work; if the store fails at it, remember that."""
        try:
            return await work
        except Exception as error:
            self._error = error
            self._broken.set()
            raise
