"""Carries records from the journal to every record store, each behind its own cursor, while the crawl goes on.

For each store, again and again:

1. wait until enough is waiting (the store's appetite), or the oldest of it has waited long enough (its patience)
2. read from the journal what lies behind the store's cursor
3. let the store write it
4. move the cursor

A crash between 3 and 4 delivers the same records again, and the store makes nothing new of it: at-least-once delivery
has exactly-once effect. A store that is away is asked again until its deadline; one that fails stops. The others go
on either way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from asyncscrape.delivery.one_store import Progress, Pump
from asyncscrape.errors import UsageError
from asyncscrape.storage.base import Journal, RecordStore

T = TypeVar("T")

log = logging.getLogger(__name__)

CLOSING = 2.0
"""Seconds that the stores get to let go; one that hangs is left alone, for what it took is safe already."""


class Fanout:
    """All record stores of a run."""

    def __init__(self, stores: Sequence[RecordStore], journal: Journal, deadline: float) -> None:
        """`deadline` is for how many seconds a store may be in trouble before it has failed."""
        self._pumps = [Pump(store, journal, deadline) for store in stores]
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Open the stores and begin to deliver, first of all what an earlier run left in the journal.

        What a store refuses is raised. One that is only away is tried again while the run goes on.
        """
        sound(await asyncio.gather(*(pump.open() for pump in self._pumps), return_exceptions=True))
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
        sound(await asyncio.gather(*(pump.drain() for pump in self._pumps), return_exceptions=True))

    async def finish(self) -> dict[str, int]:
        """Drain, then make the finished tables; raise as `drain` does.

        One store after the other makes its tables, to save memory, but none waits for one that is away. How many
        records each table holds is the same in every store.
        """
        one_at_a_time = asyncio.Lock()
        finishing = (pump.finish(one_at_a_time) for pump in self._pumps)
        rows: dict[str, int] = {}
        for counted in sound(await asyncio.gather(*finishing, return_exceptions=True)):
            rows |= counted
        return rows

    async def close(self) -> None:
        """Stop delivering and let go of the stores; what was not delivered stays in the journal."""
        for task in self._tasks:
            task.cancel()
        await self._within(CLOSING, self._tasks)
        closing = [asyncio.create_task(pump.store.close()) for pump in self._pumps]
        await self._within(CLOSING, closing)

    async def _within(self, seconds: float, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Wait for the tasks of all stores, but not for ever, and not in vain."""
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
        for pump, task in zip(self._pumps, tasks, strict=False):
            if not task.done():
                task.cancel()
                log.warning("%s does not let go; it is left alone", pump.name)
            elif not task.cancelled() and (error := task.exception()):
                log.warning("%s did not close: %s", pump.name, error)


def sound(results: Iterable[T | BaseException]) -> list[T]:
    """The results, unless some are exceptions: then the first of those that the user must act on, or the first."""
    good: list[T] = []
    bad: list[BaseException] = []
    for result in results:
        if isinstance(result, BaseException):
            bad.append(result)
        else:
            good.append(result)
    if bad:
        raise next((error for error in bad if isinstance(error, UsageError)), bad[0])
    return good
