"""Records as files: parts during the run, and nothing lost when the run dies or the disk is full."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from blockbuster import blockbuster_ctx
from msgspec import json
from support.dying_store import files_in
from support.storage_disk import small_disk
from support.storage_journal import ITEM, ROW, batch, item, lines, row, rows_when_finished

from asyncscrape.config.stores import record_store
from asyncscrape.errors import StoreError, UsageError
from asyncscrape.model import Generation, Table
from asyncscrape.storage.base import RecordStore
from asyncscrape.storage.build import build_stores
from asyncscrape.storage.files.finish import EDITION, MARK
from asyncscrape.storage.files.parts import Part, beyond, list_parts, shortened, superseded

TESTS = Path(__file__).parents[2]

TABLES = (ITEM, ROW)
FORMS = ("jsonl", "csv", "parquet")


def store_in(directory: Path, *specs: str) -> RecordStore:
    [store] = build_stores(list(map(record_store, specs or ("jsonl",))), directory, TABLES)
    return store


def identities(directory: Path) -> dict[str, tuple[int, int]]:
    """The identity of a file: a new one differs even if the disk reuses the inode of an old one."""
    found = {str(path.relative_to(directory)): path.stat() for path in directory.rglob("*") if path.is_file()}
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in found.items()}


async def test_a_part_holds_the_lines_of_the_journal_as_they_are(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    await store.open(0)
    await store.write([batch(7, item(1)), batch(8, row(1, 1), table="row"), batch(9, item(2), item(1))])
    expected = {
        "parts/item/000000000007-000000000009.jsonl": lines([item(1), item(2), item(1)]),
        "parts/row/000000000008-000000000008.jsonl": lines([row(1, 1)]),
    }
    noted = [[*name.split("/")[1:], len(data), False] for name, data in expected.items()]
    expected["parts/inventory.jsonl"] = lines(noted)
    assert expected == files_in(tmp_path)


async def test_a_probe_says_where_tables_go_and_makes_nothing(tmp_path: Path) -> None:
    found = await store_in(tmp_path / "job", "csv", f"jsonl:{tmp_path / 'elsewhere'}").probe()
    expected = "; ".join(f"folder {tmp_path / place}: writable" for place in ("job/parts", "job", "elsewhere"))
    assert (expected, []) == (found, list(tmp_path.iterdir()))


async def test_a_probe_refuses_a_file_where_a_folder_is_needed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="file is a file, but a folder is needed there"):
        await store_in(tmp_path, f"csv:{tmp_path / 'file' / 'tables'}").probe()


async def test_a_store_goes_on_from_the_cursor(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    assert 0 == await store.open(0)
    await store.write([batch(1, item(1))])
    assert 1 == await store.open(1)


async def test_opening_removes_what_lies_beyond_the_cursor_or_is_unfinished(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    await store.open(0)
    await store.write([batch(1, item(1))])
    kept = files_in(tmp_path)
    await store.write([batch(2, item(2))])
    (tmp_path / "parts/.scratch/item-x").write_bytes(b"{")
    (tmp_path / ".item.jsonl.tmp").write_bytes(b"{")
    await store.close()
    await store_in(tmp_path).open(1)
    assert kept == files_in(tmp_path)


async def test_finishing_without_parquet_leaves_one_part(tmp_path: Path) -> None:
    store = store_in(tmp_path, "jsonl", "csv")
    await store.open(0)
    for seq in range(1, 6):
        await store.write([batch(seq, item(seq % 3))])
    assert 3 == (await store.finish())["item"].rows
    [part] = (tmp_path / "parts/item").glob("*-*.jsonl")
    assert ("000000000001-000000000005.jsonl", lines(map(item, range(3)))) == (part.name, part.read_bytes())


async def test_finishing_with_parquet_leaves_the_parts_as_they_are(tmp_path: Path) -> None:
    store = store_in(tmp_path, *FORMS)
    await store.open(0)
    for seq in range(1, 6):
        await store.write([batch(seq, item(seq % 3))])
    parts = identities(tmp_path / "parts/item")
    assert 3 == (await store.finish())["item"].rows
    assert parts.items() <= identities(tmp_path / "parts/item").items()
    assert lines(map(item, range(3))) == (tmp_path / "item.jsonl").read_bytes()


async def test_a_form_added_later_is_as_complete_as_the_others(tmp_path: Path) -> None:
    first = store_in(tmp_path, "csv")
    await first.open(0)
    await first.write([batch(1, item(1))])
    await first.finish()
    second = store_in(tmp_path, "csv", f"jsonl:{tmp_path / 'elsewhere'}")
    await second.open(1)
    await second.write([batch(2, item(2))])
    await second.finish()
    assert lines([item(1), item(2)]) == (tmp_path / "elsewhere/item.jsonl").read_bytes()


async def test_a_form_left_out_for_a_while_is_made_again(tmp_path: Path) -> None:
    for cursor, forms in enumerate([("csv", "jsonl"), ("csv",), ("csv", "jsonl")]):
        store = store_in(tmp_path, *forms)
        await store.open(cursor)
        if cursor < 2:
            await store.write([batch(cursor + 1, item(cursor))])
        await store.finish()
    assert lines([item(0), item(1)]) == (tmp_path / "item.jsonl").read_bytes()


async def test_a_deleted_table_is_made_again(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    await store.open(0)
    await store.write([batch(1, item(1))])
    await store.finish()
    (tmp_path / "item.jsonl").unlink()
    await store.finish()
    assert lines([item(1)]) == (tmp_path / "item.jsonl").read_bytes()


async def test_a_power_cut_that_takes_the_cursors_last_moves_loses_nothing(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    await store.open(0)
    await store.write([batch(1, item(1, "a")), batch(2, item(2, "a")), batch(3, item(3, "a"))])
    await store.finish()
    again = store_in(tmp_path)
    await again.open(2)
    await again.write([batch(3, item(4, "b")), batch(4, item(3, "b"))])
    await again.finish()
    expected = lines([item(1, "a"), item(2, "a"), item(3, "b"), item(4, "b")])
    assert expected == (tmp_path / "item.jsonl").read_bytes()


def test_the_names_of_the_parts_tell_what_a_crash_left() -> None:
    whole, first, last, new = Part(1, 20), Part(1, 9), Part(11, 20), Part(21, 30)
    assert [first, last] == superseded([last, first, new, whole])
    assert [new] == beyond([whole, new], 20)
    assert {new: Part(21, 25)} == shortened([whole, new], 25)


def test_nothing_blocks_the_event_loop(tmp_path: Path) -> None:
    async def job() -> None:
        store = store_in(tmp_path, *FORMS)
        await store.open(0)
        await store.write([batch(1, item(1))])
        await store.finish()
        await store.close()

    with blockbuster_ctx():
        asyncio.run(job())
    assert lines([item(1)]) == (tmp_path / "item.jsonl").read_bytes()


# --- the mark ---------------------------------------------------------------------------------

WAYS = pytest.mark.parametrize("forms", [("jsonl", "csv"), FORMS], ids=["from one part", "in one go"])


async def finished_twice(directory: Path, forms: Sequence[str], meanwhile: Callable[[], None]) -> set[str]:
    """The finished tables that a second finish made again, after something happened in between."""
    store = store_in(directory, *forms)
    await store.open(0)
    await store.write([batch(1, item(1), item(2)), batch(2, row(1, 1), table="row")])
    await store.write([batch(3, item(2))])
    rows, before = await store.finish(), identities(directory)
    await store.close()
    meanwhile()
    store = store_in(directory, *forms)
    await store.open(3)
    assert rows == await store.finish()
    await store.close()
    return {name for name, one in identities(directory).items() if before.get(name) != one}


def nothing() -> None:
    pass


@WAYS
async def test_a_second_finish_touches_nothing(tmp_path: Path, forms: Sequence[str]) -> None:
    assert set() == await finished_twice(tmp_path, forms, nothing)


@WAYS
@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"made_as":"x"}', b"\xff", None], ids=str)
async def test_a_damaged_or_missing_mark_makes_the_table_again(
    tmp_path: Path, forms: Sequence[str], damage: bytes | None
) -> None:
    mark = tmp_path / "parts/item" / MARK

    def spoil() -> None:
        mark.write_bytes(damage) if damage is not None else mark.unlink()

    anew = await finished_twice(tmp_path, forms, spoil)
    assert {f"item.{form}" for form in forms} == {name for name in anew if "/" not in name}
    assert set() == await finished_twice(tmp_path, forms, nothing)


@WAYS
async def test_a_removed_table_is_made_again_with_all_its_forms(tmp_path: Path, forms: Sequence[str]) -> None:
    anew = await finished_twice(tmp_path, forms, (tmp_path / "item.csv").unlink)
    assert {f"item.{form}" for form in forms} == {name for name in anew if "/" not in name}


@pytest.mark.parametrize(
    ("forms", "others"),
    [(("csv",), ("csv", "jsonl")), (("parquet",), ("parquet", "csv")), (FORMS, ("parquet", "csv"))],
)
async def test_with_other_forms_all_are_made_again(
    tmp_path: Path, forms: Sequence[str], others: Sequence[str]
) -> None:
    await finished_twice(tmp_path, forms, nothing)
    before = identities(tmp_path)
    store = store_in(tmp_path, *others)
    await store.open(3)
    assert {"item": 2, "row": 1} == await rows_when_finished(store)
    after = identities(tmp_path)
    made = {name for name in after if "/" not in name and before.get(name) != after[name]}
    assert {f"{table.name}.{form}" for table in TABLES for form in others} == made


@WAYS
async def test_another_edition_makes_all_tables_again(tmp_path: Path, forms: Sequence[str]) -> None:
    def made_as(table: Table, edition: int) -> bytes:
        forms_and_folders = sorted((form, "../..") for form in forms)
        described = json.encode([edition, table, forms_and_folders, {}])
        return blake2b(described, digest_size=4).hexdigest().encode()

    def by_the_edition_before() -> None:
        for table in TABLES:
            mark = tmp_path / "parts" / table.name / MARK
            assert made_as(table, EDITION) in mark.read_bytes()
            mark.write_bytes(mark.read_bytes().replace(made_as(table, EDITION), made_as(table, EDITION - 1)))

    anew = await finished_twice(tmp_path, forms, by_the_edition_before)
    assert {f"{table.name}.{form}" for form in forms for table in TABLES} == {
        name for name in anew if "/" not in name
    }


@WAYS
async def test_a_job_that_was_moved_is_still_finished(tmp_path: Path, forms: Sequence[str]) -> None:
    await finished_twice(tmp_path / "here", forms, nothing)
    before = identities(tmp_path / "here")
    (tmp_path / "here").rename(tmp_path / "there")
    store = store_in(tmp_path / "there", *forms)
    await store.open(3)
    assert {"item": 2, "row": 1} == await rows_when_finished(store)
    assert before == identities(tmp_path / "there")


@WAYS
async def test_new_records_make_only_their_own_table_again(tmp_path: Path, forms: Sequence[str]) -> None:
    await finished_twice(tmp_path, forms, nothing)
    before = identities(tmp_path)
    store = store_in(tmp_path, *forms)
    await store.open(3)
    await store.write([batch(4, item(1, "new"))])
    assert {"item": 2, "row": 1} == await rows_when_finished(store)
    after = identities(tmp_path)
    made = {name for name, one in before.items() if "/" not in name and after[name] != one}
    assert {f"item.{form}" for form in forms} == made
    assert lines([item(1, "new"), item(2)]) == (tmp_path / "item.jsonl").read_bytes()


@WAYS
async def test_a_part_that_comes_again_with_other_records_counts(tmp_path: Path, forms: Sequence[str]) -> None:
    """After a power cut that undid the journal's last steps, its numbers are given out again."""
    store = store_in(tmp_path, *forms)
    await store.open(0)
    await store.write([batch(1, item(1))])
    await store.write([batch(2, item(2, "old"))])
    await store.finish()
    await store.close()
    store = store_in(tmp_path, *forms)
    await store.open(1)
    await store.write([batch(2, item(2, "new"))])
    await store.finish()
    assert lines([item(1), item(2, "new")]) == (tmp_path / "item.jsonl").read_bytes()


