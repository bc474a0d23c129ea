"""Workers beside one another: what each may take, the hosts that they need of one another, and who is last."""

from __future__ import annotations

from contextlib import AsyncExitStack

import msgspec
import pytest
from support.frontier_work import HOST, OTHER, commit, commit_rows, done, offer, page, seqs, take
from support.frontiers import Shared

from asyncscrape.bundles import Growth
from asyncscrape.errors import JobChanged
from asyncscrape.frontier.base import Frontier, Group, Worker
from asyncscrape.stats import Look, RunState
from asyncscrape.team import Last, Share

NEW = "new.example.org"


async def hosts_of(worker: Worker, *needed: str, most: int = 0) -> list[str]:
    """The hosts that a worker is granted."""
    return [grant.host for grant in await worker.acquire(most, needed)]


async def test_a_worker_that_is_alone_may_take_everything_and_leads(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        assert (False, Share(), Last.LEAD) == (worker.shared, worker.share, await worker.conclude())
        await worker.concluded()


async def test_workers_of_a_team_say_so(shared: Shared) -> None:
    async with shared.join("first", expected=2) as one, shared.join("second", expected=2) as two:
        assert [True, True] == [one.shared, two.shared]
        assert [0, 1] == [one.share.place, two.share.place]


async def test_a_host_that_is_needed_is_granted_whether_it_has_anything_to_fetch_or_not(shared: Shared) -> None:
    async with shared.join() as one, shared.join() as two:
        await offer(one, page(1))
        assert [NEW] == await hosts_of(one, NEW)
        assert [HOST] == await hosts_of(two, HOST)
        assert [] == await hosts_of(one, NEW), "it has it already"


async def test_the_next_who_gets_a_host_that_another_needs_is_that_one(shared: Shared) -> None:
    async with shared.join() as one, shared.join() as two, shared.join() as three:
        await offer(one, page(1), page(1, OTHER))
        assert [HOST] == await hosts_of(one, most=1)
        assert [] == await hosts_of(two, HOST)
        await one.give_back([HOST])
        assert [[OTHER], []] == [await hosts_of(three, most=2), await hosts_of(one, HOST)]
        assert [HOST] == await hosts_of(two, HOST)
        await two.give_back([HOST])
        assert [HOST] == await hosts_of(three, most=2), "nobody needs it any more"


async def test_a_worker_that_is_gone_needs_nothing(shared: Shared) -> None:
    async with shared.join() as one:
        await offer(one, page(1))
        assert [HOST] == await hosts_of(one, most=1)
        async with shared.join() as two:
            assert [] == await hosts_of(two, HOST)
        await one.give_back([HOST])
        assert [HOST] == await hosts_of(one, most=1)


async def test_one_leads_when_all_have_concluded_and_then_it_is_over(shared: Shared) -> None:
    async with shared.join() as one, shared.join() as two:
        assert [Last.OTHERS, Last.LEAD, Last.WAIT] == [await worker.conclude() for worker in (two, one, two)]
        await one.concluded()
        assert [Last.OVER, Last.OVER] == [await worker.conclude() for worker in (two, one)]


async def test_the_next_leads_if_the_one_that_led_is_gone(shared: Shared) -> None:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(shared.join())
        async with shared.join() as second, shared.join() as third:
            await third.conclude()
            await second.conclude()
            assert Last.LEAD == await first.conclude()
            await stack.aclose()
            assert [Last.WAIT, Last.LEAD] == [await worker.conclude() for worker in (third, second)]


async def test_nobody_leads_before_the_stores_have_everything(shared: Shared) -> None:
    async with shared.join() as one, shared.join() as two:
        for worker in (one, two):
            await worker.journal.register({"tables": ["postgres"]})
        await commit_rows(two, 1)
        assert [Last.OTHERS, Last.WAIT] == [await worker.conclude() for worker in (two, one)]
        await two.journal.advance("tables", seqs(await two.journal.read(0, 1000))[-1])
        assert Last.LEAD == await one.conclude()


async def test_a_worker_whose_config_names_other_stores_than_those_at_work_is_refused(shared: Shared) -> None:
    async with shared.join("the first") as one, shared.join() as two:
        await one.journal.register({"a": ["parquet"]})
        with pytest.raises(JobChanged, match="at work"):
            await two.journal.register({"b": ["postgres"]})
        await two.journal.register({"a": ["parquet"]})
        await commit_rows(one, 1)
        await one.journal.advance("a", seqs(await one.journal.read(0, 1000))[-1])
        assert [Last.OTHERS, Last.WAIT, Last.LEAD] == [await worker.conclude() for worker in (one, two, one)]
    async with shared.join() as next_:
        await next_.journal.register({"a": ["parquet"], "late": ["csv"]}, ["late"])


async def test_a_worker_that_comes_later_has_not_heard_that_the_tables_are_made(shared: Shared) -> None:
    async with shared.join() as one:
        assert Last.LEAD == await one.conclude()
        await one.concluded()
        async with shared.join() as late:
            assert Last.LEAD == await late.conclude()
    async with shared.join() as next_:
        assert Last.LEAD == await next_.conclude()


async def test_a_worker_that_has_concluded_leaves_its_bundle_to_others(shared: Shared) -> None:
    async with shared.join() as one, shared.join() as two:
        seed = msgspec.structs.replace(page(1), opens="one")
        await one.commit_and_take(Group(offers=[seed], growth=Growth(1, chooses=False)), {}, 0.0)
        await commit(one, *map(done, await take(one)))
        assert await one.ended_bundle() is not None
        await one.conclude()
        assert await two.ended_bundle() is not None


async def test_a_team_is_not_finished_while_one_has_anything(shared: Shared) -> None:
    async with shared.join() as one, shared.join() as two:
        await offer(one, page(1))
        (taken,) = await take(two)
        assert not await one.finished()
        await two.commit_and_take(Group([done(taken, links=[page(1, OTHER)])]), {}, 0.0)
        assert not await one.finished()
        (last,) = await take(one, host=OTHER)
        await one.commit_and_take(Group([done(last)], look=Look(RunState.FINISHED)), {}, 0.0)
        assert await two.finished()
