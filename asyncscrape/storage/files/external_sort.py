"""Sorting parts into one file of JSON lines, by key, with the lines of each key that count (`standing_lines.py`).

1. the parts are read in journal order, a block at a time, and each line gets its origin
2. the lines are kept in memory by key; without `merge`, a newer one replaces an older one
3. when they take too much memory, they are written out as a sorted *run*, and a new one is begun
4. the runs are merged, in the order of the journal; of lines with the same key again only those that count stay

Sweeps have no key (`swept_lines.py`): they are kept apart from the first step on, and written before all other lines.

Most tables fit in memory: for them step 3 writes the result and nothing is left to merge. However large a table is,
memory stays within `BUDGET`, plus a little for the merge.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec

from asyncscrape.model import Table
from asyncscrape.records.lines import part_sweeps, with_origins
from asyncscrape.storage.files.keys import Keys, plain_keys, ranked_keys
from asyncscrape.storage.files.line_blocks import blocks
from asyncscrape.storage.files.standing_lines import ContributingLines, NewestLines, StandingLines
from asyncscrape.storage.files.swept_lines import Sweeps

BUDGET = 32_000_000
"""Bytes of memory for lines that wait to be sorted."""
ROW = 200
"""Bytes that a line takes in memory beyond its own length: its key, and its places in the dict and the list."""
FAN_IN = 64
"""Runs merged at once; each needs an open file and a block in memory."""
MERGE_BLOCK = 1 << 17
LINES_AT_ONCE = 4096
"""Lines joined into one write."""


class _Sorting(NamedTuple):
    """What is sorted, and where."""

    table: Table
    keys: Keys
    standing: Callable[[], StandingLines]
    scratch: Path
    budget: int
    fan_in: int


def sort_parts(
    table: Table,
    parts: Sequence[Path],
    target: BinaryIO,
    scratch: Path,
    budget: int = BUDGET,
    fan_in: int = FAN_IN,
) -> None:
    """Write the lines of a table that count to `target`; what does not fit in memory goes to the folder `scratch`."""
    if not table.key:
        return _concatenate(parts, target)
    standing = ContributingLines if table.merge else NewestLines
    if keys := plain_keys(table):
        try:
            return _sort(_Sorting(table, keys, standing, scratch, budget, fan_in), parts, target)
        except msgspec.ValidationError:
            target.seek(0)
            target.truncate()
    return _sort(_Sorting(table, ranked_keys(table), standing, scratch, budget, fan_in), parts, target)


def sort_by(table: Table, keys: Keys, parts: Sequence[Path], target: BinaryIO, scratch: Path) -> None:
    """Write the lines sorted by keys of any sort, each key once, in its newest version."""
    _sort(_Sorting(table, keys, NewestLines, scratch, BUDGET, FAN_IN), parts, target)


def _concatenate(parts: Sequence[Path], target: BinaryIO) -> None:
    """Records without a key are all different: they keep their order in the journal."""
    target.writelines(_lines_of(parts))


def _lines_of(parts: Sequence[Path]) -> Iterator[bytes]:
    return with_origins(chain.from_iterable(map(blocks, parts)))


def _sort(how: _Sorting, parts: Sequence[Path], target: BinaryIO) -> None:
    runs: list[Path] = []
    sweeps = Sweeps(how.table)
    standing = how.standing()
    size = 0
    for lines in _lines_of(parts):
        found, block = part_sweeps(lines, how.table.key)
        sweeps.add(found)
        if size >= how.budget:
            runs.append(_spill(standing.in_order(), how.scratch / str(len(runs))))
            standing.clear()
            size = 0
        standing.add(how.keys(block), block.split(b"\n")[:-1])
        size += len(block) + ROW * block.count(b"\n")
    _write(sweeps.lines(), target)
    if not runs:
        return _write(standing.in_order(), target)
    runs.append(_spill(standing.in_order(), how.scratch / str(len(runs))))
    standing.clear()
    return _write(_merged(how, _few(how, runs)), target)


def _few(how: _Sorting, runs: Sequence[Path]) -> list[Path]:
    """Merge into as few runs as can be merged at once, still in the order of the journal."""
    level = 0
    while len(runs) > how.fan_in:
        level += 1
        groups = [runs[start : start + how.fan_in] for start in range(0, len(runs), how.fan_in)]
        runs = [_spill(_merged(how, group), group[0].with_suffix(f".{level}"), group) for group in groups]
    return list(runs)


def _merged(how: _Sorting, runs: Sequence[Path]) -> Iterator[bytes]:
    """The lines of sorted runs in order; where several hold a key, those of its lines that count.

    All lines up to the smallest key that ends a block are sorted at once: nothing smaller can follow. A run whose
    next block goes on with that key is read on, so that all lines of a key are together.
    """
    readers = [reader for run in runs if (reader := _RunReader(how.keys, run)).more()]
    while readers:
        bound = min(reader.keys[-1] for reader in readers)
        standing = how.standing()
        for reader in readers:
            while reader.more() and reader.begins_within(bound):
                standing.add(*reader.take(bound))
        yield from standing.in_order()
        readers = [reader for reader in readers if reader.more()]


class _RunReader:
    """A sorted run, read a block at a time."""

    def __init__(self, keys: Keys, run: Path) -> None:
        self._read = keys
        self._blocks = blocks(run, MERGE_BLOCK)
        self.keys: list[Any] = []
        self._lines: list[bytes] = []
        self._place = 0

    def more(self) -> bool:
        """Whether any lines are left; reads the next block once this one is used up."""
        if self._place == len(self.keys):
            block = next(self._blocks, b"")
            self.keys, self._lines, self._place = list(self._read(block)), block.split(b"\n"), 0
        return bool(self.keys)

    def begins_within(self, bound: Any) -> bool:
        """Whether the next line has a key up to this one."""
        return bool(self.keys[self._place] <= bound)

    def take(self, bound: Any) -> tuple[Sequence[Any], Sequence[bytes]]:
        """The keys and lines of this block up to this key."""
        begin, self._place = self._place, bisect_right(self.keys, bound, self._place)
        return self.keys[begin : self._place], self._lines[begin : self._place]


def _spill(lines: Iterator[bytes], run: Path, used: Sequence[Path] = ()) -> Path:
    with run.open("wb") as file:
        _write(lines, file)
    for path in used:
        path.unlink()
    return run


def _write(lines: Iterator[bytes], file: BinaryIO) -> None:
    while some := list(islice(lines, LINES_AT_ONCE)):
        some.append(b"")
        file.write(b"\n".join(some))
