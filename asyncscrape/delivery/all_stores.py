"""Carries records from the journal to every record store, each behind its own cursor, while the crawl goes on.

For each store, again and again:

1. wait until enough is waiting (the store's appetite), or the oldest of it has waited long enough (its patience)
2. read from the journal what lies behind the store's cursor
3. let the store write it
4. move the cursor

A crash between 3 and 4 delivers the same records again, and the store ends up the same: delivery is at-least-once,
the stores are idempotent. A store that is away is asked again until its deadline; one that fails stops. The others go
on either way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from asyncscrape.delivery.backpressure import Backpressure
from asyncscrape.delivery.one_store import OneStore, Progress
from asyncscrape.errors import UsageError
from asyncscrape.expectations import TableExpectation
from asyncscrape.facts import TableFacts
from asyncscrape.frontier.base import Journal
from asyncscrape.model import FIRST, Generation
from asyncscrape.stats import StoreView
from asyncscrape.storage.base import NOTHING_EXPECTED, RecordStore

T = TypeVar("T")

log = logging.getLogger(__name__)

AT_LEAST = 1.0
"""Seconds that the stores get at a stop even when open requests have used up all the time there was."""
NO_TABLES: Mapping[str, int] = {}
CLOSING = 2.0
"""Seconds for the stores to close; one that hangs is abandoned, since what it took is safe already."""


class AllStores:
    """The record stores of a run, and the journal that leads to them."""

    def __init__(
        self,
        stores: Sequence[RecordStore],
        journal: Journal,
        limit: int,
        deadline: float,
        generation: Generation = FIRST,
        derived: Mapping[str, int] = NO_TABLES,
    ) -> None:
        """`limit` are the bytes that may wait in the journal before the crawl waits too, `deadline` the seconds for
        which a store may be in trouble before it has failed. Of `derived` tables, each with the rows it had before,
        only the rows are counted, if there are any now or were any then.
        """
        self._journal = journal
        self._derived = derived
        self._names = {store.id: store.names for store in stores}
        self.backpressure = Backpressure(self._names, limit)
        self._stores = [OneStore(store, journal, self.backpressure, deadline, generation) for store in stores]
        self._tasks: list[asyncio.Task[None]] = []
        self._leave_by: float | None = None
        """When a stop takes the stores' time away, by the loop's clock."""
        self._ending: asyncio.Timeout | None = None

    async def register(self) -> None:
        """Register the stores with the journal, which refuses a store that would miss records."""
        late = [store.store.id for store in self._stores if store.store.takes_answers]
        await self._journal.register(self._names, late)
        self.backpressure.measured(await self._journal.backlog())

    async def open(self) -> None:
        """Open the stores and begin to deliver, starting with what an earlier run left in the journal.

        Raises what a store refuses. One that is only away is tried again while the run goes on.
        """
        sound(await asyncio.gather(*(store.open() for store in self._stores), return_exceptions=True))
        self._tasks = [asyncio.create_task(store.run()) for store in self._stores]

    def added(self, records: int, size: int) -> None:
        """A commit has put so many records more into the journal, with so many bytes of lines."""
        self.backpressure.added(records, size)
        for store in self._stores:
            store.notify(size)

    def progress(self) -> Mapping[str, Progress]:
        """How far each store is in the journal, by the names the config has for it."""
        return {name: store.progress() for store in self._stores for name in store.store.names}

    def views(self) -> dict[str, StoreView]:
        """How far each store is, by the names the config has for it."""
        told = self.progress()
        return {
            name: StoreView(max(0, lag), told[name].trouble, round(told[name].trouble_for, 1))
            for name, lag in self.backpressure.lags.items()
        }

    async def failure(self) -> Exception:
        """Wait until a store fails, and say why; without a failure this never returns."""
        if not self._stores:
            await asyncio.Event().wait()
        waiting = [asyncio.create_task(store.failure()) for store in self._stores]
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            for task in waiting:
                task.cancel()

    # The end

    def leave_within(self, seconds: float) -> None:
        """Somebody is waiting for the run to stop: after this long, the rest stays in the journal."""
        self._leave_by = asyncio.get_running_loop().time() + seconds
        if self._ending is not None:
            self._ending.reschedule(self._leave_by)

    async def end(
        self, *, tables: bool, expected: Mapping[str, TableExpectation] = NOTHING_EXPECTED
    ) -> dict[str, TableFacts] | None:
        """Let the stores take the rest, and make the finished tables if asked.

        The facts about each table; None if a stop left too little time.
        """
        loop = asyncio.get_running_loop()
        until = None if self._leave_by is None else max(self._leave_by, loop.time() + AT_LEAST)
        try:
            async with asyncio.timeout_at(until) as self._ending:
                return await (self.finish(expected) if tables else self.drain())
        except TimeoutError:
            if self._ending is None or not self._ending.expired():
                raise
            return None
        finally:
            self._ending = None
            self.backpressure.measured(await self._journal.backlog())

    async def drain(self) -> dict[str, TableFacts]:
        """Return when every store holds all that is in the journal.

        The error of a store that fails is raised at the end, after the others are done.
        """
        sound(await asyncio.gather(*(store.drain() for store in self._stores), return_exceptions=True))
        return {}

    async def finish(self, expected: Mapping[str, TableExpectation] = NOTHING_EXPECTED) -> dict[str, TableFacts]:
        """Drain, then make the finished tables; raise as `drain` does.

        The stores make their tables one after another, to save memory, but none waits for one that is away. Of
        two stores that tell about a table, the first counts: files hold the records of this job only.
        """
        one_at_a_time = asyncio.Lock()
        finishing = (store.finish(one_at_a_time, expected) for store in self._stores)
        facts: dict[str, TableFacts] = {}
        for counted in sound(await asyncio.gather(*finishing, return_exceptions=True)):
            facts = {**counted, **facts}
        rows = {
            name: TableFacts(facts[name].rows)
            for name, before in self._derived.items()
            if name in facts and (facts[name].rows or before)
        }
        return {**{name: told for name, told in facts.items() if name not in self._derived}, **rows}

    async def switch(self) -> None:
        """Put the finished tables of a generation beside in the place of the last one's, in every store.

        One after another, in reverse: servers come last in `build_stores`, and they may refuse. So a refusal leaves
        the tables of all stores in place.
        """
        for store in reversed(self._stores):
            await store.switch()

    async def close(self) -> None:
        """Stop delivering and close the stores; the rest stays in the journal."""
        for task in self._tasks:
            task.cancel()
        await self._within(CLOSING, self._tasks)
        closing = [asyncio.create_task(store.store.close()) for store in self._stores]
        await self._within(CLOSING, closing)

    async def _within(self, seconds: float, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Wait this long for the tasks of all stores; warn about those that hang or fail."""
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
        for store, task in zip(self._stores, tasks, strict=False):
            if not task.done():
                task.cancel()
                log.warning("%s does not close; it is abandoned", store.name)
            elif not task.cancelled() and (error := task.exception()):
                log.warning("%s did not close: %s", store.name, error)


def sound(results: Iterable[T | BaseException]) -> list[T]:
    """The results. If some are exceptions, raise the first that the user must act on, or else the first."""
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
