"""The processes that parse the pages of a run, seen from outside."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from support.memory import tree

PROGRAM = b"asyncscrape.parsing.processes.program"


def parsers_of(process: int) -> list[int]:
    """The processes in which a run parses pages."""
    return [one for one in tree(process) if PROGRAM in _command(one)]


def busy(process: int, seconds: float) -> list[int]:
    """Those of them that have used so much of the processor."""
    return [one for one in parsers_of(process) if _used(one) >= seconds]


def kill_all(process: int) -> None:
    """End a run and everything that it has started, as a machine that loses its power does."""
    for one in [*tree(process)]:
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)


def _command(process: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_bytes()
    return b""


def _used(process: int) -> float:
    """Seconds of processor time that a process has taken in all."""
    with suppress(OSError):
        return time.clock_gettime(~process << 3 | 2)
    return 0.0
