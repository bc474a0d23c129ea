"""Pieces of the journal that a store handles at once: by table, of limited size, each line with its origin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from operator import attrgetter
from typing import NamedTuple

from asyncscrape.model import Batch
from asyncscrape.records.lines import with_origins


class Bounds(NamedTuple):
    """The most that a chunk may hold, although a single line may be longer."""

    rows: int
    bytes: int


def chunks(batches: Sequence[Batch], most: Bounds) -> Iterator[tuple[str, bytes]]:
    """Chunks by table, in the order of their names, so that two jobs never deadlock; lines keep their order."""
    table = attrgetter("table")
    for name, some in groupby(sorted(batches, key=table), table):
        for chunk in _joined((piece for batch in some for piece in _pieces(batch, most)), most):
            yield name, chunk


def _joined(pieces: Iterable[tuple[int, bytes]], most: Bounds) -> Iterator[bytes]:
    """Join small pieces as long as they fit into one chunk."""
    waiting: list[bytes] = []
    rows = size = 0
    for count, lines in pieces:
        if waiting and (rows + count > most.rows or size + len(lines) > most.bytes):
            yield b"".join(waiting)
            waiting, rows, size = [], 0, 0
        waiting.append(lines)
        rows, size = rows + count, size + len(lines)
    if waiting:
        yield b"".join(waiting)


def _pieces(batch: Batch, most: Bounds) -> Iterator[tuple[int, bytes]]:
    """The lines of a batch, each with its origin, and their number; in several pieces if the batch is too large.

    They are counted here: the batch counts records only, and has lines for withdrawals too.
    """
    [whole] = with_origins([batch.lines])
    count = whole.count(b"\n")
    if count <= most.rows and len(whole) <= most.bytes:
        yield count, whole
        return
    rows = min(most.rows, max(1, most.bytes * count // len(whole)))
    lines = iter(whole.splitlines(keepends=True))
    while some := list(islice(lines, rows)):
        yield len(some), b"".join(some)
