"""`run --again`: a finished job is crawled anew, beside the tables that are there.

Nothing is emptied before everything that could refuse the new generation has been asked: the seeds, the stores, and
the hosts that want to see credentials.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial

from asyncscrape.config.models import Config
from asyncscrape.crawl.build import prove_access
from asyncscrape.crawl.scope import JobScope
from asyncscrape.crawl_job import Job
from asyncscrape.errors import StoreError, UsageError
from asyncscrape.frontier.base import Worker
from asyncscrape.frontier.build import build_frontier
from asyncscrape.model import Generation
from asyncscrape.snapshots import finished
from asyncscrape.stats import Standing
from asyncscrape.storage.build import build_blobs, build_stores

log = logging.getLogger("asyncscrape.run")

PATIENCE = 15.0
"""Seconds a store has to answer; one that does not may be back when the run needs it."""


def begin(config: Config, job: Job, lasting: Sequence[str] = ()) -> bool:
    """Begin the next generation of a finished job; whether the job is not finished, so that the run resumes it.

    A job that never ran just begins. Raises UsageError if a table would be lost that must last.
    """
    return asyncio.run(_begun(config, job, lasting))


async def _begun(config: Config, job: Job, lasting: Sequence[str]) -> bool:
    frontier = build_frontier(config.frontier_place)
    standing = await frontier.standing()
    if standing is None or not standing.totals.requests:
        return False
    async with frontier.join() as worker:
        resumes = not finished(standing)
        if not resumes:
            spare("--again", standing, lasting)
            await _ask_all(config, job, worker)
    if resumes:
        log.info("the job is not finished, so this run resumes it; use --again once it is finished")
        return True
    async with frontier.alone() as owner:
        now = await owner.begin_generation()
    last = standing.totals.generation
    fate = f"generation {last.number} was held back and is thrown away; " if last.beside else ""
    log.info("%sgeneration %d begins; the tables of the last one stay until it is finished", fate, now.number)
    return False


def spare(what: str, standing: Standing, lasting: Iterable[str]) -> None:
    """Refuse to begin a generation without tables that must last."""
    if names := ", ".join(name for name in lasting if standing.totals.records.get(name)):
        raise UsageError(
            f"{what} would begin without what the table {names} holds, which cannot be fetched a second time. "
            f"A run without it fetches what is new; with {what} --yes a new generation begins all the same"
        )


async def _ask_all(config: Config, job: Job, worker: Worker) -> None:
    """Raise what the seeds, a host or a store would refuse in the next generation."""
    JobScope.of(config, job.seeds())
    await prove_access(config, job, time.time)
    after = Generation(worker.generation.number + 1, beside=True, begin=await worker.journal.end())
    stores = build_stores(config.record_stores, config.directory, job.tables, worker.job_id, config.s3)
    blobs = build_blobs(config.blob_store, config.directory, config.s3)
    asked: list[Callable[[], Awaitable[str]]] = [*(partial(store.probe, after) for store in stores), blobs.probe]
    try:
        await asyncio.gather(*map(_ask, asked))
    finally:
        closing = [*(store.close() for store in stores), blobs.close()]
        await asyncio.gather(*closing, return_exceptions=True)


async def _ask(probe: Callable[[], Awaitable[str]]) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            await probe()
    except TimeoutError:
        log.debug("a store gave no answer")
    except StoreError as error:
        if not error.passing:
            raise
        log.debug("a store is away: %s", error)


def only_finished(number: int) -> str:
    """The note of a run that was to begin a generation and ended the one before."""
    return f"this run only finished generation {number}; run --again once more for a new one"