# --- parts of earlier versions ----------------------------------------------------------------


@WAYS
@pytest.mark.parametrize("left", [(), ("1-1",), ("1-1", "2-3"), ("1-3",)], ids=str)
async def test_parts_that_an_earlier_version_tagged_are_taken_over(
    tmp_path: Path, forms: Sequence[str], left: Sequence[str]
) -> None:
    """Even if a crash left some of the parts that they were made of."""
    folder = tmp_path / "parts/item"
    folder.mkdir(parents=True)
    (folder / "000000000001-000000000003.3f9c01ab.jsonl").write_bytes(lines([item(1, "b"), item(2), item(3)]))
    for part in left:
        first, last = map(int, part.split("-"))
        older = [item(1, "a"), item(2), item(3), item(1, "b")]
        (folder / Part(first, last).name).write_bytes(lines(older[first - 1 : last + 1]))
    store = store_in(tmp_path, *forms)
    await store.open(3)
    await store.write([batch(4, item(3, "c"))])
    assert [Part(1, 3), Part(4, 4)] == list_parts(folder)
    assert 3 == (await store.finish())["item"].rows
    assert lines([item(1, "b"), item(2), item(3, "c")]) == (tmp_path / "item.jsonl").read_bytes()


# --- dying at any moment ----------------------------------------------------------------------


