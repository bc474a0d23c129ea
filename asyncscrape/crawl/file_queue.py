"""Files that wait for the blob store, and copies still to be made of stored files."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from asyncscrape.crawl.committer import Committer
from asyncscrape.crawl.events import Events, FilesWelcome
from asyncscrape.crawl.exchange import Result
from asyncscrape.crawl.hosts import Host
from asyncscrape.crawl.tasks import Tasks
from asyncscrape.downloads.extra_paths import ExtraPaths
from asyncscrape.downloads.store_gate import StoreGate
from asyncscrape.model import Request

PARKED = 10_000
"""Files that wait in memory for a blob store in trouble; beyond that the crawl waits for it."""
TRIALS = 16
"""Files put back in their queues when one of them may test whether the store works again."""


class FileQueue:
    """The files of a run that are not under way."""

    def __init__(
        self, gate: StoreGate, extra_paths: ExtraPaths, committer: Committer, tasks: Tasks, events: Events
    ) -> None:
        self._gate = gate
        self._extra_paths = extra_paths
        self._committer = committer
        self._tasks = tasks
        self._events = events
        self._parked: deque[tuple[Host, Request]] = deque()
        """Files whose turn came while none could be stored, the oldest first."""
        self._copies = True
        """Whether there may be copies to make."""

    @property
    def welcome(self) -> bool:
        """Whether a file may be downloaded now."""
        return self._gate.open

    def enter(self) -> None:
        """A file is downloaded."""
        self._gate.enter()

    @property
    def full(self) -> bool:
        """Whether so many files wait that the crawl has to wait too."""
        return len(self._parked) >= PARKED

    def __bool__(self) -> bool:
        """Whether any file waits."""
        return bool(self._parked or self._copies)

    def park(self, host: Host, request: Request) -> None:
        """A file has to wait until the store takes files again."""
        self._parked.append((host, request))

    def unpark(self) -> Iterator[Host]:
        """Put files back at the head of their hosts' queues; the hosts."""
        count = min(TRIALS if self._gate.trouble else PARKED, len(self._parked))
        oldest = [self._parked.popleft() for _ in range(count)]
        for host, request in reversed(oldest):
            host.queue.appendleft(request)
        yield from {host for host, _ in oldest}

    def copies_wait(self) -> None:
        """There may be copies to make."""
        self._copies = True

    def attend(self) -> None:
        """Go on with waiting files and copies, unless that is under way."""
        if self._parked:
            self._tasks.begin_once("files", self._until_welcome)
        if self._copies and self._tasks.begin_once("copies", self._make_copies):
            self._copies = False

    async def _until_welcome(self) -> None:
        await self._gate.opening()
        self._events.put(FilesWelcome())

    async def _make_copies(self) -> None:
        async for outcome in self._extra_paths.make():
            self._committer.put(Result(outcome))
