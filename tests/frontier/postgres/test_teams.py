"""Workers of a team in Postgres: who may come, what each may take over time, and what the others need."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest
from support.frontier_work import HOST, OTHER, blob, commit, counted, done, failed, offer, page, take, urls
from support.frontiers import TEAM, address, expire_in_postgres
from support.postgres_server import Database

from asyncscrape.errors import JobChanged, JobRunning
from asyncscrape.frontier.base import Group, Taken, Waiting, Worker
from asyncscrape.frontier.postgres.frontier import PostgresFrontier
from asyncscrape.frontier.postgres.job_schema.transaction import JobWork
from asyncscrape.frontier.postgres.team.sharing import ARRIVAL
from asyncscrape.model import Lines
from asyncscrape.process_name import process_name
from asyncscrape.stats import HostView, Look, RunState
from asyncscrape.team import Last, Team

LEASE = 0.8


def frontier_of(database: Database, lease: float = LEASE) -> PostgresFrontier:
    return PostgresFrontier(address(database.dsn), "shop", lease=lease)


async def until(happens: Callable[[], bool]) -> None:
    """Wait for it, for some leases at most."""
    async with asyncio.timeout(10 * LEASE):
        while not happens():
            await asyncio.sleep(0.02)


def divided(*workers: Worker) -> list[tuple[int, int | None]]:
    """Among how many each divides, and its place."""
    return [(worker.share.workers, worker.share.place) for worker in workers]


# Who may come


async def test_nobody_joins_one_that_is_alone_and_it_is_named(postgres: Database) -> None:
    frontier = frontier_of(postgres)
    async with frontier.join() as alone:
        with pytest.raises(JobRunning, match=rf"{re.escape(process_name())}, alone: watch it"):
            async with frontier.join(team=TEAM):
                pass
        assert {HOST: 1} == await offer(alone, page(1))
    async with frontier.join(team=TEAM) as one, frontier.join(team=TEAM):
        assert [page(1).url] == urls(await take(one))


async def test_one_that_wants_to_be_alone_is_refused_while_a_team_works(postgres: Database) -> None:
    frontier = frontier_of(postgres)
    async with frontier.join(team=TEAM):
        with pytest.raises(JobRunning, match=r"already running, in asyncscrape on .*, one of several workers"):
            async with frontier.join():
                pass
    async with frontier.join():
        pass


async def test_of_one_alone_and_a_team_that_come_at_once_only_one_begins(postgres: Database) -> None:
    frontier = frontier_of(postgres)
    there: list[bool] = []

    async def come(team: Team | None) -> bool:
        try:
            async with frontier.join(team=team) as worker:
                there.append(worker.shared)
                assert 1 == len(set(there))
                await asyncio.sleep(1.6)
        except JobRunning:
            return False
        return True

    came = await asyncio.gather(come(None), come(TEAM), come(TEAM))
    assert came in ([True, False, False], [False, True, True])


async def test_one_with_other_stores_than_those_at_work_is_told_which(postgres: Database) -> None:
    frontier = frontier_of(postgres, lease=60.0)
    async with frontier.join(team=Team("2 on example")) as one, frontier.join(team=TEAM) as two:
        await one.journal.register({"a": ["parquet"], "b": ["postgres"]})
        with pytest.raises(
            JobChanged, match=r"of 2 on example, which is at work: only here none, only there postgres "
        ):
            await two.journal.register({"a": ["parquet"]})


# What each may take


async def test_one_that_joins_has_its_share_soon_and_one_that_leaves_leaves_it_to_the_others(
    postgres: Database,
) -> None:
    frontier = frontier_of(postgres)
    async with frontier.join(team=TEAM) as one:
        assert ([(1, 0)], None) == (divided(one), one.share.hosts)
        await offer(one, *(page(1, f"h{n}.example.org") for n in range(5)))
        async with frontier.join(team=TEAM) as two:
            assert (None, 0) == (two.share.place, two.share.hosts), "the other still takes everything"
            await until(lambda: divided(one, two) == [(2, 0), (2, 1)])
            await until(lambda: [3, 3] == [one.share.hosts, two.share.hosts])
        await until(lambda: divided(one) == [(1, 0)])


async def test_those_that_are_expected_begin_at_once_and_if_they_do_not_come_the_rest_takes_all(
    postgres: Database,
) -> None:
    frontier, expected = frontier_of(postgres), Team("one of three", expected=3)
    async with frontier.join(team=expected) as one, frontier.join(team=expected) as two:
        assert [(3, 0), (3, 1)] == divided(one, two)
        await asyncio.sleep(LEASE)
        assert [(3, 0), (3, 1)] == divided(one, two), "it may still come"
        later = f"UPDATE \"asyncscrape_shop\".worker SET joined = joined - interval '{LEASE + ARRIVAL} s'"
        await asyncio.to_thread(postgres.sql, later)
        await until(lambda: divided(one, two) == [(2, 0), (2, 1)])


async def test_when_all_have_come_nobody_is_expected_in_the_place_of_one_that_goes(postgres: Database) -> None:
    frontier, expected = frontier_of(postgres), Team("one of two", expected=2)
    async with frontier.join(team=expected) as one:
        async with frontier.join(team=expected) as two:
            assert [(2, 0), (2, 1)] == divided(one, two)
            await asyncio.sleep(LEASE)
        await until(lambda: divided(one) == [(1, 0)])


async def test_more_than_can_share_wait_in_reserve_until_one_is_gone(postgres: Database) -> None:
    frontier, team = frontier_of(postgres), Team("one of few", expected=3, most=2)
    async with frontier.join(team=team) as one, AsyncExitStack() as stack:
        await stack.enter_async_context(frontier.join(team=team))
        async with frontier.join(team=team) as three:
            await asyncio.sleep(LEASE / 2)
            assert [(2, 0), (2, None)] == divided(one, three)
            await stack.aclose()
            await until(lambda: three.share.place == 1)
            assert 0 == one.share.place


async def test_one_that_was_not_expected_waits_until_what_others_have_sent_counts_no_more(postgres: Database) -> None:
    frontier, team = frontier_of(postgres), Team("one of many", settling=0.8)
    async with frontier.join(team=team) as one, frontier.join(team=team) as two:
        await until(lambda: divided(one) == [(2, 0)])
        start = time.monotonic()
        await until(lambda: divided(two) == [(2, 1)])
        assert time.monotonic() - start > 0.7


async def test_one_that_waits_for_its_place_leaves_all_hosts_to_the_others(postgres: Database) -> None:
    frontier, team = frontier_of(postgres), Team("one of many", settling=60.0)
    async with frontier.join(team=team) as one, frontier.join(team=team) as two:
        await offer(one, *(page(1, f"h{n}.example.org") for n in range(10)))
        await until(lambda: divided(one) == [(2, 0)])
        await asyncio.sleep(LEASE)
        assert (None, None, 0) == (one.share.hosts, two.share.place, two.share.hosts)


async def test_one_that_goes_leaves_its_place_when_what_it_has_sent_counts_no_more(postgres: Database) -> None:
    frontier, team = frontier_of(postgres), Team("one of three", expected=3, settling=1.2)
    async with AsyncExitStack() as first:
        await first.enter_async_context(frontier.join(team=team))
        async with frontier.join(team=team) as two, frontier.join(team=team) as three:
            await asyncio.sleep(LEASE)
            await first.aclose()
            await asyncio.sleep(LEASE)
            assert [(3, 1), (3, 2)] == divided(two, three)
            await until(lambda: divided(two, three) == [(2, 0), (2, 1)])


async def test_hosts_of_one_that_has_gone_are_free_before_what_it_has_sent_counts_no_more(postgres: Database) -> None:
    frontier, team = frontier_of(postgres), Team("one of two", expected=2, settling=60.0)
    async with frontier.join(team=team) as one:
        async with frontier.join(team=team) as two:
            await offer(one, page(1), page(1, OTHER))
            assert [(2, 0), (2, 1)] == divided(one, two)
            await asyncio.sleep(LEASE)
        await until(lambda: one.share.hosts is None)
        assert [(2, 0)] == divided(one)
        async with frontier.join(team=team) as third:
            await asyncio.sleep(LEASE)
            assert None is third.share.place


async def test_one_that_was_cut_off_begins_without_a_share(postgres: Database) -> None:
    frontier = frontier_of(postgres, lease=60.0)
    async with frontier.join(team=TEAM) as one, frontier.join(team=TEAM) as two:
        await offer(one, page(1))
        assert (1, 0) == (one.share.workers, one.share.place)
        await expire_in_postgres(one)
        await one.totals()
        assert (None, 0) == (one.share.place, one.share.hosts)
        assert None is two.share.place


# What others need


async def test_a_worker_is_told_which_of_its_hosts_another_needs(postgres: Database) -> None:
    frontier = frontier_of(postgres)
    async with frontier.join(team=TEAM) as one, frontier.join(team=TEAM) as two:
        await offer(one, page(1), page(1, OTHER))
        assert {HOST, OTHER} == {grant.host for grant in await one.acquire()}
        assert [] == await two.acquire(0, [HOST])
        await until(lambda: [HOST] == list(one.share.wanted))
        await one.give_back([HOST])
        assert [HOST] == [grant.host for grant in await two.acquire(0, [HOST])]
        await until(lambda: not one.share.wanted)


async def test_a_host_that_is_needed_no_more_is_free_for_all(postgres: Database) -> None:
    frontier = frontier_of(postgres, lease=60.0)
    async with frontier.join(team=TEAM) as one, frontier.join(team=TEAM) as two:
        await offer(one, page(1))
        await one.acquire()
        assert [] == await two.acquire(0, [HOST])
        await one.give_back([HOST])
        assert [] == await one.acquire(1)
        postgres.sql('UPDATE "asyncscrape_shop".host SET wished_until = clock_timestamp()')
        assert [HOST] == [grant.host for grant in await one.acquire(1)]


async def test_a_host_that_was_found_empty_and_is_granted_all_the_same_is_not_forgotten(postgres: Database) -> None:
    frontier = frontier_of(postgres, lease=60.0)
    async with frontier.join(team=TEAM) as one, frontier.join(team=TEAM) as two:
        assert [HOST] == [grant.host for grant in await one.acquire(0, [HOST])]
        await one.give_back([HOST])
        assert [] == await two.acquire()
        assert [HOST] == [grant.host for grant in await one.acquire(0, [HOST])]
        await offer(two, page(1))
        await one.give_back([HOST])
        assert [HOST] == [grant.host for grant in await two.acquire()]


# The limit of pages


async def test_a_team_leases_no_more_pages_than_the_job_may_finish(postgres: Database) -> None:
    frontier, team = frontier_of(postgres, lease=60.0), Team("one of two", most_pages=5)
    async with frontier.join(team=team) as one, frontier.join(team=team) as two:
        await offer(one, *(page(n) for n in range(4)), *(page(n, OTHER) for n in range(4)), blob("a"))
        await one.acquire(1)
        await two.acquire(1)
        first, second = await asyncio.gather(one.poll({HOST: 3}, 0.0), two.poll({OTHER: 3}, 0.0))
        asked, others = list(first[HOST].requests), list(second[OTHER].requests)
        assert 5 == len(asked) + len(others)
        assert {"leased": 5, "pending": 3} == counted(await one.totals())
        rest = await one.poll({HOST: 5}, 0.0)
        assert (["blob"], Waiting()) == ([one.kind for one in rest[HOST].requests], rest[HOST].waiting)
        await commit(one, done(asked[0]), failed(asked[1]))
        assert [] == list((await two.poll({OTHER: 5}, 0.0))[OTHER].requests), "they have ended and still count"
        await two.release()
        again = await two.poll({OTHER: 9}, 0.0)
        assert len(others) == len(again[OTHER].requests)


async def test_what_a_commit_ends_makes_no_room(postgres: Database) -> None:
    frontier, team = frontier_of(postgres, lease=60.0), Team("one of two", most_pages=1)
    async with frontier.join(team=team) as one:
        await offer(one, page(1), page(2))
        (asked,) = await take(one)
        committed = await one.commit_and_take(Group([done(asked, links=[page(3)])]), {HOST: 5}, 0.0)
        assert Taken([], Waiting()) == committed.taken[HOST]


async def test_a_host_is_not_closed_for_whom_something_came_after_the_look(postgres: Database) -> None:
    """The look of `free` may be older than what another worker has committed since, and its lock newer."""
    frontier = frontier_of(postgres)
    async with frontier.join(team=TEAM) as one, frontier.join(team=TEAM) as two:
        await offer(one, page(1))
        await one._membership.run(lambda work: work.run("close_hosts", [1]))  # type: ignore[attr-defined]
        assert [page(1).url] == urls(await take(two))


# The end


async def test_one_that_has_concluded_has_no_hosts_and_no_share_any_more(postgres: Database) -> None:
    frontier = frontier_of(postgres)
    async with frontier.join(team=TEAM) as one, frontier.join(team=TEAM) as two:
        await offer(one, page(1))
        assert [page(1).url] == urls(await take(one))
        assert Last.OTHERS == await one.conclude()
        assert {"pending": 1} == counted(await two.totals())
        assert [(HOST, 0)] == [(grant.host, grant.unclean) for grant in await two.acquire()]
        await until(lambda: divided(two) == [(1, 0)])


async def test_records_of_one_that_died_after_it_had_concluded_are_delivered_first(postgres: Database) -> None:
    frontier = frontier_of(postgres, lease=60.0)
    async with frontier.join(team=TEAM) as one, frontier.join(team=TEAM) as two:
        for worker in (one, two):
            await worker.journal.register({"tables": ["postgres"]})
        await offer(two, page(1))
        (taken,) = await take(two)
        await commit(two, done(taken))
        await two.commit_and_take(made(), {}, 0.0)
        assert [Last.OTHERS, Last.WAIT] == [await one.conclude(), await two.conclude()]
        await expire_in_postgres(two)
        assert Last.WAIT == await one.conclude()
        (batch,) = await one.journal.read(0, 1000)
        assert Last.WAIT == await one.conclude()
        await one.journal.advance("tables", batch.seq)
        assert Last.LEAD == await one.conclude()


async def test_one_in_the_middle_of_a_transaction_is_told_later_that_the_tables_are_made(postgres: Database) -> None:
    frontier = frontier_of(postgres, lease=60.0)
    began, goes_on, tries = asyncio.Event(), asyncio.Event(), []

    async def step(work: JobWork) -> None:
        began.set()
        tries.append(work)
        await goes_on.wait()
        await work.run("turn_lock")

    async with frontier.join(team=TEAM) as one, frontier.join(team=TEAM) as two:
        assert [Last.OTHERS, Last.WAIT, Last.LEAD] == [await worker.conclude() for worker in (one, two, one)]
        busy = asyncio.create_task(two._membership.run(step))  # type: ignore[attr-defined]
        await began.wait()
        tells = asyncio.create_task(one.concluded())
        await asyncio.sleep(0.2)
        goes_on.set()
        await asyncio.gather(busy, tells)
        assert 1 == len(tries), "the two did not wait for one another"
        assert [Last.OVER, Last.OVER] == [await worker.conclude() for worker in (two, one)]


def made() -> Group:
    return Group(made={"item": Lines(1, b'{"id":1}\n')})


# Looking at it


async def test_the_standing_tells_of_each_worker_and_of_all_together(postgres: Database) -> None:
    frontier = frontier_of(postgres, lease=60.0)
    async with (
        frontier.join(team=Team("first", expected=2)) as one,
        frontier.join(team=Team("second")) as two,
        frontier.join(team=Team("third", expected=9, most=2)),
    ):
        arrived = await frontier.standing()
        assert arrived is not None
        assert ["without a host", "without a host", "in reserve"] == [view.state for view in arrived.workers]
        for worker, host, pace in ((one, HOST, 1.5), (two, OTHER, 2.0)):
            view = HostView(host, 1, 0.5, 0.1, 0)
            look = Look(RunState.RUNNING, {"page": 1}, (view,), "waits", 3.0 * pace, pace, 10.0)
            await offer(worker, page(1, host))
            await worker.acquire(1)
            await worker.commit_and_take(Group(look=look), {}, 0.0)
        await two.journal.register({"tables": ["postgres"]})
        await two.commit_and_take(made(), {}, 0.0)
        await two.conclude()
        standing = await frontier.standing()
        assert standing is not None
        told = [(view.name, view.hosts, view.pages_per_second, view.lag, view.state) for view in standing.workers]
        assert [
            ("first", 1, 1.5, 0, "at work"),
            ("second", 0, 2.0, 1, "concluded"),
            ("third", 0, 0.0, 0, "in reserve"),
        ] == told
        assert all(0 <= view.seen < 30 for view in standing.workers)
        look = standing.look
        assert look is not None
        assert ({"page": 2}, 3.5, 20.0, 6.0, "waits") == (
            look.open,
            look.pages_per_second,
            look.bytes_per_second,
            look.seconds,
            look.note,
        )
        assert {HOST, OTHER} == {view.host for view in look.hosts}
        postgres.sql("UPDATE \"asyncscrape_shop\".worker SET beat = beat - interval '40 s' WHERE name = 'third'")
        (*_, silent) = (await frontier.standing() or standing).workers
        assert ("silent", True) == (silent.state, silent.seen > 40)
    ended = await frontier.standing()
    assert ended is not None
    assert ((), 2.0) == (ended.workers, ended.look.pages_per_second if ended.look else None)


async def test_in_the_end_the_details_of_the_one_that_led_stay(postgres: Database) -> None:
    frontier = frontier_of(postgres, lease=60.0)
    async with frontier.join(team=TEAM) as one, frontier.join(team=TEAM) as two:
        assert [Last.OTHERS, Last.LEAD] == [await two.conclude(), await one.conclude()]
        await one.commit_and_take(Group(look=Look(RunState.FINISHED, complaints=("too few",))), {}, 0.0)
        await one.concluded()
        assert Last.OVER == await two.conclude()
        await two.commit_and_take(Group(look=Look(RunState.FINISHED)), {}, 0.0)
    ended = await frontier.standing()
    assert ended is not None
    assert ended.look is not None
    assert ("too few",) == ended.look.complaints


async def test_who_concludes_while_another_makes_the_tables_has_not_heard_of_its_own(postgres: Database) -> None:
    """What it has added may not be in them."""
    frontier = frontier_of(postgres, lease=60.0)
    async with frontier.join(team=TEAM) as one:
        assert Last.LEAD == await one.conclude()
        async with frontier.join(team=TEAM) as late:
            assert Last.WAIT == await late.conclude()
            await one.concluded()
            assert [Last.OVER, Last.LEAD] == [await one.conclude(), await late.conclude()]


async def test_a_transaction_that_takes_longer_than_a_lease_costs_no_host(postgres: Database) -> None:
    frontier = frontier_of(postgres)
    async with frontier.join(team=TEAM) as slow, frontier.join(team=TEAM) as other:
        await offer(slow, page(1))
        (taken,) = await take(slow)
        before = slow.lease.term
        await slow._membership.run(lambda work: work.connection.execute(f"SELECT pg_sleep({1.5 * LEASE})"))  # type: ignore[attr-defined]
        assert [] == await take(other)
        assert [] == list((await commit(slow, done(taken))).fenced)
        assert before == slow.lease.term
