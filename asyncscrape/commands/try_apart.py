"""Work on a page in a process of its own, with the limits of time and memory that a run has."""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TypeVar

from asyncscrape.parsers.errors import ParseError
from asyncscrape.parsing.limits import ENDS_WITHIN, limit
from asyncscrape.parsing.overruns import IDLE_FACTOR, crashed, ran_for, took_memory

T = TypeVar("T")


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
        result, error = _told(ours, process, seconds)
    finally:
        process.kill()
        process.join()
    if isinstance(error, MemoryError):
        raise ParseError(took_memory(memory))
    if error is not None:
        raise error
    return result  # type: ignore[return-value]


def _told(ours: Connection, process: BaseProcess, seconds: float) -> tuple[T | None, Exception | None]:
    """The result or the error. Raises ParseError if there is neither."""
    if not ours.poll(IDLE_FACTOR * seconds):
        raise ParseError(ran_for(seconds))
    try:
        told: tuple[T | None, Exception | None] = ours.recv()
    except EOFError:
        process.join(ENDS_WITHIN)
        code = process.exitcode or 0
        raise ParseError(ran_for(seconds) if code == -signal.SIGXCPU else crashed(code)) from None
    return told


def _do(work: Callable[[], T], seconds: float, memory: int, theirs: Connection) -> None:
    limit("CPU", math.ceil(seconds))
    limit("CORE", 0)
    limit("DATA", _held() + memory)
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
