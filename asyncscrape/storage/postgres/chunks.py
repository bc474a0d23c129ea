"""Pieces of the journal that are read and written at once: by table, and bounded by rows and by bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from operator import attrgetter

from asyncscrape.model import Batch
from asyncscrape.records.lines import with_origins

MOST_BYTES = 8_000_000
MOST_ROWS = 50_000


def chunks(batches: Sequence[Batch]) -> Iterator[tuple[str, bytes]]:
    """Tables in the order of their names, so that two jobs never wait for each other in a ring; lines in theirs."""
    table = attrgetter("table")
    for name, some in groupby(sorted(batches, key=table), table):
        for piece in _gathered(piece for batch in some for piece in _pieces(batch)):
            yield name, piece


def _gathered(pieces: Iterable[tuple[int, bytes]]) -> Iterator[bytes]:
    """Join small pieces, as long as they fit together."""
    waiting: list[bytes] = []
    rows = size = 0
    for count, lines in pieces:
        if waiting and (rows + count > MOST_ROWS or size + len(lines) > MOST_BYTES):
            yield b"".join(waiting)
            waiting, rows, size = [], 0, 0
        waiting.append(lines)
        rows, size = rows + count, size + len(lines)
    if waiting:
        yield b"".join(waiting)


def _pieces(batch: Batch) -> Iterator[tuple[int, bytes]]:
    """A batch with the number of its rows, each with its origin; one that is too large in several pieces."""
    [whole] = with_origins([batch.lines])
    if batch.count <= MOST_ROWS and len(whole) <= MOST_BYTES:
        yield batch.count, whole
        return
    rows = min(MOST_ROWS, max(1, MOST_BYTES * batch.count // len(whole)))
    lines = iter(whole.splitlines(keepends=True))
    while some := list(islice(lines, rows)):
        yield len(some), b"".join(some)
