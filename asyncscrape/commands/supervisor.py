"""The workers of `run --workers`: started by an engine, watched, started again and stopped.

1. A worker that is killed, or ends with a fault or since a store is away, is started again, see `restarts.py`; but
   if a store is away for all of them, the run ends. One that was stopped by somebody else is not started again: that
   is how one takes a worker away.
2. The first worker that ends because the job has ended, or cannot go on, ends all: the others come to the same end by
   themselves. Those that do not are stopped.
3. A signal to this process goes on to all workers. If this process is killed, they stop by themselves.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from asyncscrape.commands.engine import Engine, Life, WorkerEnd
from asyncscrape.commands.restarts import Restarts, StoreAway
from asyncscrape.errors import Exit
from asyncscrape.units import in_words
from asyncscrape.views.echo import echo

log = logging.getLogger("asyncscrape.run")

AGREEMENT = 10.0
"""Seconds in which all workers come to the same end by themselves."""
AT_ONCE = 3.0
"""Seconds in which workers end that are told to stop at once."""
MAY_PASS = (Exit.FAULT, Exit.STORE)
"""The ways to end after which a worker is started again."""
RANKS = (Exit.STORE, Exit.USAGE, Exit.FAULT, Exit.FAILURES, Exit.FINISHED, Exit.LIMIT, Exit.INTERRUPTED)
"""The ways in which workers end; the first one that any has taken is that of the run."""
REMEMBERED = 1000
"""Lines that are compared with what other workers say."""


class Supervisor:
    """Several workers on one job."""

    def __init__(self, engine: Engine, words: Callable[[str], Sequence[str]], number: int, patience: float) -> None:
        """`words` are those with which the program is the worker of a name; each has `patience` seconds to stop."""
        self._engine = engine
        self._words = words
        self._patience = patience
        self._alive: dict[str, Life] = {}
        self._said: dict[str, str] = {}
        """Lines, each with the worker that has said it first."""
        self._signals = 0
        self._ending = asyncio.Event()
        """Nobody is started any more."""
        self._away = StoreAway()
        self._kept = {str(one + 1) for one in range(number)}
        """Those that are kept at work."""
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
                for name in sorted(self._kept, key=int):
                    workers.create_task(self._keep(name))
        finally:
            stopping.cancel()

    def interrupt(self) -> None:
        """Stop all: the first call lets open requests end, the second stops at once."""
        self._signals += 1
        self._ending.set()
        self._send(signal.SIGTERM)
        patience = self._patience if self._signals == 1 else AT_ONCE
        asyncio.get_running_loop().call_later(patience, self._send, signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        for life in self._alive.values():
            life.send(number)

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
            end = await self._life(name)
            if end.code is not None and not self._may_pass(end.code):
                self._codes.append(end.code)
                if end.code != Exit.INTERRUPTED:
                    self._ending.set()
                self._kept.discard(name)
                return
            # it takes its time to give up a store
            lived = 0.0 if end.code == Exit.STORE else time.monotonic() - began
            await self._until_next_life(name, end, restarts.pause_after(lived))

    def _may_pass(self, code: int) -> bool:
        """Whether the next life of a worker that ends so may do better."""
        return code in MAY_PASS and not (code == Exit.STORE and self._away.for_all(self._kept, time.monotonic()))

    async def _until_next_life(self, name: str, end: WorkerEnd, pause: float | None) -> None:
        """Wait before a worker that has died is started again, or give up."""
        if pause is None:
            self._codes.append(end.code or Exit.FAULT)
            self.given_up = f"worker {name} has died again and again ({end.how})"
            self._ending.set()
        elif not self._ending.is_set():
            log.warning("worker %s has died (%s); it is started again in %s", name, end.how, in_words(pause))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), pause)

    async def _life(self, name: str) -> WorkerEnd:
        """Start a worker, and wait for its end."""
        life = self._alive[name] = await self._engine.start(name, self._words(name), partial(self._pass_on, name))
        if self._signals:  # it came while the worker started
            life.send(signal.SIGTERM)
        try:
            end = await life.ended()
        finally:
            del self._alive[name]
        if end.code == Exit.STORE:
            self._away.note(name, time.monotonic())
        return end

    def _pass_on(self, name: str, said: str) -> None:
        """Print what a worker says; what several say alike, such as that the config has changed, only once."""
        if len(self._said) > REMEMBERED:
            self._said.clear()
        if self._said.setdefault(said, name) == name:
            echo(said, err=True)
