"""One worker, seen from the crawl: started, fed, watched, ended."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import msgspec

from asyncscrape.model import Response
from asyncscrape.parsing.base import Mishap, Parsed, Unparsed
from asyncscrape.parsing.limits import ENDS_WITHIN
from asyncscrape.parsing.processes.channel import Channel
from asyncscrape.parsing.processes.frames import ReadPage, decode_read, sent
from asyncscrape.urls import authority

log = logging.getLogger(__name__)

BEGIN = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from asyncscrape.parsing.processes.program import main; main(*map(int, sys.argv[2:]))"
)
"""The worker finds its modules where the crawl does, and nowhere else: -P leaves out the folder it is started in."""
BEHIND = 5
"""How nice a process is whose work may wait: where cores are few, it gets a quarter of what the others get."""
NOT_STARTED = 127
"""The exit code of a process that there never was, as shells have it."""


class PageToRead:
    """A page that waits for a worker, or is at one."""

    def __init__(
        self, number: int, response: Response, found: asyncio.Future[Parsed | Unparsed], fresh: bool
    ) -> None:
        self.number = number
        self.response = response
        self.host = authority(response.url)
        self.found = found
        self.fresh = fresh
        """Whether it wants a worker that has read nothing before."""
        self.deaths = 0
        """Workers that have ended while they read it."""


class Answers(NamedTuple):
    """Whom a worker tells."""

    read: Callable[[ParserProcess, ReadPage], None]
    ended: Callable[[ParserProcess, int], None]
    """Its connection has ended by itself; with the exit code of the process."""


class ParserProcess:
    """A process that parses pages, one after the other."""

    def __init__(self, greeting: tuple[bytes, bytes], answers: Answers, *, behind: bool = False) -> None:
        """Start it. With `behind`, its work may wait for that of others."""
        ours, theirs = socket.socketpair()
        self._process = asyncio.create_task(asyncio.to_thread(started, theirs))
        self._answers = answers
        self._behind = behind
        self._channel = Channel(ours, self._hear, self._lose)
        self._channel.send(greeting)
        self._lost: asyncio.Task[None] | None = None
        self.pages: deque[PageToRead] = deque()
        """Sent and not answered; it is at the first."""
        self.ready = False
        self.leaving = False
        """Whether it gets no more pages."""
        self.served = 0
        self.silence = 0.0
        """Seconds since it began with its first page, or was started, as far as the crawl has seen them pass."""
        self._watched = 0
        self._clock = 0.0

    # Pages

    def send(self, page: PageToRead) -> None:
        """Give it a page."""
        self.pages.append(page)
        self._channel.send(sent(page.number, page.response))

    def take_back(self) -> list[PageToRead]:
        """The pages behind the one it is at, which is its last."""
        self.leaving = True
        behind = [self.pages.pop() for _ in range(len(self.pages) - 1)]
        return behind[::-1]

    def _hear(self, header: bytes) -> None:
        if not header:
            self.ready, self.silence = True, 0.0
            if self._behind:
                self.stand_back()
            return
        try:
            page = decode_read(header)
        except msgspec.DecodeError as error:  # a user's parser may say what its types forbid
            why = f"its parser returns what cannot be stored: {error}"
            page = ReadPage(self.pages[0].number if self.pages else 0, Unparsed(Mishap.FAULT, why))
        self._answers.read(self, page)

    # Its time

    def watch(self, seconds: float) -> None:
        """So much time has passed."""
        first = self.pages[0].number if self.pages and self.ready else 0
        if first == self._watched:
            self.silence += seconds
        else:
            self._watched, self.silence, self._clock = first, 0.0, self._used()

    @property
    def worked(self) -> float:
        """Seconds of processor time that the page it is at has taken."""
        return self._used() - self._clock if self._watched else 0.0

    def _used(self) -> float:
        """Seconds of processor time that it has taken in all."""
        process = self._process.result() if self._process.done() else None
        if process is None:
            return 0.0
        try:
            return time.clock_gettime(~process.pid << 3 | 2)  # the clock of another process, as POSIX has it
        except OSError:
            return self._clock

    def stand_back(self) -> None:
        """Leave the processor to others while they want it."""
        process = self._process.result() if self._process.done() else None
        if process is not None:
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, process.pid, BEHIND)

    # Its end

    async def kill(self) -> None:
        """End it at once."""
        self._channel.close()
        process = await self._process
        if process is not None:
            process.kill()
            await asyncio.to_thread(process.wait)

    def _lose(self) -> None:
        """Its end of the connection is closed."""
        self.leaving = True
        self._lost = asyncio.create_task(self._tell_end())

    async def _tell_end(self) -> None:
        process = await self._process
        code = NOT_STARTED if process is None else await asyncio.to_thread(ended, process)
        self._answers.ended(self, code)


def started(theirs: socket.socket) -> subprocess.Popen[bytes] | None:
    """The process of a worker, which gets this end of a connection; None if the system has no room for it."""
    with theirs:
        places = [json.dumps(sys.path), str(theirs.fileno()), str(os.getpid())]
        command = [sys.executable, "-P", "-c", BEGIN, *places]
        try:
            # In a group of its own, so that Ctrl-C is for the crawl alone.
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()], process_group=0)
        except OSError as error:
            log.warning("the system starts no process that parses pages: %s", error)
            return None


def ended(process: subprocess.Popen[bytes]) -> int:
    """The exit code of a process that should be over by now."""
    try:
        return process.wait(ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
