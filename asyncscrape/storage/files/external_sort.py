"""Sorting parts into one file of JSON lines, by key, with each key once in its newest version.

1. the parts are read in journal order, a block at a time, and each line gets its origin
2. the lines are kept in memory by key; a newer one replaces an older one
3. when they take too much memory, they are written out as a sorted *run*, and a new one is begun
4. the runs are merged; of lines with the same key, the one from the newest run stays

Most tables fit in memory: for them step 3 writes the result and nothing is left to merge. However large a table is,
memory stays within `BUDGET`, plus a little for the merge.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from asyncscrape.model import Table
from asyncscrape.records.lines import with_origins
from asyncscrape.storage.files.keys import Keys, plain_keys, ranked_keys
from asyncscrape.storage.files.line_blocks import blocks

BUDGET = 32_000_000
"""Bytes of memory for lines that wait to be sorted."""
ROW = 200
"""Bytes that a line takes in memory beyond its own length: its key, and its places in the dict and the list."""
FAN_IN = 64
"""Runs merged at once; each needs an open file and a block in memory."""
MERGE_BLOCK = 1 << 17
LINES_AT_ONCE = 4096
"""Lines joined into one write."""


def sort_parts(
    table: Table,
    parts: Sequence[Path],
    target: BinaryIO,
    scratch: Path,
    budget: int = BUDGET,
    fan_in: int = FAN_IN,
) -> None:
    """Write the finished lines of a table to `target`; lines that do not fit in memory go to the folder `scratch`."""
    if not table.key:
        return _concatenate(parts, target)
    if keys := plain_keys(table):
        try:
            return _sort(keys, parts, target, scratch, budget, fan_in)
        except msgspec.ValidationError:
            target.seek(0)
            target.truncate()
    return _sort(ranked_keys(table), parts, target, scratch, budget, fan_in)


def _concatenate(parts: Sequence[Path], target: BinaryIO) -> None:
    """Records without a key are all different: they keep their order in the journal."""
    target.writelines(_lines_of(parts))


def _lines_of(parts: Sequence[Path]) -> Iterator[bytes]:
    return with_origins(chain.from_iterable(map(blocks, parts)))


def _sort(keys: Keys, parts: Sequence[Path], target: BinaryIO, scratch: Path, budget: int, fan_in: int) -> None:
    runs: list[Path] = []
    newest: dict[Any, bytes] = {}
    size = 0
    for block in _lines_of(parts):
        if size >= budget:
            runs.append(_spill(_in_order(newest), scratch / str(len(runs))))
            newest.clear()
            size = 0
        newest.update(zip(keys(block), block.split(b"\n"), strict=False))
        size += len(block) + ROW * block.count(b"\n")
    if not runs:
        return _write(_in_order(newest), target)
    runs.append(_spill(_in_order(newest), scratch / str(len(runs))))
    newest.clear()
    return _write(_merged(keys, _few(keys, runs, fan_in)), target)


def _in_order(newest: dict[Any, bytes]) -> Iterator[bytes]:
    return map(newest.__getitem__, sorted(newest))


def _few(keys: Keys, runs: Sequence[Path], most: int) -> list[Path]:
    """Merge into at most so many runs with the same lines, still from oldest to newest."""
    level = 0
    while len(runs) > most:
        level += 1
        groups = [runs[start : start + most] for start in range(0, len(runs), most)]
        runs = [_spill(_merged(keys, group), group[0].with_suffix(f".{level}"), group) for group in groups]
    return list(runs)


def _merged(keys: Keys, runs: Sequence[Path]) -> Iterator[bytes]:
    """The lines of sorted runs in order; where several hold a key, the line of the last run.

    All lines up to the smallest key that ends a block are sorted at once: nothing smaller can follow.
    """
    readers = [reader for run in runs if (reader := _RunReader(keys, run)).more()]
    while readers:
        bound = min(reader.keys[-1] for reader in readers)
        newest: dict[Any, bytes] = {}
        for reader in readers:
            newest.update(reader.take(bound))
        yield from _in_order(newest)
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

    def take(self, bound: Any) -> Iterator[tuple[Any, bytes]]:
        """The lines up to this key, with their keys."""
        begin, self._place = self._place, bisect_right(self.keys, bound, self._place)
        return zip(self.keys[begin : self._place], self._lines[begin : self._place], strict=True)


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
