"""Enriching what is stored, without a crawl: the steps of `enrichments.py`, with the crawl's journal and stores.

1. The tables are finished, with all that an earlier run has left in the journal.   `finish`
2. A step reads them, and makes rows in portions.                                   `TableStep.work`
3. Each portion is committed to the journal, as the records of a page are.          `_store`
4. The stores take it from there, in parallel with all of this; if they are slow, the next portion waits.
5. After the last step the tables are finished again.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from pathlib import Path

from asyncscrape.config.models import Config
from asyncscrape.crawl.build import BUILDERS, Builders, blobs, delivery
from asyncscrape.crawl.run import fails
from asyncscrape.crawl.tables_only import finish
from asyncscrape.crawl_job import Job
from asyncscrape.delivery.all_stores import AllStores
from asyncscrape.enrichments import Inputs, Portion, Read, TableStep, Tell
from asyncscrape.errors import UsageError
from asyncscrape.frontier.base import Frontier, Group, Worker


async def enrich(
    config: Config,
    job: Job,
    frontier: Frontier,
    steps: Sequence[TableStep],
    read: Read,
    tell: Tell,
    builders: Builders = BUILDERS,
) -> Mapping[str, int]:
    """Carry out the steps, whose tables are among those of the job; how many rows each has made, by table.

    Raises UsageError if the tables are those of an older generation.
    """
    async with AsyncExitStack() as stack:
        worker, stores = await stack.enter_async_context(delivery(config, job, frontier, builders))
        files = await stack.enter_async_context(blobs(config, builders))
        folder = await stack.enter_async_context(_own_folder(config.directory))
        inputs = Inputs(read, job.tables.__contains__, files.bring, folder)
        run = _Run(config, worker, stores, inputs, tell, builders)
        try:
            async with asyncio.TaskGroup() as group:
                watched = group.create_task(fails(stores.failure()))
                for step in steps:
                    await run.carry_out(step)
                await run.finish()
                watched.cancel()
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
    return run.made


@asynccontextmanager
async def _own_folder(directory: Path) -> AsyncIterator[Path]:
    """A folder beside the downloaded files, so that one is brought there by another name. It begins empty, whatever a
    killed run has left.
    """
    folder = directory / ".enriching"
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    await asyncio.to_thread(folder.mkdir)
    try:
        yield folder
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


class _Run:
    """One run of the command."""

    def __init__(
        self, config: Config, worker: Worker, stores: AllStores, inputs: Inputs, tell: Tell, builders: Builders
    ) -> None:
        self._config = config
        self._worker = worker
        self._stores = stores
        self._inputs = inputs
        self._tell = tell
        self._builders = builders
        self.made: Counter[str] = Counter()
        """Rows by table."""

    async def finish(self) -> None:
        """Finish the tables."""
        if not await finish(self._config, self._worker, self._stores, self._builders):
            raise UsageError(
                f"generation {self._worker.generation.number} is not in place yet, and the tables are still those of "
                "the one before it; run the job to its end first"
            )

    async def carry_out(self, step: TableStep) -> None:
        """Steps 1 to 4 for the tables of one step."""
        await self.finish()
        work = await asyncio.to_thread(step.work, self._inputs)
        self._tell(step, 0, work.total)
        async with aclosing(work.portions) as portions:
            async for portion in portions:
                await self._store(portion)
                self._tell(step, portion.done, work.total)

    async def _store(self, portion: Portion) -> None:
        await self._stores.backpressure.room()
        committed = await self._worker.commit_and_take(Group(made=portion.lines), {}, time.time())
        self._stores.added(committed.records, committed.bytes)
        self.made.update({table: lines.count for table, lines in portion.lines.items()})
