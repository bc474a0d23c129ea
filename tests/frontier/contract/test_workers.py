"""Many workers on one job: a host belongs to one at a time, and the outcome of each URL is stored once."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import strategies as st
from support.frontier_work import (
    HOST,
    OTHER,
    blob,
    commit,
    commit_rows,
    counted,
    done,
    failed,
    hop,
    item_of,
    kept,
    offer,
    page,
    paths_to_copy,
    seqs,
    take,
    urls,
)
from support.frontiers import SHARED, Shared
from support.running import examples

from asyncscrape.errors import JobRunning
from asyncscrape.frontier.base import Backlog, GivenUp, Grant, Group, Taken, Waiting, Worker
from asyncscrape.model import Outcome, Request, State
from asyncscrape.stats import Spent


async def test_a_host_belongs_to_one_worker(shared: Shared) -> None:
    names = [f"h{n}.example.org" for n in range(6)]
    async with shared.join() as one, shared.join() as two:
        await offer(one, *(page(1, name) for name in names))
        granted = [[grant.host for grant in await worker.acquire(most)] for worker, most in ((one, 2), (two, 3))]
        assert ([2, 3], set(names[:5])) == (list(map(len, granted)), {*granted[0], *granted[1]})
        assert [names[5:], []] == [[grant.host for grant in await worker.acquire()] for worker in (one, two)]


async def test_a_host_that_another_worker_found_is_granted_once(shared: Shared) -> None:
    async with shared.join() as one, shared.join() as two:
        await offer(one, page(1))
        (taken,) = await take(one)
        assert {OTHER: 1} == (await commit(one, done(taken, links=[page(1, OTHER)]))).fresh
        assert [OTHER] == [grant.host for grant in await two.acquire()]
        assert [] == await one.acquire()
        assert [page(1, OTHER).url] == urls(await take(two, host=OTHER))


async def test_a_host_that_has_nothing_to_fetch_is_not_granted(shared: Shared) -> None:
    async with shared.join() as one, shared.join() as two:
        await commit_rows(one, 1)
        await one.give_back([HOST])
        assert [] == await two.acquire()
        await offer(one, page(2))
        assert [HOST] == [grant.host for grant in await two.acquire()]


async def test_a_host_is_handed_over_with_its_clock_its_robots_and_its_queue(shared: Shared) -> None:
    robots = {f"http://{HOST}": b"http", f"https://{HOST}": b"https"}
    async with shared.join() as one, shared.join() as two:
        await offer(one, page(1), page(2), page(3))
        first, second = await take(one, 2)
        later = Outcome(first, State.PENDING, "timeout", retry_at=50.0)
        await one.commit_and_take(Group([later], clocks={HOST: b"clock"}, robots=robots), {}, 0.0)
        await one.give_back([HOST])
        expected = Grant(HOST, b"clock", 0, Waiting(fresh=True, next_retry=50.0))
        assert [expected] == await two.acquire()
        assert robots == {origin: await two.robots(origin) for origin in robots}
        assert [second.url, page(3).url] == urls(await take(two, now=40.0))
        assert Taken((), Waiting()) == (await one.poll({HOST: 5}, 90.0))[HOST]
        assert [first.url] == urls(await take(two, now=90.0))


async def test_leases_of_a_dead_worker_count_as_sent(shared: Shared) -> None:
    async with shared.join() as two:
        async with shared.join() as one:
            await offer(one, page(1), page(2))
            await take(one, 1)
            assert [] == await two.acquire()
        assert [Grant(HOST, None, 1, Waiting(fresh=True))] == await two.acquire()
        assert [page(1).url, page(2).url] == urls(await take(two))


async def test_what_a_dead_worker_may_have_sent_is_not_forgotten_before_a_clock_tells_of_it(shared: Shared) -> None:
    async with shared.join() as one, shared.join() as two, shared.join() as three:
        await offer(one, page(1), page(2))
        await take(one)
        await shared.expire(one)
        assert [2] == [grant.unclean for grant in await two.acquire()]
        await two.give_back([HOST])
        assert [2] == [grant.unclean for grant in await three.acquire()], "nobody has asked the host since"


async def test_requests_that_a_worker_released_do_not_count_as_sent(shared: Shared) -> None:
    async with shared.join() as two:
        async with shared.join() as one:
            await offer(one, page(1), page(1, OTHER))
            await one.acquire(1)
            assert [page(1, OTHER).url] == urls(await take(two, host=OTHER))
            await take(one)
            await one.release()
        assert [0] == [grant.unclean for grant in await two.acquire()]
        assert {"leased": 1, "pending": 1} == counted(await two.totals()), "what others leased stays leased"


async def test_nothing_of_a_lost_host_is_stored_but_the_rest_of_the_group_is(shared: Shared) -> None:
    async with shared.join() as slow, shared.join() as quick:
        await slow.journal.register({"files": ["jsonl"]})
        await offer(slow, page(1), page(1, OTHER))
        (lost,) = await take(slow)
        await shared.expire(slow)
        assert [(HOST, 1)] == [(grant.host, grant.unclean) for grant in await quick.acquire(1)]
        await quick.commit_and_take(Group(clocks={HOST: b"new"}, robots={f"http://{HOST}": b"new"}), {}, 0.0)
        (good,) = await take(slow, host=OTHER)
        group = Group(
            [item_of(lost, links=[page(7)]), item_of(good, links=[page(2, OTHER)])],
            [page(3)],
            clocks={HOST: b"old", OTHER: b"clock"},
            robots={f"http://{HOST}": b"old", f"http://{OTHER}": b"robots"},
        )
        committed = await slow.commit_and_take(group, {HOST: 5, OTHER: 5}, 0.0)
        assert ([HOST], {OTHER: 1, HOST: 1}) == (list(committed.fenced), committed.fresh)
        assert ([], [page(2, OTHER).url]) == (urls(committed.taken[HOST]), urls(committed.taken[OTHER]))
        assert (1, {"item": 1}) == (committed.records, committed.totals.records)
        assert [b'{"id":2}\n'] == [batch.lines for batch in await slow.journal.read(0, 1000)]
        assert [page(1).url, page(3).url] == urls(await take(quick))
        for worker, host in ((quick, HOST), (slow, OTHER)):
            await worker.give_back([host])
        async with shared.join() as third:
            grants = {
                grant.host: (grant.clock, await third.robots(f"http://{grant.host}"))
                for grant in await third.acquire()
            }
            assert {HOST: (b"new", b"new"), OTHER: (b"clock", b"robots")} == grants


async def test_a_worker_cannot_give_up_a_host_that_it_has_lost(shared: Shared) -> None:
    async with shared.join() as slow, shared.join() as quick:
        await offer(slow, page(1), page(2))
        await slow.acquire()
        await shared.expire(slow)
        await quick.acquire()
        given_up = {HOST: GivenUp("host given up", "kept failing")}
        assert [HOST] == list((await slow.commit_and_take(Group(given_up=given_up), {}, 0.0)).fenced)
        assert {"pending": 2} == counted(await quick.totals())


async def test_the_outcome_of_a_url_is_stored_once(shared: Shared) -> None:
    async with shared.join() as slow, shared.join() as quick:
        await offer(slow, page(1))
        (early,) = await take(slow)
        await shared.expire(slow)
        (late,) = await take(quick)
        for worker, taken, fenced in ((slow, early, [HOST]), (quick, late, []), (slow, early, [HOST])):
            assert fenced == list((await commit(worker, item_of(taken))).fenced)
        totals = await slow.totals()
        assert ({"done": 1}, {"item": 1}) == (counted(totals), totals.records)


async def test_a_host_that_was_given_back_is_lost_too(shared: Shared) -> None:
    async with shared.join() as one:
        await offer(one, page(1))
        (taken,) = await take(one)
        await one.give_back([HOST])
        assert [HOST] == list((await commit(one, failed(taken))).fenced)
        assert {"pending": 1} == counted(await one.totals())


async def test_a_host_that_was_lost_and_is_ours_again_is_not_lost_by_a_late_outcome(shared: Shared) -> None:
    async with shared.join() as worker:
        await offer(worker, page(1), page(2))
        early, _ = await take(worker)
        await shared.expire(worker)
        assert [HOST] == [grant.host for grant in await worker.acquire()]
        assert [] == list((await commit(worker, item_of(early))).fenced), "it is ours, and nobody else asks it"


async def test_a_host_is_not_lost_when_its_request_ends_twice(shared: Shared) -> None:
    async with shared.join() as worker:
        await offer(worker, page(1), page(2))
        early, _ = await take(worker)
        await shared.expire(worker)
        again, _ = await take(worker)
        for ended in (early, again):
            assert [] == list((await commit(worker, item_of(ended))).fenced)


async def test_a_job_is_finished_only_when_nobody_has_anything(shared: Shared) -> None:
    async with shared.join() as one, shared.join() as two:
        await offer(one, page(1))
        (taken,) = await take(one)
        assert not await two.finished()
        target = page(1, OTHER)
        await commit(one, hop(taken, target.url))
        assert not await one.finished()
        (moved,) = await take(two, host=OTHER)
        assert not await one.finished()
        await commit(two, done(moved))
        assert [True, True] == [await worker.finished() for worker in (one, two)]


async def test_totals_are_those_of_all_workers(shared: Shared) -> None:
    async with shared.join() as one, shared.join() as two:
        await offer(one, page(1), page(1, OTHER))
        await one.acquire(1)
        (second,), (first,) = await take(two, host=OTHER), await take(one)
        spent = Spent(requests=1, bytes=10)
        await one.commit_and_take(Group([item_of(first)], spent=spent), {}, 0.0)
        totals = (await two.commit_and_take(Group([item_of(second)], spent=spent), {}, 0.0)).totals
        assert ({"done": 2}, {"item": 2}, Spent(requests=2, bytes=20)) == (
            counted(totals),
            totals.records,
            totals.spent,
        )
        assert totals == await one.totals()


async def test_copies_are_made_by_one_worker_and_by_the_next_if_it_dies(shared: Shared) -> None:
    async with shared.join() as one, shared.join() as two:
        await offer(one, blob("a"), blob("b"))
        (download,) = await take(one)
        await commit(one, kept(download))
        ((copy,), _) = await one.take_copies(100)
        assert ([], {}) == (await paths_to_copy(two), await two.unfinished_paths())
        await shared.expire(one)
        assert {"b": False} == await two.unfinished_paths()
        await two.acquire()
        assert ({}, ["b"]) == (await two.unfinished_paths(), await paths_to_copy(two))
        assert [HOST] == list((await commit(one, kept(copy.request))).fenced)


async def test_the_journal_holds_the_records_of_all_workers(shared: Shared) -> None:
    async with shared.join() as one, shared.join() as two:
        await one.journal.register({"files": ["jsonl"]})
        await commit_rows(one, 1)
        await one.give_back([HOST])
        await commit_rows(two, 2)
        assert ([1, 2], 2) == (seqs(await one.journal.read(0, 1000)), await one.journal.end())
        await one.journal.advance("files", 1)
        assert (1, [2]) == (await two.journal.cursor("files"), seqs(await two.journal.read(0, 1000)))
        assert Backlog(len(b'{"id":2}\n'), {"jsonl": 1}) == await two.journal.backlog()
        assert one.job_id == two.job_id


async def test_nobody_can_be_alone_while_one_of_many_works(shared: Shared) -> None:
    async with shared.join():
        async with shared.join():
            pass
        with pytest.raises(JobRunning):
            async with shared.frontier.alone():
                pass
        told = await shared.frontier.standing()
        assert told is not None
        assert told.running


STEPS = ["offer", "acquire", "take", "take", "done", "done", "hop", "give back", "expire", "leave"]
HOSTS = [f"h{n}.example.org" for n in range(3)]
Step = tuple[str, int, int]


@pytest.mark.parametrize("kind", SHARED)
@examples(150, steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 1), st.integers(0, 8)), max_size=40))
def test_whatever_workers_do_each_url_is_stored_once(kind: str, steps: list[Step]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(Team(SHARED[kind](Path(folder))).play(steps))


class Team:
    """Two workers, and the hosts that each believes it has."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.workers: list[tuple[AsyncExitStack, Worker]] = []
        self.held: tuple[list[Request], list[Request]] = ([], [])
        self.owners: dict[str, int] = {}
        """The worker that certainly has a host."""
        self.stored: set[str] = set()

    async def play(self, steps: list[Step]) -> None:
        self.workers = [await self.joined(), await self.joined()]
        for what, who, n in steps:
            await self.step(what, who, n)
            assert len(self.stored) == counted(await self.workers[0][1].totals()).get("done", 0)
        for stack, _ in self.workers:
            await stack.aclose()

    async def joined(self) -> tuple[AsyncExitStack, Worker]:
        stack = AsyncExitStack()
        return stack, await stack.enter_async_context(self.shared.join())

    async def step(self, what: str, who: int, n: int) -> None:
        worker, host = self.workers[who][1], HOSTS[n % 3]
        if what == "offer":
            await offer(worker, page(n, host))
        elif what == "acquire":
            for grant in await worker.acquire(n):
                assert grant.host not in self.owners
                self.owners[grant.host] = who
        elif what == "take":
            taken = (await worker.poll({host: n}, 0.0))[host].requests
            assert not taken or self.owners[host] == who
            self.held[who].extend(taken)
        elif what in ("done", "hop") and self.held[who]:
            await self.end(worker, who, what, n)
        else:
            await self.lose(what, who, host)

    async def end(self, worker: Worker, who: int, what: str, n: int) -> None:
        asked = self.held[who].pop(0)
        outcome = done(asked) if what == "done" else hop(asked, page(n, HOSTS[n % 3]).url)
        before = counted(await worker.totals()).get("done", 0)
        committed = await commit(worker, outcome)
        if committed.totals.of("page", State.DONE) > before:  # type: ignore[arg-type]
            assert not committed.fenced
            assert asked.asked not in self.stored
            self.stored.add(asked.asked)

    async def lose(self, what: str, who: int, host: str) -> None:
        """Let a worker lose one host, or all; late outcomes for them must not count."""
        stack, worker = self.workers[who]
        lost = [host] if what == "give back" else HOSTS if what in ("expire", "leave") else []
        self.owners = {name: owner for name, owner in self.owners.items() if owner != who or name not in lost}
        if what == "give back":
            await worker.give_back([host])
        elif what == "expire":
            await self.shared.expire(worker)
        elif what == "leave":
            await stack.aclose()
            self.held[who].clear()
            self.workers[who] = await self.joined()
