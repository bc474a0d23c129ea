"""The processes of the browser: what they take, and their end."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

DRIVER = b"run-driver"
"""An argument of the driver, which starts the browser, and of nothing else that a run starts."""
COUNTED = ("RssAnon:", "RssShmem:")
"""Memory that is not a copy of a file."""


def of_browsers() -> list[int]:
    """The drivers that this process has started, and everything that they have started."""
    return [one for child in _children(os.getpid()) if DRIVER in _arguments(child) for one in _family(child)]


def taken(process: int) -> int:
    """Bytes of memory that a process takes; 0 if it has ended."""
    with suppress(OSError):
        told = (line.split() for line in Path(f"/proc/{process}/status").read_text().splitlines())
        return sum(1024 * int(words[1]) for words in told if words and words[0] in COUNTED)
    return 0


def end(process: int) -> None:
    """End a process at once."""
    with suppress(OSError):
        os.kill(process, signal.SIGKILL)


def _family(process: int) -> Iterator[int]:
    yield process
    for child in _children(process):
        yield from _family(child)


def _children(process: int) -> list[int]:
    with suppress(OSError):
        threads = [*Path(f"/proc/{process}/task").iterdir()]
        return [int(child) for thread in threads for child in _read(thread / "children").split()]
    return []


def _arguments(process: int) -> list[bytes]:
    return _read(Path(f"/proc/{process}/cmdline")).split(b"\0")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
