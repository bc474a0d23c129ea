"""What one of several workers has lost, or leaves when it concludes, must not stop the job."""

from __future__ import annotations

import msgspec
from support.frontier_work import HOST, commit, commit_rows, done, page, seqs, take
from support.frontiers import Shared

from asyncscrape.bundles import Growth
from asyncscrape.errors import AsyncscrapeError
from asyncscrape.frontier.base import Group
from asyncscrape.team import Last


async def test_who_has_concluded_leaves_its_bundle_to_others(shared: Shared) -> None:
    async with shared.join() as one, shared.join() as two:
        seed = msgspec.structs.replace(page(1), opens="one")
        await one.commit_and_take(Group(offers=[seed], growth=Growth(1, chooses=False)), {}, 0.0)
        await commit(one, *map(done, await take(one)))
        assert await one.ended_bundle() is not None
        await one.conclude()
        assert await two.ended_bundle() is not None


async def test_a_worker_with_other_stores_is_refused_or_the_job_ends_all_the_same(shared: Shared) -> None:
    async with shared.join() as one, shared.join() as two:
        await one.journal.register({"a": ["postgres"]})
        try:
            await two.journal.register({"b": ["postgres"]})
        except AsyncscrapeError:
            return
        await commit_rows(one, 1)
        await one.give_back([HOST])
        await commit_rows(two, 2)
        for worker, store in ((one, "a"), (two, "b")):
            await worker.journal.advance(store, seqs(await worker.journal.read(0, 1000))[-1])
        assert Last.LEAD in [await worker.conclude() for worker in (two, one, two, one)]
