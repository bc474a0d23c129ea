"""The processes of the browser: what they take, and their end."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

DRIVER = b"run-driver"
"""An argument of the driver, which starts the browser, and of nothing else that a run starts."""
CHILDLESS = (b"--type=renderer", b"--type=gpu-process", b"--type=utility")
"""Arguments of processes that start no others: most of them, with the most threads."""
COUNTED = ("RssAnon:", "RssShmem:")
"""Memory that is not a copy of a file."""
PAGE = os.sysconf("SC_PAGE_SIZE")


def of_browsers() -> list[int]:
    """The drivers that this process has started, and everything that they have started."""
    return Processes().all()


class Processes:
    """The drivers of this process and all that they have started, looked for again and again."""

    def __init__(self) -> None:
        self._childless: set[int] = set()

    def all(self) -> list[int]:
        """Those of now."""
        found = [one for child in _children(os.getpid()) if _is_driver(child) for one in self._family(child)]
        self._childless.intersection_update(found)
        return found

    def _family(self, process: int) -> Iterator[int]:
        yield process
        if process in self._childless:
            return
        if any(argument in _arguments(process) for argument in CHILDLESS):
            self._childless.add(process)
            return
        for child in _children(process):
            yield from self._family(child)


def takes_more(process: int, most: int) -> bool:
    """Whether a process takes more bytes of memory than that."""
    return _resident(process) > most and taken(process) > most


def taken(process: int) -> int:
    """Bytes of memory that a process takes; 0 if it has ended."""
    told = (line.split() for line in _read(f"/proc/{process}/status").decode().splitlines())
    return sum(1024 * int(words[1]) for words in told if words and words[0] in COUNTED)


def end(process: int) -> None:
    """End a process at once."""
    with suppress(OSError):
        os.kill(process, signal.SIGKILL)


def _resident(process: int) -> int:
    """The same with copies of files; this is soon told."""
    sizes = _read(f"/proc/{process}/statm").split()
    return PAGE * int(sizes[1]) if sizes else 0


def _is_driver(process: int) -> bool:
    return DRIVER in _arguments(process).split(b"\0")


def _children(process: int) -> list[int]:
    with suppress(OSError):
        threads = os.listdir(f"/proc/{process}/task")
        return [
            int(child) for thread in threads for child in _read(f"/proc/{process}/task/{thread}/children").split()
        ]
    return []


def _arguments(process: int) -> bytes:
    return _read(f"/proc/{process}/cmdline")


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""
