"""Reading files of JSON lines piece by piece, so that no file is ever whole in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

BLOCK = 1 << 20
"""Bytes read at a time: large enough that the cost of a call does not count, small enough not to be noticed."""


def blocks(path: Path, size: int = BLOCK) -> Iterator[bytes]:
    """The file in pieces of about `size` bytes, each ending with a whole line."""
    with path.open("rb") as file:
        while block := file.read(size):
            yield block if block.endswith(b"\n") else block + file.readline()


def count_lines(path: Path) -> int:
    """How many records a file of lines holds."""
    return sum(block.count(b"\n") for block in blocks(path))
