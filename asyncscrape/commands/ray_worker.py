"""What a Ray actor does on its machine: it starts one worker there as a process, and passes on what that says.

The worker is a process of its own, so that signals, exit codes and the end of its parent mean to it what they mean
everywhere. If the actor is killed, it stops by itself, unless Ray has killed it too.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from asyncscrape.commands.engine import WorkerEnd
from asyncscrape.commands.worker_processes import ThisMachine, WorkerProcess
from asyncscrape.errors import Exit


class RayWorker:
    """An actor for one life of a worker."""

    def __init__(self, folder: str, environment: Mapping[str, str]) -> None:
        """The worker runs in this folder, and has these variables beside those of its machine."""
        self._folder = folder
        self._exists = Path(folder).is_dir()
        self._environment = environment
        self._worker: WorkerProcess | None = None

    async def live(self, name: str, words: Sequence[str]) -> AsyncIterator[list[str] | WorkerEnd]:
        """Start the worker: first an empty list, then what it says, in the end how it has ended."""
        if not self._exists:
            yield [
                f"{socket.gethostname()} has no folder {self._folder}, where this run was started; "
                "the config and what it names must lie at the same path on all machines of the cluster"
            ]
            yield WorkerEnd(Exit.USAGE)
            return
        said: asyncio.Queue[str | WorkerEnd] = asyncio.Queue()
        machine = ThisMachine(folder=self._folder, environment={**os.environ, **self._environment})
        self._worker = await machine.start(name, words, said.put_nowait)
        yield []
        ending = asyncio.create_task(self._worker.ended())
        ending.add_done_callback(lambda task: said.put_nowait(task.result()))
        async for part in _parts(said):
            yield part

    async def send(self, number: signal.Signals) -> None:
        """Send the worker a signal."""
        if self._worker is not None:
            self._worker.send(number)


async def _parts(said: asyncio.Queue[str | WorkerEnd]) -> AsyncIterator[list[str] | WorkerEnd]:
    """Many lines at once if they come fast, up to the end."""
    while True:
        lines: list[str] = []
        one = await said.get()
        while isinstance(one, str) and not said.empty():
            lines.append(one)
            one = said.get_nowait()
        yield [*lines, one] if isinstance(one, str) else lines
        if isinstance(one, WorkerEnd):
            yield one
            return
