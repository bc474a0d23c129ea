"""Engines, which start the workers of `run --workers`: as processes of this machine, or on the machines of a cluster.

An engine only starts workers, sends them signals, and says how each has ended. `supervisor.py` decides who is started
again and who is stopped; what the workers share is in the database, so an engine can do nothing wrong there.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from asyncscrape.errors import Exit


class EngineName(StrEnum):
    """The engines, as `--engine` names them."""

    PROCESSES = "processes"
    RAY = "ray"


class WorkerEnd(NamedTuple):
    """How a worker has ended."""

    code: int | None
    """The exit code; None if it was killed, or lost."""
    lost: str = ""
    """What has become of it then."""

    @property
    def how(self) -> str:
        """The end in words."""
        return self.lost if self.code is None else Exit(self.code).meaning


class Life(Protocol):
    """A worker from its start to its end."""

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, or keep it from starting if it has not begun; nothing if it has ended."""

    async def ended(self) -> WorkerEnd:
        """Wait for its end."""


class Engine(Protocol):
    """Where workers are started."""

    @property
    def room(self) -> int:
        """How many workers it would take at this moment, each with a core of its own."""

    async def start(self, name: str, words: Sequence[str], say: Callable[[str], None]) -> Life:
        """Start the worker of this name: the program with these words. Each line of its log is passed on to `say`.

        The worker must notice the end of this process: then the pipe ends that is its standard input.
        """
