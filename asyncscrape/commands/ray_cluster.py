"""The engine that places workers on the machines of a Ray cluster. Imported only when it is asked for.

1. The cluster is the one that RAY_ADDRESS names, or else one that runs on this machine, or else one of this machine
   alone, which is started for this run and ends with it.
2. Each life of a worker is an actor, which takes one CPU wherever Ray finds one free. It starts the worker there, see
   `ray_worker.py`.
3. If the actor or its machine dies, the supervisor hears of it, and asks for another actor, which Ray places anew.
   Ray's own `max_restarts` is not used: it would start workers again without a word and without end.
4. When this process ends, however that happens, Ray ends its actors, and with them the workers.

What the workers need of this environment is passed in calls. In a `runtime_env`, Ray would show it to all who look.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import Any

import ray
from ray.exceptions import ActorUnavailableError, RayError

from asyncscrape.commands.engine import WorkerEnd
from asyncscrape.commands.ray_worker import RayWorker
from asyncscrape.errors import UsageError

log = logging.getLogger("asyncscrape.run")

PLACED = 10.0
"""Seconds after which it is told that a worker still waits for its place."""
ANSWERS = 5.0
"""Seconds in which a cluster must answer; Ray itself would go on asking for minutes."""
ADDRESS = re.compile(r"(?P<host>.+):(?P<port>\d+)")
BECAUSE = re.compile(r"because (?P<reason>its? [^.\n]+)")


@contextmanager
def joined(environment: Mapping[str, str]) -> Iterator[RayCluster]:
    """Join the cluster; its workers have these environment variables, beside those of their machine."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # a cluster that is started here reports to nobody
    _refuse_what_cannot_be_joined(os.environ.get("RAY_ADDRESS", ""))
    try:
        ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"the Ray cluster cannot be joined: {error}") from error
    # Ray prints what happens in the cluster to stdout, which is for the summary of the run.
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        try:
            yield RayCluster(environment)
        finally:
            ray.shutdown()


def _refuse_what_cannot_be_joined(address: str) -> None:
    if address.startswith("ray://"):
        raise UsageError(
            f"RAY_ADDRESS={address}: the workers' logs do not pass through Ray Client; start the run on a machine of "
            "the cluster, with RAY_ADDRESS=auto"
        )
    if found := ADDRESS.fullmatch(address):
        try:
            socket.create_connection((found["host"].strip("[]"), int(found["port"])), ANSWERS).close()
        except OSError as error:
            raise UsageError(
                f"RAY_ADDRESS={address}: no cluster answers there ({error.strerror or error}); start one with "
                "ray start --head, or unset the variable to use this machine alone"
            ) from error


class RayCluster:
    """The engine that starts workers as actors."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """This process has joined the cluster."""
        self._environment = environment
        self._actor = ray.remote(RayWorker).options(num_cpus=1, scheduling_strategy="SPREAD")

    @property
    def room(self) -> int:
        """The CPUs that nobody uses."""
        return int(ray.available_resources().get("CPU", 0))

    async def start(self, name: str, words: Sequence[str], say: Callable[[str], None]) -> RayLife:
        """Ask for an actor that starts a worker."""
        actor = self._actor.remote(os.getcwd(), self._environment)
        return RayLife(actor, name, words, say)


class RayLife:
    """A worker in the cluster."""

    def __init__(self, actor: Any, name: str, words: Sequence[str], say: Callable[[str], None]) -> None:
        """The actor may still wait for its place."""
        self._actor = actor
        self._begun = False
        self._waiting = asyncio.get_running_loop().call_later(PLACED, _tell_waiting, name)
        self._life = asyncio.create_task(self._follow(actor.live.remote(name, words), say))

    def send(self, number: signal.Signals) -> None:
        """Send the worker a signal. To kill it, kill its actor: its machine may not answer any more."""
        if self._begun and number != signal.SIGKILL:
            self._actor.send.remote(number)
        else:
            ray.kill(self._actor)

    async def ended(self) -> WorkerEnd:
        """Wait for its end."""
        return await self._life

    async def _follow(self, parts: Any, say: Callable[[str], None]) -> WorkerEnd:
        try:
            async for part in parts:
                said = await part
                self._begun = True
                self._waiting.cancel()
                if isinstance(said, WorkerEnd):
                    return said
                for line in said:
                    say(line)
        except ActorUnavailableError as error:
            log.debug("%s", error)
            return WorkerEnd(None, "its machine cannot be reached")
        except RayError as error:
            log.debug("%s", error)
            return WorkerEnd(None, f"Ray says: {_reason(error)}")
        finally:
            self._waiting.cancel()
            ray.kill(self._actor)  # its CPU is free at once
        return WorkerEnd(None, "its actor has ended")


def _tell_waiting(name: str) -> None:
    log.warning("worker %s waits until Ray has a free CPU for it", name)


def _reason(error: RayError) -> str:
    """What has happened, out of many lines."""
    found = BECAUSE.search(str(error))
    return found["reason"] if found else str(error).strip().splitlines()[-1].rstrip(".")
