"""What a job of one machine has kept in its folder goes on in S3: the tables are those that the folder would make."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from support.newest_model import TABLES, Delivery
from support.random_pages import random_pages
from support.s3_server import Bucket
from support.storage_journal import ITEM, ROW, batch, item, lines, page_batch, page_origin, row

from asyncscrape.config.stores import record_store
from asyncscrape.destinations import TableForm
from asyncscrape.errors import StoreDamaged
from asyncscrape.facts import Changes
from asyncscrape.model import FIRST, Batch, Generation, Table
from asyncscrape.storage.base import RecordStore
from asyncscrape.storage.build import FILES, build_stores, carry_tables
from asyncscrape.storage.files.finish import FinishedForm
from asyncscrape.storage.files.in_memory import MOST_BYTES
from asyncscrape.storage.files.store import FileStore

SECOND = Generation(2, beside=True, begin=10)
PARTS = "tables/.asyncscrape-parts/shop/one/"


def file_store(folder: Path, tables: Sequence[Table] = (ITEM, ROW), most_in_memory: int = MOST_BYTES) -> FileStore:
    """The store of a job whose state lies in its folder."""
    forms = {"jsonl": FinishedForm(TableForm.JSONL, folder)}
    return FileStore(folder, tables, forms, most_in_memory=most_in_memory)


async def carry(
    s3: Bucket,
    folder: Path,
    cursor: int,
    generation: Generation = FIRST,
    tables: Sequence[Table] = (ITEM, ROW),
    others: Sequence[str] = (),
) -> RecordStore:
    """Carry what the folder holds; the store that goes on, which is not open."""
    places, options = [record_store(f"jsonl:s3://{s3.name}/tables")], s3.server.options()
    cursors = {FILES: cursor, **dict.fromkeys(others, cursor)}
    carried = await carry_tables(places, folder, tables, "one", options, cursors, generation)
    [store] = build_stores(places, folder, tables, "one", options, shared=True)
    assert carried is None or (carried.id, carried.names) == (store.id, store.names)
    return store


async def finished(store: RecordStore, cursor: int, generation: Generation, *batches: Batch) -> dict[str, Any]:
    """The facts about the tables after some more batches."""
    try:
        assert cursor == await store.open(cursor, generation)
        if batches:
            await store.write(batches)
        facts = dict(await store.finish())
        await store.switch()
        return facts
    finally:
        await store.close()


def tables_in(s3: Bucket) -> dict[str, bytes]:
    return {name: content for name, content in s3.contents("tables/").items() if not name.startswith(".")}


def parts_in(s3: Bucket) -> list[str]:
    return [name.removeprefix(PARTS) for name in s3.keys(PARTS) if name.endswith(".gz")]


@pytest.mark.parametrize("most_in_memory", [0, MOST_BYTES], ids=["sorted parts", "parts as written"])
async def test_the_tables_are_those_of_a_job_that_stayed(s3: Bucket, tmp_path: Path, most_in_memory: int) -> None:
    batches = Delivery(random_pages(11, 40), []).batches
    folder = tmp_path / "shop"
    stayed = file_store(folder, TABLES, most_in_memory)
    await stayed.open(0)
    await stayed.write(batches[:15])
    await stayed.finish()
    await stayed.write(batches[15:20])
    await stayed.write(batches[20:25])  # beyond the cursor of the state that moves
    await stayed.close()
    store = await carry(s3, folder, 20, tables=TABLES)
    there = parts_in(s3)
    await carry(s3, folder, 20, tables=TABLES)  # as after a kill
    assert there == parts_in(s3)
    facts = await finished(store, 20, FIRST, *batches[20:])
    await stayed.open(20)
    await stayed.write(batches[20:])
    assert await stayed.finish() == facts
    await stayed.close()
    assert {f"{table.name}.jsonl": (folder / f"{table.name}.jsonl").read_bytes() for table in TABLES} == tables_in(s3)


async def test_a_large_part_is_cut_between_pages(s3: Bucket, tmp_path: Path) -> None:
    """Only the first record of a page says where it comes from."""
    pages = [([row(page, n) | {"text": "x" * 100_000} for n in range(30)], page_origin(page)) for page in range(4)]
    plain = [([{key: one[key] for key in ("url", "n", "text")} for one in rows], where) for rows, where in pages]
    folder = tmp_path / "shop"
    files = file_store(folder)
    await files.open(0)
    await files.write([page_batch(1, *plain, table="row")])
    await files.close()
    store = await carry(s3, folder, 1)
    assert len(parts_in(s3)) > 1
    assert 120 == (await finished(store, 1, FIRST))["row"].rows
    origins = [tables_in(s3)["row.jsonl"].count(f"/page/{page}".encode()) for page in range(4)]
    assert [30, 30, 30, 30] == origins


async def first_generation(folder: Path) -> FileStore:
    files = file_store(folder)
    await files.open(0)
    await files.write([batch(1, item(1, "old"), item(2, "same"), item(3, "gone"))])
    await files.finish()
    return files


async def test_a_generation_beside_is_compared_with_the_one_in_place(s3: Bucket, tmp_path: Path) -> None:
    files = await first_generation(tmp_path / "shop")
    await files.open(10, SECOND)
    await files.write([batch(11, item(1, "new"))])
    await files.close()
    store = await carry(s3, tmp_path / "shop", 11, SECOND)
    facts = await finished(store, 11, SECOND, batch(12, item(2, "same")))
    assert Changes(gone=1, changed=1) == facts["item"].changes
    assert lines([item(1, "new"), item(2, "same")]) == tables_in(s3)["item.jsonl"]


async def second_generation(folder: Path) -> None:
    """It has taken the place of the first one."""
    files = await first_generation(folder)
    await files.open(10, SECOND)
    await files.write([batch(11, item(1, "new"))])
    await files.finish()
    await files.switch()
    await files.close()


async def test_a_switch_that_the_state_does_not_know_of_has_been_made(s3: Bucket, tmp_path: Path) -> None:
    """The run was killed between the switch of the folder and that of the state."""
    await second_generation(tmp_path / "shop")
    store = await carry(s3, tmp_path / "shop", 11, SECOND)
    await finished(store, 11, SECOND)
    assert lines([item(1, "new")]) == tables_in(s3)["item.jsonl"]


async def test_the_next_generation_is_compared_with_the_one_that_was_carried(s3: Bucket, tmp_path: Path) -> None:
    await second_generation(tmp_path / "shop")
    store = await carry(s3, tmp_path / "shop", 11, Generation(2, begin=10))
    third = Generation(3, beside=True, begin=11)
    facts = await finished(store, 11, third, batch(12, item(1, "newer"), item(2)))
    assert Changes(new=1, changed=1) == facts["item"].changes
    assert lines([item(1, "newer"), item(2)]) == tables_in(s3)["item.jsonl"]


async def test_tables_that_the_config_has_dropped_come_along(s3: Bucket, tmp_path: Path) -> None:
    files = file_store(tmp_path / "shop")
    await files.open(0)
    await files.write([batch(1, item(1)), batch(2, row(1, 1), table="row")])
    await files.close()
    await carry(s3, tmp_path / "shop", 2, tables=[ITEM])
    store = await carry(s3, tmp_path / "shop", 2)
    assert {"item": 1, "row": 1} == {name: one.rows for name, one in (await finished(store, 2, FIRST)).items()}


async def test_records_that_are_gone_are_missed_before_anything_is_put(s3: Bucket, tmp_path: Path) -> None:
    files = await first_generation(tmp_path / "shop")
    await files.close()
    [part] = (tmp_path / "shop/parts/item").glob("*-*.jsonl")
    part.unlink()
    with pytest.raises(StoreDamaged, match="is missing"):
        await carry(s3, tmp_path / "shop", 1)
    assert [] == s3.keys()


async def test_what_is_in_s3_already_is_not_put_again(s3: Bucket, tmp_path: Path) -> None:
    files = await first_generation(tmp_path / "shop")
    await files.close()
    store = await carry(s3, tmp_path / "elsewhere/shop", 0)
    assert [] == parts_in(s3)
    await carry(s3, tmp_path / "shop", 1, others=[store.id])
    assert [] == parts_in(s3)
