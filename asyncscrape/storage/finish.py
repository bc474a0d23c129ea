"""From the parts of a table to the finished files, in steps that a crash may interrupt anywhere.

1. if the one part there is carries the tag of what we are asked for, all is done already
2. take the tags off: from here on no finished file is relied upon
3. compact the parts into one file of lines: sorted, each key once, the newest version
4. write each finished file from these lines, under a temporary name, and rename it
5. the lines become the table's only part, tagged; the parts it was made of are removed

A crash before 5 leaves the parts as they were. A crash within 5 leaves parts beside the one that stands for them;
the next start removes those. So nothing is lost, nothing doubled, and the work is at worst done again.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import msgspec

from asyncscrape.disk import put, whole_file
from asyncscrape.model import Table
from asyncscrape.storage.compact import compact
from asyncscrape.storage.formats import WRITERS
from asyncscrape.storage.layout import Layout, survey
from asyncscrape.storage.lines import count_lines
from asyncscrape.storage.parts import Part, list_parts, span

EDITION = 1
"""Raise this when the writers change what they write, so that finished tables are made anew."""


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


def finish_table(table: Table, folder: Path, outputs: Sequence[Output], scratch: Path) -> int:
    """Make the finished files of a table out of the parts in `folder`; `scratch` is an empty folder beside it.

    The number of records in them.
    """
    parts = list_parts(folder)
    tag = _tag(table, outputs, folder)
    if [part.tag for part in parts] == [tag] and all(output.path(table).exists() for output in outputs):
        return count_lines(folder / parts[0].name)
    parts = _untagged(folder, parts)
    lines = scratch / "lines"
    with lines.open("wb") as file:
        compact(table, [folder / part.name for part in parts], file, scratch)
        file.flush()
        os.fsync(file.fileno())
    _write(table, lines, outputs)
    rows = count_lines(lines)
    _replace(folder, parts, lines, tag)
    return rows


def _tag(table: Table, outputs: Sequence[Output], folder: Path) -> str:
    """Stands for everything that decides what the finished files look like, apart from the records.

    Folders count relative to each other, so that a job may be moved as a whole.
    """
    forms = sorted((output.ending, os.path.relpath(output.folder, folder)) for output in outputs)
    return blake2b(msgspec.json.encode([EDITION, table, forms]), digest_size=4).hexdigest()


def _untagged(folder: Path, parts: Sequence[Part]) -> list[Part]:
    plain = [part._replace(tag="") for part in parts]
    for part, new in zip(parts, plain, strict=True):
        if part != new:
            put(folder / part.name, folder / new.name)
    return plain


def _write(table: Table, lines: Path, outputs: Sequence[Output]) -> None:
    typed = any(output.ending != "jsonl" for output in outputs)
    layout = survey(table, lines) if typed else Layout((), 0)
    for output in outputs:
        with whole_file(output.path(table), output.temporary(table)) as file:
            WRITERS[output.ending](lines, layout, file)


def _replace(folder: Path, parts: Sequence[Part], lines: Path, tag: str) -> None:
    if not parts:
        lines.unlink()
        return
    put(lines, folder / span(parts, tag).name)
    for part in parts:
        (folder / part.name).unlink()
