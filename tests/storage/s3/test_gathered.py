"""Tables in S3 that several workers fill: one makes them of what all have put, as one process would."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from support import table_leader
from support.forked import Forked
from support.newest_model import MERGED, PLAIN, STRICT, Delivery, Step, deliver
from support.random_pages import random_pages
from support.s3_server import Bucket, FaultProxy, Server
from support.storage_journal import ITEM, ROW, batch, item, lines, row, rows_when_finished
from support.table_leader import LAST, SECOND

from asyncscrape.config.stores import record_store
from asyncscrape.destinations import FolderDestination, TableForm
from asyncscrape.errors import StoreDamaged, StoreError, UsageError
from asyncscrape.facts import Changes
from asyncscrape.model import FIRST, Batch, Generation, Table
from asyncscrape.own_folders import GATHERED
from asyncscrape.storage.base import Permit, RecordStore
from asyncscrape.storage.build import build_stores

THIRD = Generation(3, beside=True, begin=20)
PARTS = "tables/.asyncscrape-parts/"


@pytest.fixture
def proxy(s3: Bucket) -> Iterator[FaultProxy]:
    with FaultProxy(s3.server) as proxy:
        yield proxy


def make_store(
    s3: Bucket,
    machine: Path,
    *tables: Table,
    forms: str = "jsonl",
    server: Server | None = None,
    job: str = "one",
    permit: Permit | None = None,
) -> RecordStore:
    """The store of a worker on a machine."""
    places = [record_store(f"{form}:s3://{s3.name}/tables") for form in forms.split()]
    options = (server or s3.server).options()
    [store] = build_stores(places, machine / "shop", tables or (ITEM, ROW), job, options, shared=True, permit=permit)
    return store


@asynccontextmanager
async def working(
    s3: Bucket, machine: Path, cursor: int = 0, generation: Generation = FIRST, **how: Any
) -> AsyncIterator[RecordStore]:
    """The open store of a worker."""
    store = make_store(s3, machine, **how)
    try:
        assert cursor == await store.open(cursor, generation)
        yield store
    finally:
        await store.close()


def tables_in(s3: Bucket) -> dict[str, bytes]:
    """The finished tables."""
    return {name: content for name, content in s3.contents("tables/").items() if not name.startswith(".")}


def parts_in(s3: Bucket) -> list[str]:
    """What was gathered."""
    return [name for name in s3.keys(PARTS) if name.endswith(".gz")]


# Many workers, one table


async def test_one_worker_makes_the_tables_of_what_all_have_put(s3: Bucket, tmp_path: Path) -> None:
    async with working(s3, tmp_path / "a", forms="jsonl csv xlsx parquet") as one:
        async with working(s3, tmp_path / "b", forms="jsonl csv xlsx parquet") as other:
            await other.write([batch(2, item(2)), batch(3, row(3, 3), table="row")])
        await one.write([batch(1, item(1)), batch(4, item(2))])
        assert {"item": 2, "row": 1} == await rows_when_finished(one)
    assert lines([item(1), item(2)]) == tables_in(s3)["item.jsonl"]
    assert sorted(f"{table}.{form}" for table in ("item", "row") for form in ("csv", "jsonl", "parquet", "xlsx")) == [
        *tables_in(s3)
    ]


async def deliver_stream(s3: Bucket, machine: Path, batches: Sequence[Batch], seed: int) -> None:
    """Write a stream in small steps, some of them twice; begin again now and then, as after a kill."""
    chance = random.Random(seed)
    store = make_store(s3, machine, PLAIN, MERGED, STRICT)
    cursor = await store.open(0)
    done = 0
    while done < len(batches):
        if chance.random() < 0.2:
            await store.close()
            done = max(0, done - 2)
            cursor = batches[done].seq - 1
            assert cursor == await store.open(cursor)
        some = batches[done : done + chance.randrange(2, 8)]
        write = asyncio.create_task(store.write(some))
        if chance.random() < 0.2:
            await asyncio.sleep(chance.random() * 0.01)
            write.cancel()
            await asyncio.gather(write, return_exceptions=True)
            await store.open(cursor)
            continue
        await write
        done, cursor = done + len(some), some[-1].seq
    await store.close()


async def test_the_tables_are_those_of_one_process_whoever_is_killed_when(s3: Bucket, tmp_path: Path) -> None:
    delivery = Delivery(random_pages(7, 40), [Step(None, 5, False)])
    streams = [delivery.batches[start::2] for start in range(2)]
    repeated = [*streams, streams[0]]  # the last one is what a dead worker left, delivered anew
    await asyncio.gather(*(deliver_stream(s3, tmp_path / f"{n}", some, n) for n, some in enumerate(repeated)))
    leader = make_store(s3, tmp_path / "0", PLAIN, MERGED, STRICT)
    await leader.open(40)
    facts = await leader.finish()
    await leader.close()

    alone = tmp_path / "alone"
    place = [record_store("jsonl")]
    assert FolderDestination(TableForm.JSONL) == place[0].destination
    rows = await deliver(delivery, lambda: build_stores(place, alone, (PLAIN, MERGED, STRICT))[0])
    assert rows == {name: one.rows for name, one in facts.items()}
    assert {f"{table}.jsonl": (alone / f"{table}.jsonl").read_bytes() for table in rows} == tables_in(s3)


async def test_a_worker_that_counts_as_dead_takes_nothing_away(s3: Bucket, tmp_path: Path) -> None:
    """It puts late what was taken over from it, under the same places as more than that."""
    async with working(s3, tmp_path / "a") as one, working(s3, tmp_path / "b") as dead:
        await one.write([batch(1, item(1)), batch(2, item(2)), batch(3, item(3))])
        await dead.write([batch(1, item(1)), batch(3, item(3))])
        assert {"item": 3, "row": 0} == await rows_when_finished(one)


# Finishing again


async def test_finishing_again_brings_and_sends_only_what_is_new(
    s3: Bucket, proxy: FaultProxy, tmp_path: Path
) -> None:
    def calls() -> tuple[int, list[str]]:
        """How many shipments were brought, and which tables were sent."""
        found = [(method, path.split("?")[0]) for method, path, _ in proxy.log]
        proxy.log.clear()
        brought = sum(method == "GET" and path.endswith(".gz") for method, path in found)
        return brought, sorted(path.rpartition("/")[2] for method, path in found if method == "PUT")

    async def finish(*batches: Batch, machine: str = "a") -> tuple[int, list[str]]:
        async with working(s3, tmp_path / machine, server=proxy.server) as store:
            if batches:
                await store.write(batches)
            calls()
            await store.finish()
            return calls()

    assert (1, ["item.jsonl", "row.jsonl"]) == await finish(batch(1, item(1)))
    assert (0, []) == await finish()
    assert (1, ["item.jsonl"]) == await finish(batch(2, item(2)))
    assert (2, ["item.jsonl", "row.jsonl"]) == await finish(machine="b")
    assert lines([item(1), item(2)]) == tables_in(s3)["item.jsonl"]


async def test_a_damaged_workshop_is_made_anew(s3: Bucket, tmp_path: Path) -> None:
    async with working(s3, tmp_path) as store:
        await store.write([batch(1, item(1))])
        await store.finish()
        [part] = tmp_path.rglob("000000000001-*.jsonl")
        part.write_bytes(b"")
        await store.write([batch(2, item(2))])
        assert {"item": 2, "row": 0} == await rows_when_finished(store)
    shutil.rmtree(tmp_path / "shop")
    async with working(s3, tmp_path) as store:
        assert {"item": 2, "row": 0} == await rows_when_finished(store)


async def test_a_table_that_is_added_later_has_its_records_too(s3: Bucket, tmp_path: Path) -> None:
    both = make_store(s3, tmp_path / "a", ITEM, ROW)
    await both.open(0)
    await both.write([batch(1, item(1)), batch(2, row(1, 1), table="row")])
    await both.close()
    for tables in ([ITEM], [ITEM, ROW]):
        store = make_store(s3, tmp_path / "b", *tables)
        await store.open(2)
        assert {table.name: 1 for table in tables} == await rows_when_finished(store)
        await store.close()


# What is gone


async def test_records_that_are_gone_or_damaged_are_missed(s3: Bucket, tmp_path: Path) -> None:
    async with working(s3, tmp_path) as store:
        await store.write([batch(1, item(1))])
        [part] = parts_in(s3)
        s3.put(part, b"rubbish")
        with pytest.raises(StoreDamaged, match="is damaged, and with it records of this job"):
            await store.finish()
    for key in s3.keys(PARTS):
        s3.client.delete_object(Bucket=s3.name, Key=key)
    store = make_store(s3, tmp_path)
    with pytest.raises(StoreDamaged, match="is gone, and with it"):
        await store.open(1)
    await store.close()


async def test_a_bucket_that_does_not_exist_is_refused_at_the_start(s3: Bucket, tmp_path: Path) -> None:
    store = make_store(s3._replace(name=f"{s3.name}-not"), tmp_path)
    with pytest.raises(UsageError, match="does not exist"):
        await store.open(0)
    await store.close()


async def test_jobs_and_their_states_before_fresh_are_never_mixed(s3: Bucket, tmp_path: Path) -> None:
    async with working(s3, tmp_path) as store:
        await store.write([batch(1, item(1))])
        await store.finish()
    async with working(s3, tmp_path, job="fresh") as store:
        await store.write([batch(1, item(2))])
        assert {"item": 1, "row": 0} == await rows_when_finished(store)
    assert lines([item(2)]) == tables_in(s3)["item.jsonl"]


# Generations


async def first_generation(s3: Bucket, machine: Path) -> None:
    async with working(s3, machine) as store:
        await store.write([batch(1, item(1, "old"), item(2, "same"), item(3, "gone"))])
        await store.finish()


async def test_a_generation_is_compared_and_takes_its_place(s3: Bucket, tmp_path: Path) -> None:
    await first_generation(s3, tmp_path / "a")
    async with working(s3, tmp_path / "c", 10, SECOND) as other:
        await other.write([batch(11, item(1, "new"))])
    async with working(s3, tmp_path / "b", 10, SECOND) as store:
        await store.write([batch(12, item(2, "same"))])
        assert Changes(gone=1, changed=1) == (await store.finish())["item"].changes
        assert b"old" in tables_in(s3)["item.jsonl"]
        await store.write([batch(13, item(4, "new"))])
        assert Changes(new=1, gone=1, changed=1) == (await store.finish())["item"].changes
        await store.switch()
        await store.switch()
        assert lines([item(1, "new"), item(2, "same"), item(4, "new")]) == tables_in(s3)["item.jsonl"]
        assert {f"{PARTS}shop/one/2"} == {part.rpartition("/")[0] for part in parts_in(s3)}
    async with working(s3, tmp_path / "b", 13, Generation(2, begin=10)) as store:
        await store.write([batch(14, item(5, "more"))])
        assert {"item": 4, "row": 0} == await rows_when_finished(store)


@pytest.mark.parametrize("leader", ["a", "b"], ids=["the same machine", "another machine"])
async def test_a_switch_that_was_cut_off_is_completed_by_whoever_leads(
    s3: Bucket, proxy: FaultProxy, tmp_path: Path, leader: str
) -> None:
    await first_generation(s3, tmp_path / "a")
    async with working(s3, tmp_path / "a", 10, SECOND, server=proxy.server) as store:
        await store.write([batch(11, item(1, "new"))])
        await store.finish()
        after_the_note = asyncio.create_task(store.switch())
        while not any(path.split("?")[0].endswith("/switched") for method, path, _ in proxy.log if method == "PUT"):
            await asyncio.sleep(0.001)
        after_the_note.cancel()
        await asyncio.gather(after_the_note, return_exceptions=True)
    async with working(s3, tmp_path / leader, 11, SECOND) as store:
        assert {"item": 1, "row": 0} == await rows_when_finished(store)
        await store.switch()
    assert lines([item(1, "new")]) == tables_in(s3)["item.jsonl"]


async def test_a_leader_may_be_killed_at_any_moment(s3: Bucket, tmp_path: Path) -> None:
    """Also between machines: every other one goes on where nothing has been brought yet."""
    await first_generation(s3, tmp_path / "0")
    async with working(s3, tmp_path / "0", 10, SECOND) as store:
        for seq in range(11, LAST + 1):
            items = [item(seq, "new"), item(seq % 4, "again")]
            await store.write([batch(seq, *items), batch(seq, row(1, seq), table="row")])
    killed = 0
    while True:
        machine = tmp_path / str(killed // 2 % 2)
        with Forked([table_leader.__file__, s3.server.endpoint, s3.name, str(machine)], os.environ) as leader:
            await asyncio.to_thread(leader.first_line)
            await asyncio.sleep(0.05 + 0.23 * killed)
            leader.kill()
        if leader.returncode == 0:
            break
        killed += 1
    assert killed > 2
    again = {seq % 4: "again" for seq in range(11, LAST + 1)}
    expected = [item(n, name) for n, name in sorted({**dict.fromkeys(range(11, LAST + 1), "new"), **again}.items())]
    assert lines(expected) == tables_in(s3)["item.jsonl"]
    assert lines(row(1, seq) for seq in range(11, LAST + 1)) == tables_in(s3)["row.jsonl"]
    assert {f"{PARTS}shop/one/2"} == {part.rpartition("/")[0] for part in parts_in(s3)}


async def test_one_that_was_cut_off_may_go_on_beside_the_next_one_on_the_same_machine(
    s3: Bucket, tmp_path: Path
) -> None:
    """Each has a workshop of its own; the second one is removed when it is not needed any more."""
    workshops = tmp_path / "shop/parts" / GATHERED
    async with working(s3, tmp_path) as cut_off, working(s3, tmp_path) as leader:
        for seq in range(1, 60, 2):
            await cut_off.write([batch(seq, item(seq))])
        await cut_off.finish()
        for seq in range(2, 61, 2):
            await leader.write([batch(seq, item(seq))])
        found = await asyncio.gather(cut_off.finish(), leader.finish())
        assert [60, 60] == [facts["item"].rows for facts in found]
        assert ["one", "one.2"] == sorted(folder.name for folder in workshops.iterdir())
        await leader.finish()
    assert lines(item(seq) for seq in range(1, 61)) == tables_in(s3)["item.jsonl"]
    async with working(s3, tmp_path, 60) as store:
        assert {"item": 60, "row": 0} == await rows_when_finished(store)
    assert ["one"] == [folder.name for folder in workshops.iterdir()]


async def test_one_that_was_cut_off_sends_and_switches_nothing(s3: Bucket, tmp_path: Path) -> None:
    cut_off = False

    def permit() -> None:
        if cut_off:
            raise StoreError("cut off", passing=True)

    await first_generation(s3, tmp_path)
    async with working(s3, tmp_path, 10, SECOND, permit=permit) as store:
        await store.write([batch(11, item(1, "new"))])
        await store.finish()
        before, cut_off = s3.contents("tables/"), True
        with pytest.raises(StoreError, match="cut off"):
            await store.switch()
        assert before == s3.contents("tables/")
        cut_off = False
        await store.switch()
        await store.write([batch(12, item(2, "newer"))])
        before, cut_off = tables_in(s3), True
        with pytest.raises(StoreError, match="cut off"):
            await store.finish()
        assert before == tables_in(s3)
    assert lines([item(1, "new")]) == before["item.jsonl"]


async def test_a_generation_that_is_thrown_away_is_not_mixed_with_the_next(s3: Bucket, tmp_path: Path) -> None:
    await first_generation(s3, tmp_path)
    async with working(s3, tmp_path, 10, SECOND) as store:
        await store.write([batch(11, item(1, "half"))])
        await store.finish()
    async with working(s3, tmp_path, 20, THIRD) as store:
        await store.write([batch(21, item(2, "new"))])
        assert Changes(gone=2, changed=1) == (await store.finish())["item"].changes
        await store.switch()
    assert lines([item(2, "new")]) == tables_in(s3)["item.jsonl"]
    assert {f"{PARTS}shop/one/3"} == {part.rpartition("/")[0] for part in parts_in(s3)}
    late = make_store(s3, tmp_path)
    with pytest.raises(UsageError, match="generation 3 of this job has taken its place"):
        await late.open(11, SECOND)
    await late.open(10, SECOND)
    with pytest.raises(UsageError, match="generation 3 of this job has taken its place"):
        await late.finish()
    await late.close()


async def test_tables_that_cannot_be_sent_for_now_are_sent_by_the_next_try(
    s3: Bucket, proxy: FaultProxy, tmp_path: Path
) -> None:
    store = make_store(s3, tmp_path, server=proxy.server)
    await store.open(0)
    await store.write([batch(1, item(1))])
    proxy.misbehave("expired", methods=("PUT",))
    with pytest.raises(StoreError, match="expired"):
        await store.finish()
    proxy.behave()
    await store.open(1)
    await store.finish()
    await store.close()
    assert lines([item(1)]) == tables_in(s3)["item.jsonl"]
