"""The lines of a finished table, made from the sorted lines of its part: one for each row.

They are nearly always the same. Only withdrawals are left out, and what sweeps hide; and with `merge` the lines of
one key become one, with the newest value of each column and the origin of its newest record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, repeat
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec

from asyncscrape.model import Table
from asyncscrape.records.json_rows import raw_fields
from asyncscrape.records.line_ranks import line_rank
from asyncscrape.records.lines import PROVENANCE, TOMBSTONE, is_withdrawal, part_sweeps
from asyncscrape.storage.files.keys import ranked_keys
from asyncscrape.storage.files.line_blocks import blocks
from asyncscrape.storage.files.swept_lines import Sweeps

ORIGIN = tuple(column.name for column in PROVENANCE)


def row_lines(table: Table, sorted_lines: Path, target: Path) -> Path:
    """The file with the rows: `sorted_lines` itself if each of its lines is one, else `target`."""
    if not table.merge and not _holds_withdrawals(sorted_lines):
        return sorted_lines
    sweeps = _sweeps(table, sorted_lines)
    rows = _merged(table, sorted_lines, sweeps) if table.merge else _left(table, sorted_lines, sweeps)
    with target.open("wb") as file:
        file.writelines(row + b"\n" for row in rows)
    return target


def _holds_withdrawals(sorted_lines: Path) -> bool:
    return any(TOMBSTONE in block for block in blocks(sorted_lines))


def _sweeps(table: Table, sorted_lines: Path) -> Sweeps:
    """The sweeps of the table: all of them stand at the beginning."""
    sweeps = Sweeps(table)
    for block in blocks(sorted_lines):
        found = part_sweeps(block, table.key).sweeps
        sweeps.add(found)
        if not found:
            break
    return sweeps


def _with_keys(table: Table, sorted_lines: Path) -> Iterator[tuple[Any, bytes]]:
    """The lines other than sweeps."""
    keys = ranked_keys(table)
    for block in blocks(sorted_lines):
        lines = part_sweeps(block, table.key).others
        yield from zip(keys(lines), split(lines), strict=True)


def _left(table: Table, sorted_lines: Path, sweeps: Sweeps) -> Iterator[bytes]:
    """The lines without the withdrawals, and without those that are swept."""
    for block in blocks(sorted_lines):
        lines = part_sweeps(block, table.key).others
        ends = sweeps.ends(lines) if sweeps else repeat(None)
        for line, end in zip(split(lines), ends, strict=False):
            if not is_withdrawal(line) and (end is None or line_rank(line) > end):
                yield line


def _merged(table: Table, sorted_lines: Path, sweeps: Sweeps) -> Iterator[bytes]:
    """One line for each key that is neither withdrawn nor swept; the lines of a key stand together, oldest first."""
    for _, same in groupby(_with_keys(table, sorted_lines), key=itemgetter(0)):
        lines = [line for _, line in same]
        if is_withdrawal(lines[-1]):
            continue
        lines = [line for line in lines if not is_withdrawal(line)]
        row = _one_row(lines)
        if sweeps and (end := next(sweeps.ends(row + b"\n"))):
            lines = [line for line in lines if line_rank(line) > end]
            row = _one_row(lines) if lines else b""
        if row:
            yield row


def _one_row(lines: Sequence[bytes]) -> bytes:
    """The row that these lines make together. Its values are copied as they were written, and its origin is last."""
    if len(lines) == 1:
        return lines[0]
    row: dict[str, bytes] = {}
    for line in lines:
        fields = raw_fields(line)
        row |= {name: value for name, value in fields.items() if value != b"null" or name not in row}
    row |= {name: row.pop(name) for name in ORIGIN if name in row}
    return msgspec.json.encode({name: msgspec.Raw(value) for name, value in row.items()})


def split(block: bytes) -> list[bytes]:
    """The lines of a block."""
    return block.split(b"\n")[:-1]
