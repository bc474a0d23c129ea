"""Several workers of one job on this machine, each a process of its own that can be killed, stopped and replaced."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from support.command import PATIENCE, Ended
from support.forked import Forked
from support.forked_command import start

PAUSE = 0.05
"""Seconds between two looks at something that may take long to find out."""


class Herd:
    """Workers by name. The site's log tells them apart by their user agents."""

    def __init__(self, config: Path, expected: int) -> None:
        self._config = config
        self._expected = expected
        self._flags: dict[str, tuple[str, ...]] = {}
        self.started: dict[str, float] = {}
        """The moment at which each was started last, on the clock of the site's log."""
        self.workers: dict[str, Forked] = {}
        """Those that were not killed; some may have ended."""

    def start(self, name: str, *flags: str) -> None:
        """Let a worker join."""
        self._flags[name] = flags
        agent = ("--set", f"politeness.user_agent=asyncscrape/1 {name}")
        words = ("worker", self._config, "--name", name, "--of", str(self._expected), "--quiet")
        self.started[name] = time.monotonic()
        self.workers[name] = start(*words, *agent, *flags)

    def kill(self, names: Iterable[str]) -> float:
        """Kill workers at once; the moment, on the clock of the site's log."""
        killed = [self.workers.pop(name) for name in names]
        moment = time.monotonic()
        for worker in killed:
            worker.kill()
        for worker in killed:
            worker.communicate()
        return moment

    def restart(self, name: str) -> None:
        """Start one that was killed as it was started before."""
        self.start(name, *self._flags[name])

    def stop(self, name: str) -> None:
        self.workers[name].send_signal(signal.SIGSTOP)

    def go_on(self, name: str) -> None:
        self.workers[name].send_signal(signal.SIGCONT)

    @property
    def gone(self) -> dict[str, Ended]:
        """Those that have ended by themselves."""
        return {name: Ended(worker) for name, worker in self.workers.items() if worker.poll() is not None}

    def until(self, condition: Callable[[], object]) -> None:
        """Wait for something that happens while all of them are at work."""
        give_up = time.monotonic() + PATIENCE
        while not condition():
            assert {} == codes(self.gone)
            assert time.monotonic() < give_up, "waited in vain"
            time.sleep(PAUSE)

    def ended(self) -> dict[str, Ended]:
        """Wait for the end of all."""
        return {name: Ended(worker) for name, worker in self.workers.items()}


@contextmanager
def herd(config: Path, *names: str, expected: int | None = None) -> Iterator[Herd]:
    """Workers with these names at work on a job; none of them outlives the context."""
    workers = Herd(config, expected or len(names))
    try:
        for name in names:
            workers.start(name)
        yield workers
    finally:
        workers.kill([*workers.workers])


def codes(ended: dict[str, Ended]) -> dict[str, int]:
    """The codes that workers ended with; what those with an error have said is printed."""
    for name, one in ended.items():
        if one.code:
            print(f"{name}: {one.code}\n{one.err}")
    return {name: one.code for name, one in ended.items()}
