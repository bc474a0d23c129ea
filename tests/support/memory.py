"""Processes, and the memory that they take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def peak(process: int | str = "self") -> int:
    """The most memory that a running process has taken so far, in bytes; 0 if it has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def tree(process: int) -> Iterator[int]:
    """A process, and all that it has started."""
    yield process
    with suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from tree(int(child))


def together(process: int) -> int:
    """Bytes that a process and all that it has started take; what they share counts once."""
    total = 0
    for one in tree(process):
        with suppress(OSError, StopIteration):
            told = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
            total += 1024 * int(next(line for line in told if line.startswith("Pss:")).split()[1])
    return total
