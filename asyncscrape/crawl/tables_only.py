"""The finished tables of what is stored so far, without a crawl."""

from __future__ import annotations

import time

from asyncscrape.config.models import Config
from asyncscrape.crawl.build import BUILDERS, Builders, delivery
from asyncscrape.crawl_job import Job
from asyncscrape.delivery.all_stores import AllStores
from asyncscrape.frontier.base import Frontier, Group, Worker
from asyncscrape.quality.without_defaults import without_defaults


async def make_tables(config: Config, job: Job, frontier: Frontier, builders: Builders = BUILDERS) -> bool:
    """Let the stores take what waits in the journal, and make their tables; whether they were made."""
    async with delivery(config, job, frontier, builders) as (worker, stores):
        return await finish(config, worker, stores, builders)


async def finish(config: Config, worker: Worker, stores: AllStores, builders: Builders) -> bool:
    """Let open stores take what waits in the journal, and make their tables; whether they were made.

    Those of a generation beside are made by its own run, once it is complete; a switch that has begun is completed.
    """
    if worker.generation.beside and not worker.switching:
        await stores.drain()
        return False
    facts = without_defaults(await stores.finish(builders.expected(config)), await worker.totals())
    await worker.commit_and_take(Group(facts=facts), {}, time.time())
    if worker.switching:
        await stores.switch()
        await worker.switched()
    return True
