"""All lines that the parts in a folder hold, in pieces that another store can take.

Also those of tables that the config does not name at the moment: they may come back. Parts are cut between pages, so
that each piece says where its first record comes from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from asyncscrape.disk import store_errors
from asyncscrape.model import Batch, Table
from asyncscrape.records.lines import says_origin
from asyncscrape.storage.base import KeptRecords
from asyncscrape.storage.files.finish import finished_as
from asyncscrape.storage.files.line_blocks import blocks
from asyncscrape.storage.files.parts import list_parts

PIECE = 4_000_000
"""Bytes of a piece."""


def kept_lines(generation: int, folder: Path, tables: Sequence[Table]) -> KeptRecords:
    """What the parts of a generation hold; read while the batches are taken.

    `tables` are those of the job now. One that was finished is told as what it was then.
    """
    names = sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    finished = {name: table for name in names if (table := finished_as(folder / name))}
    declared = {table.name: table for table in tables}
    return KeptRecords(generation, list({**declared, **finished}.values()), _batches(folder, names))


def _batches(folder: Path, tables: Sequence[str]) -> Iterator[Batch]:
    seq = count(1)
    with store_errors(folder):
        for table in tables:
            for part in list_parts(folder / table):
                for lines in _between_pages(folder / table / part.name):
                    yield Batch(next(seq), table, lines.count(b"\n"), lines)


def _between_pages(part: Path) -> Iterator[bytes]:
    """The lines of a part in pieces, each of which begins with a line that says its origin."""
    held = b""
    for block in blocks(part, PIECE):
        if cut := _last_page(held):
            yield held[:cut]
            held = held[cut:]
        held += block
    if held:
        yield held


def _last_page(lines: bytes) -> int:
    """Where the last line begins that says its origin; 0 if none but the first does."""
    end = len(lines)
    while end:
        start = lines.rfind(b"\n", 0, end - 1) + 1
        if says_origin(lines[start : end - 1]):
            return start
        end = start
    return 0
