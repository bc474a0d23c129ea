"""The journal of many workers: each reads what it has written, and what nobody else reads any more."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.frontier_work import seqs
from support.frontiers import Shared, in_postgres

from asyncscrape.errors import JobChanged
from asyncscrape.frontier.base import Group, Worker
from asyncscrape.model import Batch, Lines

STORES = {"files": ["jsonl"], "tables": ["postgres"]}


@pytest.fixture
def shared(tmp_path: Path) -> Shared:
    return in_postgres(tmp_path)


async def write(worker: Worker, *names: str) -> None:
    """Commit records, each in a batch of its own."""
    for name in names:
        await worker.commit_and_take(Group(made={"item": Lines(1, name.encode())}), {}, 0.0)


async def read(worker: Worker, after: int = 0) -> list[str]:
    return names_of(await worker.journal.read(after, 1_000_000))


def names_of(batches: list[Batch]) -> list[str]:
    return [batch.lines.decode() for batch in batches]


async def test_workers_that_have_registered_read_their_own_records(shared: Shared) -> None:
    async with shared.join() as one, shared.join() as two:
        for worker in (one, two):
            await worker.journal.register(STORES)
        await write(one, "a")
        await write(two, "b")
        await write(one, "c")
        assert [["a", "c"], ["b"]] == [await read(worker) for worker in (one, two)]
        assert 1 == (await one.journal.advance("files", 1)).records
        assert {"jsonl": 1, "postgres": 2} == (await one.journal.backlog()).lags
        assert {"jsonl": 1, "postgres": 1} == (await two.journal.backlog()).lags
        standing = await shared.frontier.standing()
        assert standing is not None
        assert {"jsonl": 2, "postgres": 3} == standing.lags


async def test_the_records_of_a_dead_worker_come_after_those_of_the_survivor(shared: Shared) -> None:
    async with shared.join() as survivor:
        async with shared.join() as dead:
            for worker in (survivor, dead):
                await worker.journal.register(STORES)
            await write(dead, "a", "b")
            await dead.journal.advance("files", 1)
            await write(survivor, "c")
        batches = await survivor.journal.read(0, 1000)
        assert ["c", "a", "b"] == names_of(batches)
        last = batches[-1].seq
        assert (True, last) == (seqs(batches) == sorted(seqs(batches)), await survivor.journal.end())
        assert 3 == (await survivor.journal.advance("files", last)).records, "it takes one of them once more"
        assert 0 < (await survivor.journal.advance("tables", last)).freed
        assert [] == await survivor.journal.read(0, 1000)


async def test_the_next_worker_takes_over_records_and_cursors_as_they_are(shared: Shared) -> None:
    async with shared.join() as first:
        await first.journal.register(STORES)
        await write(first, "a", "b", "c")
        await first.journal.advance("files", 3)
        await first.journal.advance("tables", 1)
    async with shared.join() as second:
        await second.journal.register(STORES)
        assert (3, 1) == (await second.journal.cursor("files"), await second.journal.cursor("tables"))
        assert [2, 3] == seqs(await second.journal.read(1, 1000))


async def test_a_store_does_not_go_back_while_the_worker_before_is_not_known_to_be_dead(shared: Shared) -> None:
    async with shared.join() as killed, shared.join() as second:
        await killed.journal.register(STORES)
        await write(killed, "a", "b")
        await killed.journal.advance("files", 1)
        await second.journal.register(STORES)
        assert (1, 0) == (await second.journal.cursor("files"), await second.journal.cursor("tables"))
        await write(second, "c")
        await shared.expire(killed)
        await second.acquire()
        assert ["c", "a", "b"] == await read(second, 1)


async def test_a_worker_that_lost_its_lease_goes_on_behind_what_it_has_read(shared: Shared) -> None:
    async with shared.join() as worker, shared.join() as other:
        await worker.journal.register(STORES)
        await write(worker, "a", "b")
        last = (await worker.journal.read(0, 1000))[-1].seq
        await worker.journal.advance("files", last)
        await shared.expire(worker)
        await write(worker, "c")
        assert last == await worker.journal.cursor("files")
        assert {"a", "b", "c"} == set(await read(worker, last)), "what no store has yet comes again"
        assert [] == await other.acquire()


async def test_a_store_that_would_miss_records_of_any_worker_is_refused(shared: Shared) -> None:
    async with shared.join() as two:
        async with shared.join() as one:
            await one.journal.register({"files": ["jsonl"]})
            await write(one, "a")
            await one.journal.advance("files", 1)
        with pytest.raises(JobChanged, match="would miss"):
            await two.journal.register(STORES)


STEPS = ["write", "write", "write", "read", "read", "read", "expire", "leave"]
Step = tuple[str, int, int]


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 2), st.integers(0, 3)), max_size=40))
def test_whatever_happens_to_workers_every_store_gets_every_record(steps: list[Step]) -> None:
    asyncio.run(Pumps(in_postgres(Path("pumps"))).play(steps))


class Pumps:
    """Three workers, each of which pumps its records to two stores."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.workers: list[tuple[AsyncExitStack, Worker]] = []
        self.cursors: list[dict[str, int]] = []
        """As each pump keeps them in memory."""
        self.written: set[str] = set()
        self.stored: dict[str, set[str]] = {store: set() for store in STORES}

    async def play(self, steps: list[Step]) -> None:
        for _ in range(3):
            await self.join()
        for what, who, n in steps:
            await self.step(what, who, n)
        for stack, _ in self.workers[1:]:
            await stack.aclose()
        for _ in range(2):
            for store in STORES:
                await self.pump(0, store, 1_000_000)
        assert dict.fromkeys(STORES, self.written) == self.stored
        assert 0 == (await self.workers[0][1].journal.backlog()).bytes
        await self.workers[0][0].aclose()

    async def join(self) -> None:
        stack = AsyncExitStack()
        worker = await stack.enter_async_context(self.shared.join())
        await worker.journal.register(STORES)
        self.cursors.append({store: await worker.journal.cursor(store) for store in STORES})
        self.workers.append((stack, worker))

    async def step(self, what: str, who: int, n: int) -> None:
        stack, worker = self.workers[who]
        if what == "write":
            name = f"{len(self.written)} "
            await write(worker, name)
            self.written.add(name)
        elif what == "read":
            await self.pump(who, [*STORES][n % 2], 1 + n)
        elif what == "expire":
            await self.shared.expire(worker)
        else:
            await stack.aclose()
            del self.workers[who], self.cursors[who]
            await self.join()

    async def pump(self, who: int, store: str, most: int) -> None:
        journal, cursors = self.workers[who][1].journal, self.cursors[who]
        batches = await journal.read(cursors[store], most)
        if batches:
            self.stored[store].update(names_of(batches))
            cursors[store] = batches[-1].seq
            await journal.advance(store, cursors[store])
