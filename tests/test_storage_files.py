"""Records as files: parts during the run, and that nothing is lost when the run dies or the disk is full."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from blockbuster import blockbuster_ctx
from storage_disk import small_disk
from storage_journal import ITEM, ROW, batch, item, lines, row

from asyncscrape.errors import StoreError, UsageError
from asyncscrape.model import Batch, Column, StoreSpec, Table
from asyncscrape.storage.base import RecordStore
from asyncscrape.storage.parts import Part, beyond, shortened, superseded
from asyncscrape.storage.specs import build_stores

TABLES = (ITEM, ROW)
FORMS = ("jsonl", "csv", "parquet")


def store_in(directory: Path, *specs: str) -> RecordStore:
    [store] = build_stores(list(map(StoreSpec, specs or ("jsonl",))), directory, TABLES)
    return store


def files_in(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


async def test_a_part_holds_the_lines_of_the_journal_as_they_are(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    await store.open(0)
    await store.write([batch(7, item(1)), batch(8, row(1, 1), table="row"), batch(9, item(2), item(1))])
    expected = {
        "parts/item/000000000007-000000000009.jsonl": lines([item(1), item(2), item(1)]),
        "parts/row/000000000008-000000000008.jsonl": lines([row(1, 1)]),
    }
    assert expected == files_in(tmp_path)


async def test_a_probe_says_where_tables_go_and_makes_nothing(tmp_path: Path) -> None:
    found = await store_in(tmp_path / "job", "csv", f"jsonl:{tmp_path / 'elsewhere'}").probe()
    expected = "; ".join(f"folder {tmp_path / place}: writable" for place in ("job/parts", "job", "elsewhere"))
    assert (expected, []) == (found, list(tmp_path.iterdir()))


async def test_a_probe_refuses_a_file_where_a_folder_is_needed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="file is a file, but a folder is needed there"):
        await store_in(tmp_path, f"csv:{tmp_path / 'file' / 'tables'}").probe()


async def test_going_on_is_from_the_cursor(tmp_path: Path) -> None:
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


async def test_finishing_leaves_one_part_and_a_second_time_touches_nothing(tmp_path: Path) -> None:
    store = store_in(tmp_path, *FORMS)
    await store.open(0)
    for seq in range(1, 6):
        await store.write([batch(seq, item(seq % 3))])
    assert 3 == (await store.finish())["item"]
    [part] = (tmp_path / "parts/item").iterdir()
    before = {path: path.stat() for path in (*(tmp_path / f"item.{form}" for form in FORMS), part)}
    assert 3 == (await store.finish())["item"]
    unchanged = [path for path, stat in before.items() if path.parent == tmp_path and "item" in path.name]
    assert [before[path].st_ino for path in unchanged] == [path.stat().st_ino for path in unchanged]
    assert lines(item(number) for number in range(3)) == part.read_bytes()
    assert [part] == list((tmp_path / "parts/item").iterdir())


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


async def test_a_form_left_out_for_a_while_is_made_anew(tmp_path: Path) -> None:
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


def test_what_a_crash_left_is_told_by_the_names_of_the_parts() -> None:
    whole, old, same, new = Part(1, 20, "aa"), Part(11, 20), Part(1, 20), Part(21, 30)
    assert [same, old] == superseded([old, same, new, whole])
    assert [new] == beyond([whole, new], 20)
    assert {new: Part(21, 25)} == shortened([whole, new], 25)


def test_unknown_stores_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match='unknown record store "xml"'):
        build_stores([StoreSpec("xml")], tmp_path, TABLES)


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


# --- dying at any moment ----------------------------------------------------------------------

VISIT = Table("visit", (), (Column("n", "int"),))
"""Without a key: any record that is delivered twice stands there twice."""
STAGES = (
    [batch(1, item(1, "a"), item(2, "a")), batch(2, {"n": 1}, table="visit"), batch(3, item(2, "b"), item(3, "a"))],
    [batch(4, {"n": 2}, table="visit"), batch(5, {"n": 3}, {"n": 4}, table="visit"), batch(6, item(1, "c"), item(4))],
)
TOUCHING = frozenset({"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir"})


def run_stages(directory: Path, cursor_file: Path) -> None:
    """A run that writes and finishes twice; its cursor is in a file, and it goes on from there."""
    asyncio.run(_run_stages(directory, cursor_file))


async def _run_stages(directory: Path, cursor_file: Path) -> None:
    [store] = build_stores([StoreSpec("jsonl"), StoreSpec("csv")], directory, (ITEM, VISIT))
    cursor = int(cursor_file.read_text()) if cursor_file.exists() else 0
    size = 2 if cursor == 0 else 1
    await store.open(cursor)
    for stage in STAGES:
        for bulk in (stage[:size], stage[size:]):
            if waiting := [some for some in bulk if some.seq > cursor]:
                await store.write(waiting)
                cursor = waiting[-1].seq
                cursor_file.with_suffix(".new").write_text(str(cursor))
                cursor_file.with_suffix(".new").replace(cursor_file)
        if cursor <= stage[-1].seq:
            await store.finish()
    await store.close()


def dies_at(step: int, directory: Path, cursor_file: Path) -> bool:
    """Run in a process that dies before its `step`th touch of the directory; False if it came to its end."""
    child = os.fork()
    if child == 0:
        left = step

        def watch(event: str, args: tuple[Any, ...]) -> None:
            nonlocal left
            if event in TOUCHING and str(directory) in str(args[0]):
                left -= 1
                if left == 0:
                    os._exit(9)

        sys.addaudithook(watch)
        try:
            run_stages(directory, cursor_file)
        except BaseException:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, 9)
    return code == 9


def test_death_at_any_step_loses_and_doubles_nothing(tmp_path: Path) -> None:
    run_stages(tmp_path / "undisturbed", tmp_path / "cursor")
    expected = files_in(tmp_path / "undisturbed")
    assert lines([item(1, "c"), item(2, "b"), item(3, "a"), item(4)]) == expected["item.jsonl"]
    assert lines({"n": n} for n in (1, 2, 3, 4)) == expected["visit.jsonl"]
    with small_disk(tmp_path / "disk") as disk:
        directory, cursor, step = disk.path / "job", disk.path / "cursor", 1
        while dies_at(step, directory, cursor):
            dies_at(step // 2 + 1, directory, cursor)
            run_stages(directory, cursor)
            assert expected == files_in(directory), f"after dying at step {step}"
            shutil.rmtree(directory)
            cursor.unlink()
            step += 1
    assert step > 100


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
        await store.write([batch(2, *many(4000, start=1000))])
        finished = files_in(job)[f"item.{form}"]
        disk.fill()
        message = await failure_of(store.finish())
        assert "no room left on the disk" in message
        assert finished == files_in(job)[f"item.{form}"]
        assert [] == [name for name in files_in(job) if "tmp" in name or "scratch" in name]
        disk.empty()
        await store.finish()
        assert 5000 == (next((job / "parts/item").iterdir())).read_bytes().count(b"\n")


# --- memory -----------------------------------------------------------------------------------

WIDE = Table("wide", ("n",), (Column("n", "int"), Column("text")))


def write_and_finish(directory: Path, forms: Sequence[str], rows: int) -> None:
    """Many rows in no order, each key twice."""

    async def job() -> None:
        [store] = build_stores(list(map(StoreSpec, forms)), directory, (WIDE,))
        await store.open(0)
        for seq in range(1, 21):
            some = ({"n": (seq * 7919 + n * 104729) % rows, "text": "x" * 100} for n in range(rows // 10))
            await store.write([Batch(seq, "wide", rows // 10, lines(some))])
        await store.finish()

    asyncio.run(job())


@pytest.mark.parametrize(("forms", "limit"), [(["jsonl", "csv"], 110), (["parquet"], 220)])
def test_memory_stays_small_however_large_the_table(tmp_path: Path, forms: list[str], limit: int) -> None:
    code = f"""
import re, sys
from pathlib import Path
from test_storage_files import write_and_finish
write_and_finish(Path({str(tmp_path)!r}), {forms!r}, 250_000)
peak = int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024
assert peak < {limit}, peak
assert ("polars" in sys.modules) == ("parquet" in {forms!r})
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent)
