"""A store of files whose process dies at each of its steps and goes on; for `python -c` in its own process."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from asyncscrape.config.stores import record_store
from asyncscrape.model import Column, Table
from asyncscrape.storage.build import build_stores
from asyncscrape.storage.files.finish import MARK
from asyncscrape.storage.files.parts import list_parts
from support.storage_journal import ITEM, batch, item, lines

VISIT = Table("visit", (), (Column("n", "int"),))
"""Without a key, so that a record delivered twice appears twice."""
STAGES = (
    [batch(1, item(1, "a"), item(2, "a")), batch(2, {"n": 1}, table="visit"), batch(3, item(2, "b"), item(3, "a"))],
    [batch(4, {"n": 2}, table="visit"), batch(5, {"n": 3}, {"n": 4}, table="visit"), batch(6, item(1, "c"), item(4))],
)
PART = re.compile(r"parts/\w+/\d{12}-\d{12}\.jsonl")
TOUCHING = frozenset({"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir"})


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


def dies_at(step: int, directory: Path, cursor_file: Path, forms: Sequence[str]) -> bool:
    """Run in a process that dies before its `step`th touch of the directory; False if it reached the end."""
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
            run_stages(directory, cursor_file, forms)
        except BaseException:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, 9)
    return code == 9


def die_again_and_again(place: Path, forms: Sequence[str], every: int) -> None:
    """Die at every `every`th step, then somewhere before it, then run to the end.

    A process that has used polars must not fork, so this one leaves all work to its children.
    """
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


def finished_files(directory: Path) -> dict[str, bytes]:
    """All files except the parts, which depend on where a run began again; none of them is unfinished."""
    found = {name: data for name, data in files_in(directory).items() if not PART.search(name)}
    assert 8 == len(found), sorted(found)  # three forms of two tables, and their marks
    return {name: data for name, data in found.items() if not name.endswith(MARK)}


def files_in(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}
