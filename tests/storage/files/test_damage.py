"""Parts that are missing, damaged or strange: named, never taken for all there is, and what is left stays."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from support.dying_store import files_in
from support.storage_journal import ITEM, ROW, batch, item, lines, row

from asyncscrape.config.stores import record_store
from asyncscrape.errors import StoreDamaged
from asyncscrape.facts import Changes
from asyncscrape.model import FIRST, Generation, Table
from asyncscrape.storage.base import RecordStore
from asyncscrape.storage.build import build_stores

FIRST_PART = "parts/item/000000000001-000000000001.jsonl"
BARE = Table("item", (), ITEM.columns)
SECOND = Generation(2, beside=True, begin=3)


def deleted(part: Path) -> None:
    part.unlink()


def cut_off(part: Path) -> None:
    part.write_bytes(part.read_bytes()[:-20])


def cut_after_a_line(part: Path) -> None:
    part.write_bytes(part.read_bytes().splitlines(keepends=True)[0])


def emptied(part: Path) -> None:
    part.write_bytes(b"")


def of_another_job(part: Path) -> None:
    part.write_bytes(lines([item(9, "from elsewhere")]))


def garbage(part: Path) -> None:
    """As long as the part was, so that only reading it tells."""
    size = part.stat().st_size
    part.write_bytes((b"\x00\xfe{garbage}\n" * size)[:size])


def unreadable(part: Path) -> None:
    """As for a user without the right to read it; a test may be the superuser, who has all rights."""
    part.unlink()
    part.mkdir()


def moved_with_its_folder(part: Path) -> None:
    part.parent.rename(part.parent.parent / "elsewhere")


TOLD = {
    deleted: "is missing, and with it records of the table item",
    cut_off: "is damaged: it has",
    cut_after_a_line: "is damaged: it has",
    emptied: "is damaged: it has 0 bytes",
    of_another_job: "is damaged: it has",
    garbage: "is damaged: line 1 is not a record",
    unreadable: "is damaged|Is a directory",
    moved_with_its_folder: "parts/item is gone, and with it the records of the table item",
}
DAMAGE = pytest.mark.parametrize(("damage", "told"), TOLD.items(), ids=[one.__name__ for one in TOLD])


def store_in(directory: Path, *forms: str, tables: Sequence[Table] = (ITEM, ROW)) -> RecordStore:
    [store] = build_stores(list(map(record_store, forms or ("jsonl",))), directory, tables)
    return store


async def written(directory: Path, *forms: str, tables: Sequence[Table] = (ITEM, ROW)) -> RecordStore:
    """A store in the middle of a run: it holds three batches."""
    store = store_in(directory, *forms, tables=tables)
    await store.open(0)
    for some in (batch(1, item(1), item(2)), batch(2, item(3)), batch(3, row(1, 1), table="row")):
        await store.write([some])
    return store


@DAMAGE
async def test_a_run_is_not_resumed_on_damaged_parts(
    tmp_path: Path, damage: Callable[[Path], None], told: str
) -> None:
    await (await written(tmp_path)).close()
    damage(tmp_path / FIRST_PART)
    left = files_in(tmp_path)
    with pytest.raises(StoreDamaged, match=told) as refusal:
        store = store_in(tmp_path)
        await store.open(3)
        await store.finish()
    assert "parts/item" in str(refusal.value)
    assert left.items() <= files_in(tmp_path).items()


FORMS = [("jsonl",), ("csv",), ("xlsx",), ("parquet",), ("parquet", "jsonl")]


@pytest.mark.parametrize("tables", [(ITEM, ROW), (BARE, ROW)], ids=["with a key", "without"])
@pytest.mark.parametrize("forms", FORMS, ids=str)
async def test_a_part_that_cannot_be_read_is_named_whatever_is_made_of_it(
    tmp_path: Path, forms: Sequence[str], tables: Sequence[Table]
) -> None:
    await (await written(tmp_path, *forms, tables=tables)).close()
    garbage(tmp_path / FIRST_PART)
    store = store_in(tmp_path, *forms, tables=tables)
    await store.open(3)
    left = files_in(tmp_path)
    with pytest.raises(StoreDamaged, match=f"{FIRST_PART} is damaged: line 1 is not a record .*; put back what was"):
        await store.finish()
    assert left.items() <= files_in(tmp_path).items()


async def test_a_part_that_goes_during_the_run_is_missed_at_its_end(tmp_path: Path) -> None:
    store = await written(tmp_path)
    deleted(tmp_path / FIRST_PART)
    with pytest.raises(StoreDamaged, match=f"{FIRST_PART} is missing"):
        await store.finish()


async def test_a_finished_table_is_not_made_of_what_is_left(tmp_path: Path) -> None:
    store = await written(tmp_path, "jsonl", "parquet")
    await store.finish()
    await store.close()
    left = (tmp_path / "item.jsonl").read_bytes()
    deleted(tmp_path / FIRST_PART)
    with pytest.raises(StoreDamaged, match=f"{FIRST_PART} is missing"):
        await store_in(tmp_path, "jsonl", "parquet").open(3)
    assert lines([item(1), item(2), item(3)]) == left == (tmp_path / "item.jsonl").read_bytes()


async def test_a_part_that_replaced_others_is_missed_as_well(tmp_path: Path) -> None:
    store = await written(tmp_path)
    await store.finish()
    await store.write([batch(4, item(4))])
    (tmp_path / "parts/item/000000000001-000000000002.jsonl").unlink()
    with pytest.raises(StoreDamaged, match=r"000000000001-000000000002\.jsonl is missing"):
        await store.finish()
    with pytest.raises(StoreDamaged, match=r"000000000001-000000000002\.jsonl is missing"):
        await store_in(tmp_path).open(4)


async def test_a_part_that_was_put_there_is_not_taken_in(tmp_path: Path) -> None:
    store = await written(tmp_path)
    strange = tmp_path / "parts/item/000000000003-000000000003.jsonl"
    of_another_job(strange)
    for refused in (store.finish(), store_in(tmp_path).open(3)):
        with pytest.raises(StoreDamaged, match=r"000000000003\.jsonl was not written by this job; move it away"):
            await refused
    strange.unlink()
    again = store_in(tmp_path)
    await again.open(3)
    assert 3 == (await again.finish())["item"].rows


@pytest.mark.parametrize("damage", TOLD, ids=lambda damage: damage.__name__)
async def test_crawling_anew_needs_nothing_of_what_is_damaged(
    tmp_path: Path, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    first = await written(tmp_path, "jsonl", "parquet")
    await first.finish()
    await first.close()
    damage(tmp_path / FIRST_PART)
    store = store_in(tmp_path, "jsonl", "parquet")
    await store.open(3, SECOND)
    await store.write([batch(4, item(1)), batch(5, row(1, 1), table="row")])
    with caplog.at_level(logging.WARNING):
        facts = await store.finish()
    gone = 0 if damage is moved_with_its_folder else 3
    assert (Changes(new=1, gone=gone), Changes()) == (facts["item"].changes, facts["row"].changes)
    assert "all rows of item count as new, since the last generation's cannot be read" in caplog.text
    await store.switch()
    await store.close()
    assert lines([item(1)]) == (tmp_path / "item.jsonl").read_bytes()
    later = store_in(tmp_path, "jsonl", "parquet")
    await later.open(5, Generation(2, begin=3))
    deleted(tmp_path / "parts/item/000000000004-000000000004.jsonl")
    with pytest.raises(StoreDamaged, match=r"000000000004\.jsonl is missing"):
        await later.finish()


async def test_parts_of_an_earlier_version_are_taken_as_they_are_and_noted(tmp_path: Path) -> None:
    await (await written(tmp_path)).close()
    noted = (tmp_path / "parts/inventory.jsonl").read_bytes()
    (tmp_path / "parts/inventory.jsonl").unlink()
    await store_in(tmp_path).open(3)
    assert noted == (tmp_path / "parts/inventory.jsonl").read_bytes()


async def test_a_table_taken_out_at_an_upgrade_may_come_back(tmp_path: Path) -> None:
    await (await written(tmp_path)).close()
    (tmp_path / "parts/inventory.jsonl").unlink()
    (tmp_path / "parts/item").rename(tmp_path / "parts/other")
    await store_in(tmp_path).open(0)
    parts = {part.name: part.stat().st_size for part in (tmp_path / "parts/other").iterdir()}
    noted = map(json.loads, (tmp_path / "parts/inventory.jsonl").read_text().splitlines())
    assert parts == {part: size for table, part, size, _ in noted if table == "other"} != {}


async def test_the_inventory_itself_may_be_damaged(tmp_path: Path) -> None:
    await (await written(tmp_path)).close()
    with (tmp_path / "parts/inventory.jsonl").open("ab") as file:
        file.write(b'["item","0000')
    store = store_in(tmp_path)
    assert 3 == await store.open(3), "a crash may cut off its end"
    (tmp_path / "parts/inventory.jsonl").write_bytes(b"garbage\n")
    with pytest.raises(StoreDamaged, match=r"inventory\.jsonl is damaged .* put it back, or delete it"):
        await store.finish()


async def test_what_is_begun_and_damaged_is_named(tmp_path: Path) -> None:
    store = await written(tmp_path)
    for name in ("generation.json", "switch.json"):
        (tmp_path / "parts" / name).write_bytes(b"{")
        with pytest.raises(StoreDamaged, match=rf"{name} is damaged"):
            await store.open(3, FIRST)
        (tmp_path / "parts" / name).unlink()
