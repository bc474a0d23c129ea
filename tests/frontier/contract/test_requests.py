"""Every URL once, in order of discovery; its outcome is never forgotten."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.frontier_work import (
    HOST,
    OTHER,
    commit,
    counted,
    done,
    failed,
    fresh,
    hop,
    offer,
    page,
    take,
    urls,
)
from support.running import ran

from asyncscrape.frontier.base import Frontier, Grant, Group, Waiting, Worker
from asyncscrape.model import Kind, Outcome, Request, State


async def test_each_url_is_queued_once_and_in_the_order_of_discovery(worker: Worker) -> None:
    assert {HOST: 3} == await offer(worker, page(1), page(2), page(1), page(3))
    assert {} == await offer(worker, page(3), page(2))
    assert [page(n).url for n in (1, 2, 3)] == urls(await take(worker))
    assert [] == await take(worker)


async def test_a_worker_may_take_what_was_found_last_first(frontier: Frontier) -> None:
    async with frontier.join(newest_first=True) as worker:
        await offer(worker, page(1), page(2), page(3))
        (third,) = await take(worker, 1)
        assert page(3).url == third.url
        await commit(worker, done(third, links=[page(4), page(5)]))
        found = [page(n).url for n in (5, 4, 2, 1)]
        assert found == urls(await take(worker, 3)) + urls(await take(worker))


async def test_retries_that_are_due_come_before_what_was_found_last(frontier: Frontier) -> None:
    async with frontier.join(newest_first=True) as worker:
        await offer(worker, page(1), page(2))
        (second,) = await take(worker, 1)
        await commit(worker, Outcome(second, State.PENDING, "timeout", retry_at=5.0))
        await offer(worker, page(3))
        assert [page(n).url for n in (2, 3, 1)] == urls(await take(worker, now=6.0))


async def test_a_page_and_a_blob_of_one_url_are_two_requests(worker: Worker) -> None:
    assert {HOST: 2} == await offer(worker, page(1), Request(page(1).url, Kind.BLOB, path="a"))


async def test_the_same_url_with_another_note_is_another_request(worker: Worker) -> None:
    requests = [Request(page(1).url, "api", note=note) for note in ("", "usd", "eur")]
    assert {HOST: 3} == await offer(worker, *requests, *requests)
    assert ["", "usd", "eur"] == [request.note for request in await take(worker)]


async def test_a_request_comes_back_with_all_it_was_offered_with(worker: Worker) -> None:
    await offer(worker, page(1))
    (parent,) = await take(worker)
    offered = Request(f"http://{HOST}/cover.png", Kind.BLOB, depth=1, path="covers/1.png")
    await commit(worker, done(parent, links=[offered]))
    (taken,) = await take(worker)
    assert msgspec.structs.replace(offered, id=taken.id, parent=parent.url) == taken


async def test_hosts_are_separate_and_say_whether_they_have_more(worker: Worker) -> None:
    await offer(worker, page(1), page(2), page(1, OTHER))
    await worker.acquire()
    taken = await worker.poll({HOST: 1, OTHER: 5, "unknown.example.org": 5}, 0.0)
    assert (True, False, False) == tuple(given.waiting.fresh for given in taken.values())
    assert [1, 1, 0] == [len(given.requests) for given in taken.values()]


async def test_a_host_that_has_just_given_its_last_has_no_more(worker: Worker) -> None:
    await offer(worker, page(1), page(2), page(3))
    await worker.acquire()
    taken = [(await worker.poll({HOST: limit}, 0.0))[HOST] for limit in (1, 2)]
    assert [True, False] == [given.waiting.fresh for given in taken]


async def test_totals_once_read_do_not_change(worker: Worker) -> None:
    seen = await worker.totals()
    await offer(worker, page(1))
    assert {} == counted(seen)
    assert {"pending": 1} == counted(await worker.totals())


async def test_a_retry_waits_for_its_time_and_then_goes_first(worker: Worker) -> None:
    await offer(worker, page(1), page(2), page(3))
    (first,) = await take(worker, 1)
    tried = msgspec.structs.replace(first, attempts=1)
    await commit(worker, Outcome(tried, State.PENDING, "timeout", "slow", retry_at=100.0))
    given = (await worker.poll({HOST: 1}, 50.0))[HOST]
    assert ([page(2).url], 100.0) == (urls(given), given.waiting.next_retry)
    (again, last) = await take(worker, 5, now=100.0)
    assert (page(1).url, 1, page(3).url) == (again.url, again.attempts, last.url)


async def test_a_retry_that_nobody_would_wait_for_is_due_at_once(worker: Worker) -> None:
    """The time was wrong by ten years when it was stored."""
    await offer(worker, page(1), page(2))
    first, second = await take(worker, 2)
    for taken, due in ((first, 3e8), (second, 3e8 + 5)):
        await commit(worker, Outcome(taken, State.PENDING, "timeout", retry_at=due))
    assert Waiting(next_retry=100.0) == (await worker.poll({HOST: 5}, 100.0))[HOST].waiting
    assert [first.url, second.url] == urls(await take(worker, 5, now=100.0))


async def test_leases_of_a_killed_run_wait_again(frontier: Frontier) -> None:
    async with frontier.join() as killed:
        await offer(killed, page(1), page(2))
        await take(killed, 1)
    async with frontier.join() as second:
        (grant,) = await second.acquire()
        assert Grant(HOST, None, 1, Waiting(fresh=True)) == grant
        assert [page(1).url, page(2).url] == urls(await take(second))


async def test_requests_that_a_run_released_do_not_count_as_sent(frontier: Frontier) -> None:
    async with frontier.join() as first:
        await offer(first, page(1), page(2))
        await take(first, 1)
        await first.release()
        assert {"pending": 2} == counted(await first.totals())
    async with frontier.join() as second:
        assert [0] == [grant.unclean for grant in await second.acquire()]
        assert [page(1).url, page(2).url] == urls(await take(second))


async def test_a_host_comes_with_its_clock_and_robots_are_kept_for_both_schemes(frontier: Frontier) -> None:
    robots = {f"http://{HOST}": b"http", f"https://{HOST}": b"https"}
    async with frontier.join() as first:
        await offer(first, page(1), page(1, OTHER))
        await first.acquire()
        group = Group(clocks={HOST: b"clock"}, robots={**robots, f"http://{OTHER}": b"other"})
        await first.commit_and_take(group, {}, 0.0)
    async with frontier.join() as second:
        fresh = Waiting(fresh=True)
        assert [Grant(HOST, b"clock", 0, fresh), Grant(OTHER, None, 0, fresh)] == await second.acquire()
        assert robots == {origin: await second.robots(origin) for origin in robots}
        assert (b"other", None) == (await second.robots(f"http://{OTHER}"), await second.robots(f"https://{OTHER}"))


async def test_every_host_is_granted_once_including_new_ones_from_a_commit(worker: Worker) -> None:
    names = [f"h{n}.example.org" for n in range(5)]
    await offer(worker, *(page(1, name) for name in names))
    few, others, none = [await worker.acquire(most) for most in (2, None, None)]
    assert (names[:2], names[2:], []) == ([grant.host for grant in few], [grant.host for grant in others], none)
    assert {OTHER: 2} == await offer(worker, page(1, OTHER), page(2, OTHER))
    assert [[OTHER], []] == [[grant.host for grant in await worker.acquire()] for _ in range(2)]


async def test_a_grant_says_what_waits(frontier: Frontier) -> None:
    async with frontier.join() as first:
        await offer(first, page(1), page(2), page(1, OTHER))
        for host, due in ((HOST, 70.0), (OTHER, 80.0)):
            (taken,) = await take(first, 1, host=host)
            await commit(first, Outcome(taken, State.PENDING, "timeout", retry_at=due))
    async with frontier.join() as second:
        assert [Waiting(fresh=True, next_retry=70.0), Waiting(fresh=False, next_retry=80.0)] == [
            grant.waiting for grant in await second.acquire()
        ]


async def test_a_host_that_was_given_back_can_be_granted_again(worker: Worker) -> None:
    await offer(worker, page(1), page(2), page(1, OTHER))
    assert [page(1).url] == urls(await take(worker, 1))
    await worker.commit_and_take(Group(clocks={HOST: b"clock"}), {}, 0.0)
    await worker.give_back([HOST])
    assert {"pending": 3} == counted(await worker.totals())
    assert [Grant(HOST, b"clock", 0, Waiting(fresh=True))] == await worker.acquire()
    assert [page(1).url, page(2).url] == urls(await take(worker))


async def test_requests_that_a_killed_run_may_have_sent_are_reported_until_a_clock_tells_of_them(
    frontier: Frontier,
) -> None:
    async with frontier.join() as killed:
        await offer(killed, page(1), page(2))
        await take(killed)
    async with frontier.join() as second:
        assert [2] == [grant.unclean for grant in await second.acquire()]
        await second.commit_and_take(Group(clocks={HOST: b"clock"}), {}, 0.0)
        await second.give_back([HOST])
        assert [0] == [grant.unclean for grant in await second.acquire()]


async def test_a_job_is_finished_when_nothing_waits_and_nothing_is_leased(worker: Worker) -> None:
    assert await worker.finished()
    await offer(worker, page(1))
    assert not await worker.finished()
    (taken,) = await take(worker)
    assert not await worker.finished()
    await commit(worker, Outcome(taken, State.PENDING, "timeout", retry_at=10.0))
    assert not await worker.finished()
    (taken,) = await take(worker, now=10.0)
    await commit(worker, done(taken))
    assert await worker.finished()


async def test_a_redirect_goes_to_its_new_host_and_remembers_where_it_came_from(worker: Worker) -> None:
    await offer(worker, page(1))
    (asked,) = await take(worker)
    target = "http://www.example.org/one"
    assert {"www.example.org": 1} == await fresh(worker, hop(asked, target))
    (moved,) = await take(worker, host="www.example.org")
    assert (target, (page(1).url,), page(1).url) == (moved.url, moved.hops, moved.asked)


async def test_a_redirect_to_a_known_page_ends_there(worker: Worker) -> None:
    await offer(worker, page(1), page(2))
    asked, _ = await take(worker)
    assert {} == await fresh(worker, hop(asked, page(2).url))
    totals = await worker.totals()
    assert ({"done": 1, "leased": 1}, 1) == (counted(totals), totals.merged)


async def test_the_target_of_a_redirect_is_not_asked_for_again(worker: Worker) -> None:
    await offer(worker, page(1))
    (asked,) = await take(worker)
    await commit(worker, hop(asked, page(2).url))
    assert {} == await offer(worker, page(2))


async def test_a_redirect_to_itself_is_followed_since_it_may_have_set_a_cookie(worker: Worker) -> None:
    await offer(worker, page(1))
    (asked,) = await take(worker)
    await commit(worker, hop(asked, page(2).url))
    (moved,) = await take(worker)
    assert {HOST: 1} == await fresh(worker, hop(moved, page(1).url))
    (back,) = await take(worker)
    assert (page(1).url, page(2).url) == back.hops


async def test_a_requeued_redirect_starts_where_it_began(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await offer(worker, page(1))
        (asked,) = await take(worker)
        await commit(worker, hop(asked, page(2).url))
        (moved,) = await take(worker)
        await commit(worker, failed(moved, "http 500", "the server answered 500"))
    async with frontier.alone() as owner:
        assert 1 == await owner.requeue()
    async with frontier.join() as worker:
        (again,) = await take(worker)
        assert (page(1).url, ()) == (again.url, again.hops)
        assert {HOST: 1} == await fresh(worker, hop(again, page(2).url))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["add", "take", "done", "fail", "retry", "kill"]), st.integers(0, 12))))
@pytest.mark.parametrize("kind", ["sqlite", "memory"])
def test_whatever_happens_every_url_is_in_exactly_one_state(kind: str, steps: list[tuple[str, int]]) -> None:
    ran(kind, lambda frontier: every_url_is_in_one_state(frontier, steps))


async def every_url_is_in_one_state(frontier: Frontier, steps: list[tuple[str, int]]) -> None:
    offered: set[str] = set()
    ended: Counter[str] = Counter()
    runs = [list[tuple[str, int]]()]
    for step in steps:
        if step[0] == "kill":
            runs.append([])
        else:
            runs[-1].append(step)
    held: list[Request] = []
    for run in runs:
        async with frontier.join() as worker:
            await worker.acquire()
            held = []
            for step, n in run:
                if step == "add":
                    await offer(worker, page(n))
                    offered.add(page(n).url)
                elif step == "take":
                    held += await take(worker, n)
                elif held:
                    state = {"done": State.DONE, "fail": State.FAILED, "retry": State.PENDING}[step]
                    await commit(worker, Outcome(held.pop(0), state))
                    ended[state] += state != State.PENDING
            totals = counted(await worker.totals())
    assert len(offered) == sum(totals.values())
    assert (len(held), ended["done"], ended["failed"]) == tuple(
        totals.get(state, 0) for state in ("leased", "done", "failed")
    )


async def test_runs_that_died_while_they_had_a_request_are_counted_until_it_has_an_outcome(
    frontier: Frontier,
) -> None:
    async with frontier.join() as worker:
        await offer(worker, page(1), page(2), page(3))
    for deaths in range(3):
        async with frontier.join() as worker:
            assert [deaths] * 3 == [one.deaths for one in await take(worker)]
    async with frontier.join() as worker:
        first, second, third = await take(worker)
        later = Outcome(second, State.PENDING, "timeout", retry_at=5.0)
        await commit(worker, done(first), later, hop(third, page(4).url))
        assert [0, 0] == [one.deaths for one in await take(worker, now=5.0)]
        await worker.release()
    async with frontier.join() as worker:
        assert [0, 0] == [one.deaths for one in await take(worker, now=5.0)]
