"""The workers of `run --workers`: processes of this machine that are started, watched, started again and stopped.

1. Each worker reads from a pipe that only this process holds and never writes to. If this process is killed, the pipe
   ends, and the workers stop as if by a signal.
2. A worker that is killed, or ends with a fault or since a store is away, is started again, see `restarts.py`. One
   that was stopped by somebody else is not: that is how one takes a worker away.
3. The first worker that ends because the job has ended, or cannot go on, ends all: the others come to the same end by
   themselves. Those that do not are stopped.
4. A signal to this process goes on to all workers. Each has a session of its own, so that Ctrl-C reaches it once.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress

from asyncscrape.commands.restarts import Restarts
from asyncscrape.errors import Exit
from asyncscrape.units import in_words
from asyncscrape.views.echo import echo

log = logging.getLogger("asyncscrape.run")

AGREEMENT = 10.0
"""Seconds in which all workers come to the same end by themselves."""
LONGEST_LINE = 2**20
"""Bytes of a line of a worker's log."""
AT_ONCE = 3.0
"""Seconds in which workers end that are told to stop at once."""
LAST_WORDS = 1.0
"""Seconds to read what a worker has said, once it has ended: a process of its own may hold the pipe."""
MAY_PASS = (Exit.FAULT, Exit.STORE)
"""The ways to end after which a worker is started again."""
RANKS = (Exit.STORE, Exit.USAGE, Exit.FAULT, Exit.FAILURES, Exit.FINISHED, Exit.LIMIT, Exit.INTERRUPTED)
"""The ways in which workers end; the first one that any has taken is that of the run."""
REMEMBERED = 1000
"""Lines that are compared with what other workers say."""


class WorkerProcesses:
    """Several workers on one job."""

    def __init__(self, command: Callable[[str], Sequence[str]], number: int, patience: float) -> None:
        """`command` starts the worker of a name; each has `patience` seconds to stop."""
        self._command = command
        self._number = number
        self._patience = patience
        self._alive: dict[str, Process] = {}
        self._said: dict[str, str] = {}
        """Lines, each with the worker that has said it first."""
        self._signals = 0
        self._ending = asyncio.Event()
        """Nobody is started any more."""
        self._codes: list[int] = []
        self.given_up = ""
        """Why the run has given up, if it has."""

    @property
    def exit(self) -> Exit:
        """How the run has ended."""
        return next((code for code in RANKS if code in self._codes), Exit.INTERRUPTED)

    async def run(self) -> None:
        """Keep all workers at work until the job or the run ends."""
        stopping = asyncio.create_task(self._stop_the_rest())
        try:
            async with asyncio.TaskGroup() as workers:
                for number in range(1, self._number + 1):
                    workers.create_task(self._keep(str(number)))
        finally:
            stopping.cancel()

    def interrupt(self) -> None:
        """Stop all: the first call lets open requests end, the second stops at once."""
        self._signals += 1
        self._ending.set()
        self._send(signal.SIGTERM)
        patience = self._patience if self._signals == 1 else AT_ONCE
        asyncio.get_running_loop().call_later(patience, self._send, signal.SIGKILL)

    def _send(self, number: int) -> None:
        for process in self._alive.values():
            with suppress(ProcessLookupError):
                process.send_signal(number)

    async def _stop_the_rest(self) -> None:
        """Stop those that do not come to the end that another has come to."""
        await self._ending.wait()
        await asyncio.sleep(AGREEMENT)
        if not self._signals:
            self.interrupt()

    # One worker

    async def _keep(self, name: str) -> None:
        """Keep one worker at work, until it ends in another way than by dying."""
        restarts = Restarts()
        while not self._ending.is_set():
            began = time.monotonic()
            code = await self._life(name)
            if code >= 0 and code not in MAY_PASS:
                self._codes.append(code)
                if code != Exit.INTERRUPTED:
                    self._ending.set()
                return
            lived = 0.0 if code == Exit.STORE else time.monotonic() - began  # it takes its time to give up a store
            await self._until_next_life(name, code, restarts.pause_after(lived))

    async def _until_next_life(self, name: str, code: int, pause: float | None) -> None:
        """Wait before a worker that has died is started again, or give up."""
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else Exit(code).meaning
        if pause is None:
            self._codes.append(code if code > 0 else Exit.FAULT)
            self.given_up = f"worker {name} has died again and again ({how})"
            self._ending.set()
        elif not self._ending.is_set():
            log.warning("worker %s has died (%s); it is started again in %s", name, how, in_words(pause))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), pause)

    async def _life(self, name: str) -> int:
        """Start a worker, and pass on what it says until it ends; its exit code, or minus the signal."""
        process = await asyncio.create_subprocess_exec(
            *self._command(name), stdin=PIPE, stdout=DEVNULL, stderr=PIPE, limit=LONGEST_LINE, start_new_session=True
        )
        self._alive[name] = process
        if self._signals:  # it came while the process started
            process.terminate()
        listening = asyncio.create_task(self._pass_on(name, process))
        try:
            code = await process.wait()
            await asyncio.wait([listening], timeout=LAST_WORDS)
            return code
        finally:
            del self._alive[name]
            listening.cancel()

    async def _pass_on(self, name: str, process: Process) -> None:
        """Print what a worker says; what several say alike, such as that the config has changed, only once."""
        assert process.stderr is not None
        while line := await next_line(process.stderr):
            said = line.decode(errors="backslashreplace").rstrip("\n")
            if len(self._said) > REMEMBERED:
                self._said.clear()
            if self._said.setdefault(said, name) == name:
                echo(said, err=True)


async def next_line(stream: asyncio.StreamReader) -> bytes:
    """The next line that is not too long; empty at the end."""
    while True:
        with suppress(ValueError):
            return await stream.readline()