DYING = pytest.mark.parametrize(
    ("forms", "every"), [(("jsonl", "csv"), 1), (FORMS, 14)], ids=["from one part", "in one go"]
)


@DYING
@pytest.mark.parametrize("when", ["die_again_and_again", "die_while_switching"])
def test_death_at_any_step_loses_and_duplicates_nothing(
    tmp_path: Path, when: str, forms: Sequence[str], every: int
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        code = f"""
from pathlib import Path
from support.dying_store import {when}
{when}(Path({str(disk.path)!r}), {forms!r}, {every})
"""
        subprocess.run([sys.executable, "-c", code], check=True, cwd=TESTS)


# --- a full disk ------------------------------------------------------------------------------


def many(count: int, start: int = 0) -> list[dict[str, Any]]:
    return [item(number, name=os.urandom(50).hex()) for number in range(start, start + count)]


async def failure_of(work: Any) -> str:
    with pytest.raises(StoreError) as caught:
        await work
    return str(caught.value)


async def test_a_full_disk_stops_writing_and_room_lets_it_go_on(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        job = disk.path / "job"
        store = store_in(job)
        await store.open(0)
        await store.write([batch(1, item(1))])
        before = files_in(job)
        disk.fill()
        large = batch(2, *many(5000))
        message = await failure_of(store.write([large]))
        assert "no room left on the disk" in message
        assert before == files_in(job)
        disk.empty()
        await store.open(1)
        await store.write([large])
        await store.finish()
        assert 5000 == (job / "item.jsonl").read_bytes().count(b"\n")


@pytest.mark.parametrize("form", FORMS)
async def test_a_full_disk_stops_finishing_and_room_lets_it_go_on(tmp_path: Path, form: str) -> None:
    with small_disk(tmp_path / "disk") as disk:
        job = disk.path / "job"
        store = store_in(job, form)
        await store.open(0)
        await store.write([batch(1, *many(1000))])
        await store.finish()
        await store.write([batch(2, *many(9000, start=1000))])
        finished = files_in(job)[f"item.{form}"]
        disk.fill()
        message = await failure_of(store.finish())
        assert "no room left on the disk" in message
        assert finished == files_in(job)[f"item.{form}"]
        assert [] == [name for name in files_in(job) if "tmp" in name or "scratch" in name]
        disk.empty()
        await store.finish()
        assert 10_000 == sum(part.read_bytes().count(b"\n") for part in (job / "parts/item").glob("*.jsonl"))
        assert finished != files_in(job)[f"item.{form}"]


# --- memory -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("forms", "rows", "limit", "in_one_go"),
    [
        (["jsonl", "csv"], 250_000, 110, False),
        (["parquet"], 300_000, 235, False),
        (["csv-excel", "xlsx"], 60_000, 110, False),
        (["parquet", "csv"], 250_000, 285, True),
        (["parquet", "csv", "jsonl"], 125_000, 285, True),
    ],
    ids=["without parquet", "too large to be made in one go", "spreadsheets", "in one go", "in one go with lines"],
)
def test_memory_stays_small_however_large_the_table(
    tmp_path: Path, forms: list[str], rows: int, limit: int, in_one_go: bool
) -> None:
    code = f"""
import sys
from pathlib import Path
from support.memory import peak
from support.wide_table import write_and_finish
write_and_finish(Path({str(tmp_path)!r}), {forms!r}, {rows})
assert peak() // 1024**2 < {limit}, peak()
assert ("polars" in sys.modules) == ("parquet" in {forms!r})
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=TESTS)
    assert in_one_go == (len(list_parts(tmp_path / "parts/wide")) > 1)


class Touches:
    """Counts what the process asks of the disk while it is switched on; a hook stays as long as the process."""

    def __init__(self) -> None:
        self.count: int | None = None
        sys.addaudithook(self._hook)

    def _hook(self, event: str, args: tuple[Any, ...]) -> None:
        if self.count is not None and event.startswith(("open", "os.", "shutil.")):
            self.count += 1


async def test_a_table_costs_the_same_however_many_there_are(tmp_path: Path) -> None:
    touches, spent = Touches(), []
    for n in (10, 20, 30):
        tables = [Table(f"t{number}", ("url",), ITEM.columns) for number in range(n)]
        [store] = build_stores(list(map(record_store, ("csv", "jsonl"))), tmp_path / str(n), tables)
        touches.count = 0
        await store.open(0)
        await store.write([batch(seq, item(1), table=table.name) for seq, table in enumerate(tables, 1)])
        await store.finish()
        spent.append(touches.count)
        touches.count = None
    each, again = spent[1] - spent[0], spent[2] - spent[1]
    assert again < 1.1 * each


@pytest.mark.parametrize("forms", [("csv",), ("csv", "parquet")], ids=str)
async def test_no_reader_of_csv_meets_a_nul(tmp_path: Path, forms: Sequence[str]) -> None:
    store = store_in(tmp_path, *forms)
    await store.open(0)
    await store.write([batch(1, item(1, "a\0b"), item(2, ""))])
    await store.finish()
    assert "\ufffd".join(("a", "b")) in (tmp_path / "item.csv").read_text(encoding="utf-8")
    assert b"\0" not in (tmp_path / "item.csv").read_bytes()


async def test_a_job_without_tables_has_nothing_to_keep(tmp_path: Path) -> None:
    [store] = build_stores([record_store("csv")], tmp_path / "job", ())
    assert 0 == await store.open(0)
    assert {} == await store.finish()
    await store.close()
    assert 0 == await store.open(0, Generation(2, beside=True))
    assert {} == await store.finish()
    await store.switch()
    assert not list((tmp_path / "job/parts").glob(".next*"))
