"""Generations in files: made beside the last one, and put in its place at once or not at all."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest
from support.dying_store import files_in
from support.storage_journal import ITEM, ROW, batch, item, lines, row

from asyncscrape.config.stores import record_store
from asyncscrape.errors import StoreError
from asyncscrape.facts import Changes
from asyncscrape.model import FIRST, Column, Generation, Table
from asyncscrape.storage.base import RecordStore
from asyncscrape.storage.build import build_stores

SECOND = Generation(2, beside=True, begin=2)
OLD, NEW = [item(1), item(2)], [item(2, "new"), item(3)]


def store_in(directory: Path, *specs: str, tables: tuple[Table, ...] = (ITEM, ROW)) -> RecordStore:
    [store] = build_stores(list(map(record_store, specs or ("jsonl",))), directory, tables)
    return store


async def first_and_second(directory: Path, *specs: str) -> RecordStore:
    """A store with a finished generation, and a second one beside it that is not yet finished."""
    store = store_in(directory, *specs)
    await store.open(0)
    await store.write([batch(1, *OLD), batch(2, row(1, 1), table="row")])
    await store.finish()
    await store.close()
    store = store_in(directory, *specs)
    await store.open(2, SECOND)
    await store.write([batch(3, *NEW)])
    return store


@pytest.mark.parametrize("specs", [("jsonl",), ("jsonl", "parquet")], ids=str)
async def test_a_generation_stays_beside_until_the_switch(tmp_path: Path, specs: tuple[str, ...]) -> None:
    store = await first_and_second(tmp_path, *specs)
    facts = await store.finish()
    assert lines(OLD) == (tmp_path / "item.jsonl").read_bytes()
    assert (2, Changes(new=1, gone=1, changed=1)) == (facts["item"].rows, facts["item"].changes)
    assert (0, Changes(gone=1)) == (facts["row"].rows, facts["row"].changes)
    await store.switch()
    assert (lines(NEW), b"") == tuple((tmp_path / f"{name}.jsonl").read_bytes() for name in ("item", "row"))
    assert not list((tmp_path / "parts").glob(".next*"))


async def test_a_switched_generation_is_finished_and_goes_on_in_its_place(tmp_path: Path) -> None:
    store = await first_and_second(tmp_path)
    facts = await store.finish()
    await store.switch()
    before = files_in(tmp_path)
    await store.switch()
    assert facts == await store.finish()
    assert before == files_in(tmp_path)
    await store.write([batch(4, item(4))])
    await store.finish()
    assert lines([*NEW, item(4)]) == (tmp_path / "item.jsonl").read_bytes()


async def test_after_the_switch_the_generation_is_no_longer_beside(tmp_path: Path) -> None:
    """Although whoever crashed before noting the switch still says so."""
    store = await first_and_second(tmp_path)
    await store.finish()
    await store.switch()
    again = store_in(tmp_path)
    await again.open(3, SECOND)
    await again.write([batch(4, item(4))])
    await again.finish()
    await again.switch()
    assert lines([*NEW, item(4)]) == (tmp_path / "item.jsonl").read_bytes()


async def test_a_generation_that_is_held_is_still_finished_later(tmp_path: Path) -> None:
    store = await first_and_second(tmp_path)
    facts = await store.finish()
    before = files_in(tmp_path)
    again = store_in(tmp_path)
    await again.open(3, SECOND)
    assert (facts, before) == (await again.finish(), files_in(tmp_path))
    await again.switch()
    assert lines(NEW) == (tmp_path / "item.jsonl").read_bytes()


@pytest.mark.parametrize("next_one", [Generation(3, beside=True, begin=3), FIRST])
async def test_a_generation_that_is_given_up_leaves_nothing(tmp_path: Path, next_one: Generation) -> None:
    store = await first_and_second(tmp_path)
    await store.finish()
    again = store_in(tmp_path)
    await again.open(3, next_one)
    found = {name: data for name, data in files_in(tmp_path).items() if f".next-{SECOND.number}" in name}
    assert {} == found
    facts = await again.finish()
    assert (Changes(gone=2) if next_one.beside else None) == facts["item"].changes
    assert lines(OLD) == (tmp_path / "item.jsonl").read_bytes()


async def test_records_beyond_the_cursor_come_again_beside_too(tmp_path: Path) -> None:
    await first_and_second(tmp_path)
    again = store_in(tmp_path)
    await again.open(2, SECOND)
    await again.write([batch(3, *NEW)])
    await again.finish()
    await again.switch()
    assert lines(NEW) == (tmp_path / "item.jsonl").read_bytes()


async def test_an_unfinished_generation_cannot_take_the_place_of_the_last_one(tmp_path: Path) -> None:
    store = await first_and_second(tmp_path)
    with pytest.raises(StoreError, match=r"item\.jsonl is missing, so generation 2 cannot take its place"):
        await store.switch()
    assert lines(OLD) == (tmp_path / "item.jsonl").read_bytes()


async def test_folders_elsewhere_are_switched_too(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    store = await first_and_second(tmp_path / "job", "jsonl", f"jsonl:{elsewhere}")
    await store.finish()
    assert lines(OLD) == (elsewhere / "item.jsonl").read_bytes()
    await store.switch()
    assert lines(NEW) == (elsewhere / "item.jsonl").read_bytes()
    assert {"item.jsonl", "row.jsonl"} == set(files_in(elsewhere))


async def test_a_table_of_another_meaning_is_new_as_a_whole(tmp_path: Path) -> None:
    await first_and_second(tmp_path)
    columns = (Column("url"), Column("name"), Column("price", "decimal"))
    store = store_in(tmp_path, tables=(Table("item", ("url",), columns), ROW, Table("more", ("n",), ())))
    await store.open(2, SECOND)
    await store.write([batch(3, item(2), item(3), item(4))])
    facts = await store.finish()
    assert [Changes(new=3, gone=2), Changes()] == [facts[table].changes for table in ("item", "more")]


async def test_a_reader_never_misses_a_table_while_it_is_switched(tmp_path: Path) -> None:
    store = await first_and_second(tmp_path, "jsonl", "csv")
    await store.finish()
    seen: set[bytes] = set()
    stop = asyncio.Event()

    def poll() -> None:
        while not stop.is_set():
            seen.add((tmp_path / "item.jsonl").read_bytes())

    reader = asyncio.create_task(asyncio.to_thread(poll))
    await store.switch()
    stop.set()
    await reader
    assert seen <= {lines(OLD), lines(NEW)}
    assert os.listdir(tmp_path / "parts/.scratch") == []


async def test_a_generation_whose_records_are_gone_is_refused(tmp_path: Path) -> None:
    await first_and_second(tmp_path)
    shutil.rmtree(tmp_path / "parts/.next-2")
    with pytest.raises(StoreError, match=r"\.next-2 is gone, and with it the records of generation 2; put back"):
        await store_in(tmp_path).open(3, SECOND)
    store = store_in(tmp_path)
    assert 2 == await store.open(2, SECOND), "what it begins with, the journal still has"


async def test_a_store_may_be_new_at_a_generation_beside(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    await store.open(2, SECOND)
    await store.write([batch(3, *NEW)])
    await store.finish()
    await store.switch()
    assert lines(NEW) == (tmp_path / "item.jsonl").read_bytes()


async def test_a_table_that_was_dropped_goes_at_the_switch(tmp_path: Path) -> None:
    await first_and_second(tmp_path, "jsonl", "csv")
    store = store_in(tmp_path, "jsonl", "csv", tables=(ITEM,))
    await store.open(3, SECOND)
    await store.finish()
    assert lines([row(1, 1)]) == (tmp_path / "row.jsonl").read_bytes(), "until then it stays"
    await store.switch()
    assert [] == [name for name in files_in(tmp_path) if "row" in name]
    assert lines(NEW) == (tmp_path / "item.jsonl").read_bytes()
    again = store_in(tmp_path, "jsonl", "csv")
    await again.open(3, Generation(2, begin=2))
    await again.write([batch(4, row(7, 1), table="row")])
    await again.finish()
    assert lines([row(7, 1)]) == (tmp_path / "row.jsonl").read_bytes()


async def test_parts_may_be_a_link_to_another_disk(tmp_path: Path) -> None:
    job, disk = tmp_path / "data/job", tmp_path / "disk"
    for folder in (job, disk):
        folder.mkdir(parents=True)
    (job / "parts").symlink_to(disk)
    store = await first_and_second(job, "jsonl", f"csv:{tmp_path}/elsewhere")
    await store.finish()
    await store.switch()
    assert lines(NEW) == (job / "item.jsonl").read_bytes()
    assert {"item.csv", "row.csv"} == set(files_in(tmp_path / "elsewhere"))
    assert {"data", "disk", "elsewhere"} == set(os.listdir(tmp_path))


async def test_a_table_whose_parts_are_gone_is_not_made_anew(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    await store.open(0)
    await store.write([batch(1, *OLD)])
    await store.finish()
    await store.close()
    shutil.rmtree(tmp_path / "parts/item")
    with pytest.raises(
        StoreError, match=r"parts/item is gone, and with it the records that .*item\.jsonl was made of"
    ):
        await store_in(tmp_path).open(1)
    assert lines(OLD) == (tmp_path / "item.jsonl").read_bytes()


async def test_a_job_whose_state_is_gone_counts_its_generations_anew(tmp_path: Path) -> None:
    store = await first_and_second(tmp_path)
    await store.finish()
    await store.switch()
    await store.close()
    anew = await first_and_second(tmp_path)
    await anew.finish()
    assert lines(OLD) == (tmp_path / "item.jsonl").read_bytes()
    await anew.switch()
    assert lines(NEW) == (tmp_path / "item.jsonl").read_bytes()
