"""Reading files of JSON lines piece by piece, so that no file is ever in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

BLOCK = 1 << 20
"""Bytes read at a time: enough to make the cost of a call negligible, few enough to go unnoticed."""


def blocks(path: Path, size: int = BLOCK) -> Iterator[bytes]:
    """The file in pieces of about `size` bytes, each ending with a whole line."""
    with path.open("rb") as file:
        while block := file.read(size):
            yield block if block.endswith(b"\n") else block + file.readline()


def count_lines(path: Path) -> int:
    """The number of records in a file of lines."""
    return sum(block.count(b"\n") for block in blocks(path))
