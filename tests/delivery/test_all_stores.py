"""The fan-out: every store at its own pace, in bulk, exactly once in effect."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from support.crawling import PATIENCE
from support.storage_journal import ITEM, ListedJournal, item, lines

from asyncscrape.config.stores import record_store
from asyncscrape.delivery.all_stores import AllStores
from asyncscrape.delivery.one_store import Progress
from asyncscrape.errors import StoreError
from asyncscrape.expectations import TableExpectation
from asyncscrape.facts import TableFacts
from asyncscrape.model import FIRST, Batch, Generation
from asyncscrape.storage.base import NOTHING_EXPECTED, RecordStore
from asyncscrape.storage.build import build_stores


class ListStore:
    """Keeps what it is given, and can be told to wait or to fail."""

    takes_answers = False

    def __init__(self, name: str = "list", appetite: int = 1000, patience: float = 3600.0) -> None:
        self.id = name
        self.names = (name,)
        self.appetite = appetite
        self.patience = patience
        self.writes: list[list[int]] = []
        self.written = asyncio.Event()
        self.may_write = asyncio.Event()
        self.may_write.set()
        self.error: Exception | None = None
        self.opened_at = -1

    async def probe(self, generation: Generation = FIRST) -> str:
        return "a list"

    async def open(self, cursor: int, generation: Generation = FIRST) -> int:
        self.opened_at = cursor
        return cursor

    async def write(self, batches: Sequence[Batch]) -> None:
        await self.may_write.wait()
        if self.error:
            raise self.error
        self.writes.append([batch.seq for batch in batches])
        self.written.set()

    async def finish(self, expected: Mapping[str, TableExpectation] = NOTHING_EXPECTED) -> Mapping[str, TableFacts]:
        return {self.id: TableFacts(1)}

    async def switch(self) -> None:
        return None

    async def close(self) -> None:
        self.opened_at = -1


@asynccontextmanager
async def running(journal: ListedJournal, *stores: RecordStore, deadline: float = 600.0) -> AsyncIterator[AllStores]:
    delivery = AllStores(stores, journal, 1_000_000, deadline)
    await delivery.open()
    try:
        yield delivery
    finally:
        await delivery.close()


async def add(delivery: AllStores, journal: ListedJournal, count: int = 1) -> None:
    """Commit batches of about 130 bytes."""
    for _ in range(count):
        delivery.added(1, journal.add(item(1)))


async def in_time(happens: Callable[[], bool]) -> bool:
    """Whether it becomes true; the loop goes round meanwhile."""
    async with asyncio.timeout(PATIENCE):
        while not happens():
            await asyncio.sleep(0)
    return True


async def test_few_records_wait_until_there_are_enough(tmp_path: Path) -> None:
    journal, store = ListedJournal(), ListStore(appetite=1000)
    async with running(journal, store) as delivery:
        await add(delivery, journal, 3)
        await add(delivery, journal, 5)
        await asyncio.wait_for(store.written.wait(), PATIENCE)
        assert [[1, 2, 3, 4, 5, 6, 7, 8]] == store.writes


async def test_few_records_do_not_wait_longer_than_the_stores_patience() -> None:
    journal, store = ListedJournal(), ListStore(patience=0.02)
    async with running(journal, store) as delivery:
        await add(delivery, journal)
        await asyncio.wait_for(store.written.wait(), PATIENCE)
        assert [[1]] == store.writes


async def test_news_without_a_size_are_delivered_all_the_same() -> None:
    journal, store = ListedJournal(), ListStore(patience=0.02)
    async with running(journal, store) as delivery:
        for _ in range(20):
            journal.add(item(1))
            delivery.added(0, 0)
        assert await in_time(lambda: [list(range(1, 9)), list(range(9, 17)), [17, 18, 19, 20]] == store.writes)


async def test_draining_delivers_everything_at_once() -> None:
    journal, stores = ListedJournal(), [ListStore("a"), ListStore("b", appetite=1)]
    async with running(journal, *stores) as delivery:
        await add(delivery, journal, 3)
        await delivery.drain()
        assert [[1, 2, 3]] == stores[0].writes
        assert [1, 2, 3] == [seq for write in stores[1].writes for seq in write]
        assert {"a": 3, "b": 3} == journal.cursors


async def test_what_an_earlier_run_left_is_delivered_at_the_start() -> None:
    journal, store = ListedJournal(), ListStore(appetite=1)
    for _ in range(3):
        journal.add(item(1))
    journal.cursors["list"] = 1
    async with running(journal, store):
        assert 1 == store.opened_at
        assert await in_time(lambda: [[2], [3]] == store.writes)
    assert -1 == store.opened_at


async def test_a_slow_store_does_not_keep_the_others_waiting() -> None:
    journal, slow, quick = ListedJournal(), ListStore("slow", appetite=1), ListStore("quick", appetite=1)
    slow.may_write.clear()
    async with running(journal, slow, quick) as delivery:
        await add(delivery, journal, 2)
        assert await in_time(lambda: delivery.progress()["quick"].seq == 2)
        assert Progress(0) == delivery.progress()["slow"]
        slow.may_write.set()
        await delivery.drain()
        assert Progress(2) == delivery.progress()["slow"]


async def test_a_failing_store_is_told_and_the_others_go_on() -> None:
    journal, broken, sound = ListedJournal(), ListStore("broken", appetite=1), ListStore("sound", appetite=1)
    broken.error = StoreError("the disk is on fire")
    async with running(journal, broken, sound) as delivery:
        await add(delivery, journal)
        assert broken.error is await asyncio.wait_for(delivery.failure(), PATIENCE)
        await add(delivery, journal)
        with pytest.raises(StoreError, match="on fire"):
            await delivery.drain()
        assert {"broken": Progress(0, "the disk is on fire"), "sound": Progress(2)} == delivery.progress()
        with pytest.raises(StoreError, match="on fire"):
            await delivery.finish()
    assert {"sound": 2} == journal.cursors


async def test_finishing_delivers_the_rest_and_names_the_tables() -> None:
    journal, stores = ListedJournal(), [ListStore("a"), ListStore("b")]
    async with running(journal, *stores) as delivery:
        await add(delivery, journal)
        assert {"a": TableFacts(1), "b": TableFacts(1)} == await delivery.finish()
        assert [[[1]], [[1]]] == [store.writes for store in stores]


async def test_without_stores_there_is_nothing_to_do() -> None:
    async with running(ListedJournal()) as delivery:
        delivery.added(1, 10)
        await delivery.drain()
        assert {} == await delivery.finish()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(delivery.failure(), 0.01)


async def test_a_write_that_is_cancelled_is_repeated_by_the_next_run(tmp_path: Path) -> None:
    journal = ListedJournal()
    for number in range(50):
        journal.add(*(item(number * 100 + n) for n in range(100)))
    for _ in range(5):
        async with running(journal, *build_stores([record_store("jsonl")], tmp_path, [ITEM])):
            await asyncio.sleep(0)
    both = build_stores([record_store("jsonl"), record_store("csv")], tmp_path, [ITEM])
    async with running(journal, *both) as delivery:
        assert {"jsonl", "csv"} == set(delivery.progress())
        await delivery.finish()
    assert lines(sorted((item(n) for n in range(5000)), key=lambda r: r["url"])) == (
        (tmp_path / "item.jsonl").read_bytes()
    )
