"""What a job has kept in its folder becomes shipments, so that the job goes on where several workers gather.

The parts of all tables are put, also of those that the config does not name at the moment. They are cut between
pages, so that each piece says where its first record comes from. Doing it again puts the same objects; if parts have
come or gone meanwhile, some records are there twice, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path

from asyncscrape.disk import store_errors
from asyncscrape.model import FIRST, Batch, Table
from asyncscrape.records.lines import says_origin
from asyncscrape.storage.files.finish import finished_as
from asyncscrape.storage.files.line_blocks import blocks
from asyncscrape.storage.files.parts import list_parts
from asyncscrape.storage.gathered.gathered_objects import Gathered
from asyncscrape.storage.gathered.shipments import Shipment, pack

PIECE = 4_000_000
"""Bytes of one table that go together."""
SHIPMENT = 8_000_000
"""Bytes of all tables."""


def carry(gathered: Gathered, folders: Mapping[int, Path], tables: Sequence[Table]) -> None:
    """Put the parts in these folders, by the numbers of the generation in place and of one beside it.

    `tables` are those of the job now; a table that was finished is known as what it was then.
    """
    there = gathered.look().sizes
    for number, folder in folders.items():
        with store_errors(folder):
            names = _tables_in(folder)
            declared = {table.name: table for table in tables}
            finished = {name: table for name in names if (table := finished_as(folder / name))}
            gathered.note_tables(number, list({**declared, **finished}.values()))
            for shipment in _shipments(folder, names):
                if f"{number}/{shipment.name}" not in there:
                    gathered.add(number, shipment)
    if (in_place := min(folders)) > FIRST.number:
        gathered.switch(in_place)


def _tables_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))


def _shipments(folder: Path, tables: Sequence[str]) -> Iterator[Shipment]:
    group: list[Batch] = []
    size = 0
    for batch in _batches(folder, tables):
        if group and size + len(batch.lines) > SHIPMENT:
            yield pack(group)
            group, size = [], 0
        group.append(batch)
        size += len(batch.lines)
    if group:
        yield pack(group)


def _batches(folder: Path, tables: Sequence[str]) -> Iterator[Batch]:
    """All lines, numbered so that shipments keep their order."""
    seq = count(1)
    for table in tables:
        for part in list_parts(folder / table):
            for lines in _between_pages(folder / table / part.name):
                yield Batch(next(seq), table, lines.count(b"\n"), lines)


def _between_pages(part: Path) -> Iterator[bytes]:
    """The lines of a part in pieces, each of which begins with a line that says its origin."""
    held = b""
    for block in blocks(part, PIECE):
        held += block
        if cut := _last_page(held):
            yield held[:cut]
            held = held[cut:]
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
