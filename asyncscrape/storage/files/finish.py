"""From the parts of a table to the finished files, in steps that a crash may interrupt anywhere.

1. if the mark says that the finished files were made as we are asked for, and of the parts there are, all is done
2. remove the mark: from here on no finished file is relied upon
3. a table that fits into memory: write each finished file from all its rows (`in_memory.py`), and leave the parts
4. any other: compact the parts into one file of lines, sorted, each key once, the newest version; write each finished
   file from these; then the lines become the table's only part, and the parts it was made of are removed
5. set the mark

Each finished file is written under a temporary name and renamed. A crash before 5 leaves the parts, or beside them
the one that stands for them; the next start removes what is spare. So nothing is lost, nothing doubled, and the work
is at worst done again.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import msgspec

from asyncscrape.disk import put, sync_folder, whole_file
from asyncscrape.model import Table
from asyncscrape.storage.files.column_types import Layout, survey
from asyncscrape.storage.files.external_sort import compact
from asyncscrape.storage.files.rows_on_disk import WRITERS
from asyncscrape.storage.files.in_memory import NOTHING, WHOLE_WRITERS, Gathered, Whole, read_whole
from asyncscrape.storage.files.line_blocks import count_lines
from asyncscrape.storage.files.parts import Part, list_parts, span

EDITION = 2
"""Raise this when the writers change what they write, so that finished tables are made anew."""
MARK = "finished.json"


class Output(NamedTuple):
    """A finished form of every table: which one, and in which folder."""

    ending: str
    folder: Path

    def path(self, table: Table) -> Path:
        """Where the finished table lies."""
        return self.folder / f"{table.name}.{self.ending}"

    def temporary(self, table: Table) -> Path:
        """Where it lies while it is being written."""
        return self.folder / f".{table.name}.{self.ending}.tmp"


class Mark(msgspec.Struct, frozen=True):
    """What the finished files of a table are."""

    made_as: str
    parts: Mapping[str, int]
    """The parts they were made of, by name, with their sizes."""
    rows: int


def finish_table(
    table: Table, folder: Path, outputs: Sequence[Output], scratch: Path, gathered: Gathered = NOTHING
) -> int:
    """Make the finished files of a table out of the parts in `folder`; `scratch` is an empty folder beside it.

    `gathered` may have some of the parts in memory. The number of records in the files.
    """
    parts, made_as = list_parts(folder), _made_as(table, outputs, folder)
    if (mark := _mark(folder)) and mark == Mark(made_as, _sizes(folder), mark.rows) and _exist(table, outputs):
        return mark.rows
    _remove_mark(folder)
    if found := read_whole(
        table, [folder / part.name for part in parts], [output.ending for output in outputs], gathered
    ):
        rows = _write_whole(table, found, outputs)
    else:
        rows = _write_compacted(table, folder, parts, outputs, scratch)
    with whole_file(folder / MARK, scratch / MARK) as file:
        file.write(msgspec.json.encode(Mark(made_as, _sizes(folder), rows)))
    return rows


def _made_as(table: Table, outputs: Sequence[Output], folder: Path) -> str:
    """Stands for everything that decides what the finished files look like, apart from the records.

    Folders count relative to each other, so that a job may be moved as a whole.
    """
    forms = sorted((output.ending, os.path.relpath(output.folder, folder)) for output in outputs)
    return blake2b(msgspec.json.encode([EDITION, table, forms]), digest_size=4).hexdigest()


def _mark(folder: Path) -> Mark | None:
    try:
        return msgspec.json.decode((folder / MARK).read_bytes(), type=Mark)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _remove_mark(folder: Path) -> None:
    (folder / MARK).unlink(missing_ok=True)
    sync_folder(folder)


def _sizes(folder: Path) -> dict[str, int]:
    return {part.name: (folder / part.name).stat().st_size for part in list_parts(folder)}


def rely_on_no_more_than(folder: Path, parts: Sequence[Part]) -> None:
    """Remove the mark if it names parts that are not among these: others with their names may come."""
    mark = _mark(folder)
    if mark and not mark.parts.keys() <= {part.name for part in parts}:
        _remove_mark(folder)


def _exist(table: Table, outputs: Sequence[Output]) -> bool:
    return all(output.path(table).exists() for output in outputs)


def _write_whole(table: Table, whole: Whole, outputs: Sequence[Output]) -> int:
    """Step 3, all forms at the same time: most of the work is done outside of Python, and some of it is waiting."""

    def write(output: Output) -> None:
        with whole_file(output.path(table), output.temporary(table)) as file:
            WHOLE_WRITERS[output.ending](whole, file)

    with ThreadPoolExecutor(len(outputs)) as threads:
        list(threads.map(write, outputs))
    return len(whole.rows)


def _write_compacted(
    table: Table, folder: Path, parts: Sequence[Part], outputs: Sequence[Output], scratch: Path
) -> int:
    """Step 4."""
    lines = scratch / "lines"
    with lines.open("wb") as file:
        compact(table, [folder / part.name for part in parts], file, scratch)
        file.flush()
        os.fsync(file.fileno())
    typed = any(output.ending != "jsonl" for output in outputs)
    layout = survey(table, lines) if typed else Layout((), 0)
    for output in outputs:
        with whole_file(output.path(table), output.temporary(table)) as file:
            WRITERS[output.ending](lines, layout, file)
    rows = count_lines(lines)
    _replace(folder, parts, lines)
    return rows


def _replace(folder: Path, parts: Sequence[Part], lines: Path) -> None:
    if not parts:
        lines.unlink()
        return
    one = span(parts)
    put(lines, folder / one.name)
    for part in parts:
        if part != one:
            (folder / part.name).unlink()
