"""Workers that are processes of this machine.

Each reads from a pipe that only this process holds and never writes to. If this process is killed, the pipe ends, and
the worker stops as if by a signal. Each has a session of its own, so that Ctrl-C reaches it once.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from asyncscrape.commands.engine import WorkerEnd

PROGRAM = (sys.executable, "-m", "asyncscrape")
LONGEST_LINE = 2**20
"""Bytes of a line of a worker's log."""
LAST_WORDS = 1.0
"""Seconds to read what a worker has said, once it has ended: a process of its own may hold the pipe."""


class ThisMachine:
    """The engine that starts processes of this machine."""

    def __init__(
        self,
        program: Sequence[str] = PROGRAM,
        folder: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`program` is what takes the words of a worker; `folder` and `environment` are by default this process's."""
        self._program = program
        self._folder = folder
        self._environment = environment

    @property
    def room(self) -> int:
        """The cores that this process may use."""
        return len(os.sched_getaffinity(0))

    async def start(self, name: str, words: Sequence[str], say: Callable[[str], None]) -> WorkerProcess:
        """Start a worker."""
        process = await asyncio.create_subprocess_exec(
            *(*self._program, *words),
            stdin=PIPE,
            stdout=DEVNULL,
            stderr=PIPE,
            limit=LONGEST_LINE,
            cwd=self._folder,
            env=self._environment,
            start_new_session=True,
        )
        return WorkerProcess(process, say)


class WorkerProcess:
    """A worker in a process."""

    def __init__(self, process: Process, say: Callable[[str], None]) -> None:
        """The process is running; what it says is passed on from now on."""
        self._process = process
        self._listening = asyncio.create_task(self._pass_on(say))

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def ended(self) -> WorkerEnd:
        """Wait for its end, and for its last words."""
        try:
            code = await self._process.wait()
            await asyncio.wait([self._listening], timeout=LAST_WORDS)
        finally:
            self._listening.cancel()
        return WorkerEnd(code) if code >= 0 else WorkerEnd(None, f"killed by {signal.Signals(-code).name}")

    async def _pass_on(self, say: Callable[[str], None]) -> None:
        assert self._process.stderr is not None
        while line := await next_line(self._process.stderr):
            say(line.decode(errors="backslashreplace").rstrip("\n"))


async def next_line(stream: asyncio.StreamReader) -> bytes:
    """The next line that is not too long; empty at the end."""
    while True:
        with suppress(ValueError):
            return await stream.readline()
