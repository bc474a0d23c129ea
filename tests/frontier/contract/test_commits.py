"""A commit stores a whole group, and leases requests that it has just added."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from support.frontier_work import (
    HOST,
    OTHER,
    commit,
    counted,
    done,
    failed,
    hop,
    item_of,
    offer,
    page,
    take,
    urls,
)
from support.frontiers import ALL
from support.running import examples, ran

from asyncscrape.facts import TableFacts
from asyncscrape.frontier.base import Frontier, GivenUp, Group, Waiting, Worker
from asyncscrape.model import Lines, Outcome, Request, State
from asyncscrape.stats import Look, RunState, Spent

GIVEN_UP = {HOST: GivenUp("host given up", "kept failing")}


async def test_giving_up_a_host_fails_everything_that_waits_there(worker: Worker) -> None:
    await offer(worker, page(1), page(2), page(1, OTHER))
    await worker.acquire()
    await worker.commit_and_take(Group(given_up=GIVEN_UP), {}, 0.0)
    assert [] == await take(worker)
    assert 1 == len(await take(worker, host=OTHER))
    assert 2 == counted(await worker.totals())["failed"]


async def test_a_commit_leases_requests_that_it_has_just_added(worker: Worker) -> None:
    await offer(worker, page(1))
    (first,) = await take(worker)
    links = [page(2), page(3), page(1, OTHER)]
    committed = await worker.commit_and_take(Group([done(first, links=links)]), {HOST: 1}, 0.0)
    given = committed.taken[HOST]
    assert ({HOST: 2, OTHER: 1}, [HOST]) == (committed.fresh, list(committed.taken))
    assert ([page(2).url], first.url, True) == (urls(given), given.requests[0].parent, given.waiting.fresh)
    assert {"pending": 2, "leased": 1, "done": 1} == counted(committed.totals) == counted(await worker.totals())
    assert [page(3).url] == urls(await take(worker))
    assert [page(1, OTHER).url] == urls(await take(worker, host=OTHER))


async def test_a_commit_leases_due_retries_and_says_when_the_next_is_due(worker: Worker) -> None:
    await offer(worker, page(1), page(2))
    outcomes = [Outcome(asked, State.PENDING, "timeout", retry_at=10.0 * asked.id) for asked in await take(worker)]
    committed = await worker.commit_and_take(Group(outcomes, [page(3)]), {HOST: 5}, 15.0)
    given = committed.taken[HOST]
    assert ([page(1).url, page(3).url], Waiting(fresh=False, next_retry=20.0)) == (urls(given), given.waiting)


async def test_requests_leased_by_a_commit_wait_again_after_a_kill(frontier: Frontier) -> None:
    async with frontier.join() as killed:
        await offer(killed, page(1), page(2))
        await killed.acquire()
        await killed.commit_and_take(Group(), {HOST: 1}, 0.0)
    async with frontier.join() as second:
        assert [1] == [grant.unclean for grant in await second.acquire()]
        assert [page(1).url, page(2).url] == urls(await take(second))


async def test_a_host_given_up_in_a_commit_gets_no_leases(worker: Worker) -> None:
    await offer(worker, page(1), page(2), page(0, OTHER))
    (first,) = await take(worker, 1)
    group = Group([done(first, links=[page(3)])], [page(4), page(1, OTHER)], GIVEN_UP)
    committed = await worker.commit_and_take(group, {HOST: 5, OTHER: 5}, 0.0)
    assert ([], Waiting()) == (urls(committed.taken[HOST]), committed.taken[HOST].waiting)
    assert [page(0, OTHER).url, page(1, OTHER).url] == urls(committed.taken[OTHER])
    assert {"leased": 2, "done": 1, "failed": 3} == counted(committed.totals)


async def test_totals_are_added_up_over_all_runs(frontier: Frontier) -> None:
    for n in (1, 2):
        async with frontier.join() as worker:
            await offer(worker, page(n))
            (taken,) = await take(worker)
            spent = Spent(requests=2, retries=1, bytes=100)
            committed = await worker.commit_and_take(Group([item_of(taken)], spent=spent), {}, 0.0)
            assert (Spent(2 * n, n, 100 * n), {"item": n}) == (
                committed.totals.spent,
                committed.totals.records,
            )
            assert (1, len(b'{"id":1}\n'), False) == (committed.records, committed.bytes, bool(committed.fenced))


async def test_the_rows_of_finished_tables_replace_the_earlier_count(worker: Worker) -> None:
    await offer(worker, page(1), page(2))
    first, second = await take(worker)
    await commit(worker, item_of(first))
    outcome = done(second, records={"item": Lines(2, b"{}\n{}\n"), "other": Lines(1, b"{}\n")})
    committed = await worker.commit_and_take(Group([outcome], facts={"item": TableFacts(2)}), {}, 0.0)
    assert {"item": 2, "other": 1} == committed.totals.records == (await worker.totals()).records
    assert {"item": 1} == committed.totals.replaced
    assert {"item": TableFacts(2)} == committed.totals.facts


async def test_a_jobs_own_kinds_count_as_pages(worker: Worker) -> None:
    await offer(worker, page(1), Request(page(1).url, "api"), Request(page(1).url, "list"))
    assert {"pending": 3} == counted(await worker.totals())


async def test_the_details_that_a_run_leaves_can_be_seen(frontier: Frontier) -> None:
    assert await frontier.standing() is None
    look = Look(RunState.RUNNING, {"page": 1}, note="slow", seconds=3.0)
    async with frontier.join() as worker:
        await offer(worker, page(1))
        told = await frontier.standing()
        assert told is not None
        assert (True, None) == (told.running, told.look)
        await worker.commit_and_take(Group(look=look), {}, 0.0)
        await worker.commit_and_take(Group(), {}, 0.0)
        await worker.journal.register({"files": ["csv", "jsonl"]})
        (taken,) = await take(worker)
        totals = (await commit(worker, item_of(taken))).totals
    told = await frontier.standing()
    assert told is not None
    assert (totals, look, False) == (told.totals, told.look, told.running)
    assert {"csv": 1, "jsonl": 1} == told.lags


Ends = list[tuple[str, int, list[int]]]


@pytest.mark.parametrize("kind", ALL)
@examples(
    40,
    ends=st.lists(
        st.tuples(
            st.sampled_from(["done", "done", "fail", "retry", "hop", "give up"]),
            st.integers(0, 3),
            st.lists(st.integers(0, 12), max_size=4),
        ),
        max_size=15,
    ),
)
def test_taking_with_a_commit_equals_taking_after_it(kind: str, ends: Ends) -> None:
    async def both(one: Frontier, two: Frontier) -> None:
        async with one.join() as at_once, two.join() as apart:
            await take_in_both_ways(at_once, apart, ends)

    ran(kind, both, 2)


async def take_in_both_ways(at_once: Worker, apart: Worker, ends: Ends) -> None:
    held = await take_both(at_once, apart, Group(offers=[place(0), place(1)]), 2, 0.0)
    for now, (end, limit, numbers) in enumerate(ends):
        outcomes = [ended(held.pop(0), end, numbers, now)] if held else []
        given_up = GIVEN_UP if end == "give up" else {}
        group = Group(outcomes, [place(n) for n in numbers[:1]], given_up)
        held += await take_both(at_once, apart, group, limit, float(now))


async def take_both(at_once: Worker, apart: Worker, group: Group, limit: int, now: float) -> list[Request]:
    """Commit and take, in one frontier in a single call and in the other in two; the answer that both must give."""
    wants = {HOST: limit, OTHER: 1}
    committed = await at_once.commit_and_take(group, wants, now)
    assert (await apart.commit_and_take(group, {}, now)).fresh == committed.fresh
    assert await apart.poll(wants, now) == committed.taken
    assert await apart.totals() == committed.totals == await at_once.totals()
    assert await apart.acquire() == await at_once.acquire()
    return [request for taken in committed.taken.values() for request in taken.requests]


def place(n: int) -> Request:
    return page(n, OTHER if n % 3 else HOST)


def ended(asked: Request, end: str, numbers: list[int], now: float) -> Outcome:
    if end == "retry":
        return Outcome(asked, State.PENDING, "timeout", retry_at=now + len(numbers))
    if end == "hop" and numbers:
        return hop(asked, place(numbers[0]).url)
    if end == "fail":
        return failed(asked)
    return item_of(asked, links=[place(n) for n in numbers])
