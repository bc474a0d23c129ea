"""Several workers of one job that write its tables at once, each with its own stream of the journal."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from support.newest_model import MERGED, PLAIN, STRICT, Delivery, Step, told
from support.postgres_jobs import away, columns_of, content, make_store, reasons, refused, tables_of
from support.postgres_server import Database
from support.postgres_tables import rows_of
from support.random_pages import random_pages
from support.storage_journal import ITEM, ROW, batch, item, row, rows_when_finished

from asyncscrape.errors import StoreError
from asyncscrape.model import BLOBS, FIRST, Batch, Column, Generation, Table
from asyncscrape.records.chunks import Bounds
from asyncscrape.storage.postgres.store import CHUNK, PostgresStore

SECOND = Generation(2, beside=True, begin=10)
THIRD = Generation(3, beside=True, begin=20)


@asynccontextmanager
async def working(
    database: Database,
    *tables: Table,
    cursor: int = 0,
    generation: Generation = FIRST,
    shared: bool = True,
    chunk: Bounds = CHUNK,
) -> AsyncIterator[PostgresStore]:
    """The store of one worker, opened and closed at the end."""
    store = make_store(database.dsn, *tables, job_name="shop", shared=shared, chunk=chunk)
    try:
        assert cursor == await store.open(cursor, generation)
        yield store
    finally:
        await store.close()


def names(database: Database) -> list[str]:
    return [found["name"] for found in content(database, "item")]


# Places


async def test_workers_write_in_any_order_and_each_goes_on_at_its_own_place(postgres: Database) -> None:
    async with working(postgres, ITEM) as one, working(postgres, ITEM) as other:
        await one.write([batch(7, item(1, "7"))])
        await other.write([batch(3, item(2, "3"))])
        await one.write([batch(9, item(3, "9"))])
        await other.write([batch(4, item(4, "4"))])
    assert ["7", "3", "9", "4"] == names(postgres)
    assert "9" == postgres.value("SELECT seq FROM _asyncscrape_cursor")


async def test_one_that_is_alone_afterwards_skips_nothing(postgres: Database) -> None:
    async with working(postgres, ITEM) as one, working(postgres, ITEM):
        await one.write([batch(3, item(3, "3"))])
    async with working(postgres, ITEM, cursor=1, shared=False) as alone:
        await alone.write([batch(2, item(2, "2")), batch(3, item(3, "3"))])
        await alone.write([batch(4, item(4, "4"))])
    assert ["2", "3", "4"] == names(postgres)


async def test_one_that_was_alone_before_is_joined(postgres: Database) -> None:
    async with working(postgres, ITEM, shared=False) as alone:
        await alone.write([batch(1, item(1, "1")), batch(2, item(2, "2"))])
    async with working(postgres, ITEM, cursor=1) as one, working(postgres, ITEM, cursor=2) as other:
        await other.write([batch(4, item(4, "4"))])
        await one.write([batch(2, item(2, "2")), batch(3, item(3, "3"))])
    assert ["1", "2", "3", "4"] == names(postgres)


async def test_a_database_that_lost_records_is_refused(postgres: Database) -> None:
    async with working(postgres, ITEM) as one:
        await one.write([batch(2, item(2))])
    with refused("fewer records than this job has delivered", "--fresh"):
        await make_store(postgres.dsn, ITEM, shared=True).open(3)


async def test_facts_are_counted_anew_after_a_write_at_a_lower_place(postgres: Database) -> None:
    async with working(postgres, ITEM) as one, working(postgres, ITEM) as other:
        await one.write([batch(5, item(1))])
        assert {"item": 1} == await rows_when_finished(one)
        await other.write([batch(3, item(2))])
        assert {"item": 2} == await rows_when_finished(one)


# At once


async def deliver_all(database: Database, batches: Sequence[Batch], seed: int, chunk: Bounds) -> None:
    """Write a stream in small steps, some of them twice, and begin again wherever the connection is lost."""
    chance = random.Random(seed)
    store = make_store(database.dsn, PLAIN, MERGED, STRICT, shared=True, chunk=chunk)
    done, cursor, opened = 0, 0, False
    while done < len(batches):
        some = batches[max(0, done - chance.randrange(3)) : done + chance.randrange(1, 4)]
        try:
            if not opened:
                assert cursor == await store.open(cursor)
                opened = True
            await store.write(some)
        except StoreError as error:
            if not error.passing:
                raise
            opened = False
            continue
        done, cursor = batches.index(some[-1]) + 1, some[-1].seq
        if chance.random() < 0.2:
            await store.close()
            cursor, opened = batches[max(0, done - 3)].seq - 1, False
    await store.close()


async def cut_now_and_then(database: Database, seed: int, over: asyncio.Event) -> None:
    chance = random.Random(seed)
    while not over.is_set():
        await asyncio.sleep(chance.uniform(0.02, 0.15))
        await asyncio.to_thread(
            database.sql,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'asyncscrape' "
            "AND state <> 'idle' ORDER BY random() LIMIT 1",
        )


@pytest.mark.parametrize("chunk", [CHUNK, Bounds(7, 10**7)], ids=["whole", "split"])
async def test_the_tables_are_those_of_one_writer_whoever_is_cut_off_when(postgres: Database, chunk: Bounds) -> None:
    delivery = Delivery(random_pages(28, 45), [Step(None, 1, False)])
    streams: list[list[Batch]] = [delivery.batches[start::3] for start in range(3)]
    adopted = [streams[0], streams[1], streams[2], streams[0]]  # the last one repeats what a dead worker left
    over = asyncio.Event()
    cutting = asyncio.create_task(cut_now_and_then(postgres, 7, over))
    await asyncio.gather(*(deliver_all(postgres, some, seed, chunk) for seed, some in enumerate(adopted)))
    over.set()
    await cutting
    async with working(postgres, PLAIN, MERGED, STRICT, cursor=45) as store:
        facts = await store.finish()
    for table in (PLAIN, MERGED, STRICT):
        expected = told(delivery, table)
        assert expected == rows_of(postgres, "public", table)
        assert len(expected) == facts[table.name].rows


async def test_workers_add_columns_and_set_records_aside_at_once(postgres: Database) -> None:
    free = Table("free", ("k",), ())
    more = Table("more", ("k",), (Column("k", "int"), Column("n", "int")))

    async def work(number: int) -> None:
        async with working(postgres, free, more) as store:
            for seq in range(1, 6):
                keys = range(20, 0, -1) if number % 2 else range(1, 21)
                found = [{"k": k, f"c{(number + seq) % 4}": "v", "_url": "u"} for k in keys]
                odd = [{"k": k, "n": "many" if k % 3 == 0 else k, "_url": "u"} for k in keys]
                await store.write(
                    [batch(10 * seq + number, *found, table="free"), batch(10 * seq + number, *odd, table="more")]
                )

    await asyncio.gather(*(work(number) for number in range(4)))
    assert {"k", "c0", "c1", "c2", "c3", "_url", "_fetched_at"} == columns_of(postgres, "free").keys()
    assert 20 == len(content(postgres, "free"))
    assert [k for k in range(1, 21) if k % 3] == sorted(found["k"] for found in content(postgres, "more"))
    assert 6 == len(reasons(postgres, "more"))
    postgres.sql("DROP TABLE free")
    with refused('"free"', "is gone"):
        await make_store(postgres.dsn, free, more, shared=True).open(50)


# Generations


async def test_workers_that_begin_at_once_fill_one_generation_and_one_switches(postgres: Database) -> None:
    async with working(postgres, ITEM, ROW, BLOBS, shared=False) as first:
        await first.write([batch(10, item(1, "old"), item(2, "old"))])
    stores = [make_store(postgres.dsn, ITEM, ROW, BLOBS, job_name="shop", shared=True) for _ in range(4)]
    assert [10] * 4 == await asyncio.gather(*(store.open(10, SECOND) for store in stores))
    for seq, store in zip((14, 11, 13, 12), stores, strict=True):
        await store.write([batch(seq, item(seq, "new")), batch(seq, row(seq, seq), table="row")])
    assert ["old", "old"] == names(postgres)
    leader, late, *others = stores
    changes = (await leader.finish())["item"].changes
    assert changes is not None
    assert (4, 2) == (changes.new, changes.gone)
    await leader.switch()
    assert ["new"] * 4 == names(postgres)
    for store in others:
        with away("new generation in its place"):
            await store.finish()
    with away("new generation in its place"):
        await late.write([batch(15, item(15, "new"))])
    assert 11 == await late.open(11, SECOND)
    await late.write([batch(12, item(12, "new"))])
    await late.switch()
    assert ["new"] * 4 == names(postgres)
    for store in stores:
        await store.close()


async def test_a_worker_of_an_older_generation_leaves_the_newer_one_alone(postgres: Database) -> None:
    async with working(postgres, ITEM, cursor=10, generation=SECOND) as late:
        await late.write([batch(11, item(1, "second"))])
        async with working(postgres, ITEM, cursor=11, generation=SECOND) as leader:
            await leader.switch()
        async with working(postgres, ITEM, cursor=20, generation=THIRD) as newer:
            await newer.write([batch(21, item(1, "third"))])
            with away("new generation"):
                await late.write([batch(12, item(2, "second"))])
            with refused("generation 3 of this job has begun", "start the worker again"):
                await late.open(12, SECOND)
            assert "item__next" in tables_of(postgres)
            await newer.switch()
    assert ["third"] == names(postgres)
