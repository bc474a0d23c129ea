"""Work on a page in a process of its own, with the limits of time and memory that a run has."""

from __future__ import annotations

import math
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

from asyncscrape.parsers.errors import ParseError
from asyncscrape.units import in_words

T = TypeVar("T")

IDLE_FACTOR = 3
"""Real time that the work may take, as a multiple of its processor time."""


def apart(work: Callable[[], T], seconds: float, memory: int) -> T:
    """The result of some work. Raises what it raises, and ParseError if it takes more than it may.

    The process is a fork, so it begins at once; nothing else may run in this one.
    """
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_do, args=(work, seconds, memory, theirs))
    process.start()
    theirs.close()
    try:
        told = ours.recv() if ours.poll(IDLE_FACTOR * seconds) else None
    except EOFError:
        told = None
    finally:
        process.kill()
        process.join()
    if told is None:
        raise ParseError(_why(process.exitcode, seconds))
    result, error = told
    if isinstance(error, MemoryError):
        raise ParseError(f"its parser took more than {memory // 1_000_000} MB of memory")
    if error is not None:
        raise error
    return result  # type: ignore[no-any-return]


def _do(work: Callable[[], T], seconds: float, memory: int, theirs: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(seconds), math.ceil(seconds) + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit = _held() + memory
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    try:
        told: tuple[T | None, Exception | None] = work(), None
    except Exception as error:
        told = None, error.with_traceback(None)
    theirs.send(told)


def _held() -> int:
    """Bytes of data that this process has already."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
    except (OSError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _why(code: int | None, seconds: float) -> str:
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"its parser ran for {in_words(seconds)}"
    return f"its parser crashed (exit code {code})"
