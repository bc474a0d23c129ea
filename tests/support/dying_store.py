"""A store of files whose process dies at each of its steps and goes on; for `python -c` in its own process."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import re
import shutil
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from asyncscrape.config.stores import record_store
from asyncscrape.facts import Changes
from asyncscrape.model import Column, Generation, Table
from asyncscrape.storage.build import build_stores
from asyncscrape.storage.files.finish import MARK
from asyncscrape.storage.files.inventory import NAME as NOTED
from asyncscrape.storage.files.parts import Part, list_parts
from support.storage_journal import ITEM, batch, item, lines

VISIT = Table("visit", (), (Column("n", "int"),))
"""Without a key, so that a record delivered twice appears twice."""
STAGES = (
    [batch(1, item(1, "a"), item(2, "a")), batch(2, {"n": 1}, table="visit"), batch(3, item(2, "b"), item(3, "a"))],
    [batch(4, {"n": 2}, table="visit"), batch(5, {"n": 3}, {"n": 4}, table="visit"), batch(6, item(1, "c"), item(4))],
)
PART = re.compile(r"parts/\w+/\d{12}-\d{12}\.jsonl")
NEXT = [batch(7, item(1, "d")), batch(8, {"n": 5}, table="visit"), batch(9, item(2, "b"), item(5))]
"""What the second generation finds."""
TOUCHING = frozenset({"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "shutil.rmtree"})
WITHIN = frozenset({"os.remove", "os.rmdir"})
"""Steps within a folder that is removed name only the entry, and the folder by its handle."""


def run_stages(directory: Path, cursor_file: Path, forms: Sequence[str]) -> None:
    """A run that writes and finishes twice; its cursor is in a file, and it goes on from there."""
    asyncio.run(_run_stages(directory, cursor_file, forms))


async def _run_stages(directory: Path, cursor_file: Path, forms: Sequence[str]) -> None:
    [store] = build_stores(list(map(record_store, forms)), directory, (ITEM, VISIT))
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


def run_generations(directory: Path, note: Path, forms: Sequence[str]) -> None:
    """A run whose first generation is finished when it begins; it makes the second and switches to it."""
    asyncio.run(_run_generations(directory, note, forms))


async def _run_generations(directory: Path, note: Path, forms: Sequence[str]) -> None:
    [store] = build_stores(list(map(record_store, forms)), directory, (ITEM, VISIT))
    cursor, beside = json.loads(note.read_text()) if note.exists() else (6, True)
    await store.open(cursor, Generation(2, beside, begin=6))
    for some in (NEXT[:1], NEXT[1:]):
        if waiting := [batch for batch in some if batch.seq > cursor]:
            await store.write(waiting)
            cursor = waiting[-1].seq
            _note(note, cursor, beside=True)
    facts = await store.finish()
    if beside:
        known = [facts["item"].changes, facts["visit"].changes]
        assert known == [Changes(new=1, gone=2, changed=1), Changes(new=1, gone=4)]
        await store.switch()
        _note(note, cursor, beside=False)
    await store.close()


def _note(note: Path, cursor: int, *, beside: bool) -> None:
    note.with_suffix(".new").write_text(json.dumps([cursor, beside]))
    note.with_suffix(".new").replace(note)


Run = Callable[[Path, Path, Sequence[str]], None]


def dies_at(step: int, directory: Path, cursor_file: Path, forms: Sequence[str], run: Run = run_stages) -> bool:
    """Run in a process that dies before its `step`th touch of the directory; False if it reached the end."""
    child = os.fork()
    if child == 0:
        left = step

        def watch(event: str, args: tuple[Any, ...]) -> None:
            nonlocal left
            within = event in WITHIN and args[-1] != -1
            if event in TOUCHING and (within or str(directory) in str(args[0])):
                left -= 1
                if left <= 0:
                    os._exit(9)

        sys.addaudithook(watch)
        try:
            run(directory, cursor_file, forms)
        except BaseException:
            traceback.print_exc()  # nobody would know what it was
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, 9), f"it ended with {code}"
    return code == 9


def die_again_and_again(place: Path, forms: Sequence[str], every: int) -> None:
    """Die at every `every`th step, then somewhere before it, then run to the end.

    A process that has used polars must not fork, so this one leaves all work to its children.
    """
    gc.freeze()  # a child that looks through all that is imported copies it
    never, found_in = sys.maxsize, finished_files if "parquet" in forms else files_in
    assert not dies_at(never, place / "undisturbed", place / "cursor", forms)
    expected = found_in(place / "undisturbed")
    assert lines([item(1, "c"), item(2, "b"), item(3, "a"), item(4)]) == expected["item.jsonl"]
    assert lines({"n": n} for n in (1, 2, 3, 4)) == expected["visit.jsonl"]
    assert ("parquet" in forms) == (len(list_parts(place / "undisturbed/parts/item")) > 1)
    directory, cursor, step = place / "job", place / "cursor", 1
    cursor.unlink()
    while dies_at(step, directory, cursor, forms):
        dies_at(step // 2 + 1, directory, cursor, forms)
        assert not dies_at(never, directory, cursor, forms)
        assert expected == found_in(directory), f"after dying at step {step}"
        shutil.rmtree(directory)
        cursor.unlink()
        step += every
    assert step > 100
    assert "polars" not in sys.modules


def die_while_switching(place: Path, forms: Sequence[str], every: int) -> None:
    """Die at every `every`th step of a second generation, then somewhere before it, then run to the end.

    After each death, each table that people read is whole: that of one generation or of the other.
    """
    gc.freeze()
    never, first, cursor, note = sys.maxsize, place / "first", place / "cursor", place / "note"
    assert not dies_at(never, first, cursor, forms)
    _add_dropped_table(first)
    shutil.copytree(first, place / "undisturbed")
    assert not dies_at(never, place / "undisturbed", note, forms, run_generations)
    note.unlink()
    old, expected = files_in(first), files_in(place / "undisturbed")
    assert lines([item(1, "d"), item(2, "b"), item(5)]) == expected["item.jsonl"]
    assert lines([{"n": 5}]) == expected["visit.jsonl"]
    assert not any(".next" in name or "dropped" in name for name in expected)
    directory, step, tables = place / "job", 1, [name for name in old if "/" not in name]
    shutil.copytree(first, directory)
    while dies_at(step, directory, note, forms, run_generations):
        seen = files_in(directory)
        broken = [name for name in tables if seen.get(name) not in (old[name], expected.get(name))]
        assert [] == broken, f"step {step}"
        dies_at(step // 2 + 1, directory, note, forms, run_generations)
        assert not dies_at(never, directory, note, forms, run_generations)
        assert _at_home(expected) == _at_home(files_in(directory)), f"after dying at step {step}"
        assert not (directory / "parts/dropped").exists()
        shutil.rmtree(directory)
        shutil.copytree(first, directory)
        note.unlink()
        step += every
    assert step > 100


def _add_dropped_table(directory: Path) -> None:
    """A table of the first generation that the second no longer has."""
    (directory / "parts/dropped").mkdir()
    for file in (directory / "parts/dropped" / Part(1, 1).name, directory / "dropped.jsonl"):
        file.write_bytes(lines([item(1)]))


def _at_home(files: dict[str, bytes]) -> dict[str, bytes]:
    """All files except the parts and what describes them, which depends on where a run began again."""
    return {name: data for name, data in files.items() if not PART.search(name) and not name.endswith((MARK, NOTED))}


def finished_files(directory: Path) -> dict[str, bytes]:
    """All files except the parts, which depend on where a run began again; none of them is unfinished."""
    found = {name: data for name, data in files_in(directory).items() if not PART.search(name)}
    assert 9 == len(found), sorted(found)  # three forms of two tables, their marks, and the inventory
    return {name: data for name, data in found.items() if not name.endswith((MARK, NOTED))}


def files_in(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}
