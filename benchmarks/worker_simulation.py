"""Workers that share one Postgres, event by event: a closed network whose queues are the server's cores and its disk.

A worker has so many requests open. An answer comes after the latency of its site, and takes the worker's own core for
a while; then its outcome waits for the next commit, and the next request starts if the worker has one in memory.
Commits lease what they have finished. A worker commits one group after the other: it gathers as the crawl does, goes
through the server's cores, first come first served, and waits for the disk. All that wait there when the disk becomes
free become safe together. Besides, each worker makes small transactions every second.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from asyncscrape.crawl.committer import GATHER
from asyncscrape.crawl.refills import FULL

HOSTS = 8
"""For each worker."""
IN_MEMORY = HOSTS * FULL
"""Requests that a worker has leased at the most."""
SMALL_A_SECOND = 3
"""A sign of life with a look at the others, and two looks for hosts."""
BANDWIDTH = 200e6
"""Bytes that the disk takes in a second."""
ROUND_TRIPS = 12 * 0.0003
"""Seconds in which a commit only waits for the network between the machines."""
WARM, SECONDS = 1.0, 3.5
"""When counting begins, and when it ends."""


class Times(NamedTuple):
    """What Postgres needs, in seconds and bytes."""

    commit: float
    page: float
    others: float
    """For the totals of each worker, in each commit."""
    upkeep: float
    """For a small transaction."""
    wal_commit: float
    wal_page: float
    flush: float
    """Until the disk has taken what is written."""

    def told(self) -> Iterator[str]:
        """In words."""
        yield f"a commit takes {1000 * self.commit:.2f} ms of Postgres and {self.wal_commit:,.0f} bytes of WAL"
        yield f"each of its pages {1000 * self.page:.3f} ms and {self.wal_page:,.0f} bytes"
        yield f"the totals of each worker {1e6 * self.others:.1f} µs in every commit"
        yield f"a small transaction {1000 * self.upkeep:.2f} ms, {SMALL_A_SECOND} a second for each worker"
        yield f"the disk {1000 * self.flush:.2f} ms until something is safe"


class Workload(NamedTuple):
    """What workers do besides."""

    latency: float
    """Of an answer."""
    open: int
    """Requests that a worker may have open."""
    page: float
    """Seconds of a worker for a page."""

    @property
    def ideal(self) -> float:
        """Pages a second of a worker that never waits for Postgres."""
        return min(self.open / (self.latency + self.page), 1 / self.page)


class Server:
    """The clock, the cores of Postgres and its disk."""

    def __init__(self, cores: int, flush: float) -> None:
        self.now = 0.0
        self._flush = flush
        self._free = cores
        self._queue: deque[tuple[float, Callable[[], None]]] = deque()
        self._unsafe: list[tuple[float, Callable[[], None]]] = []
        self._flushing = False
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0

    def after(self, seconds: float, happens: Callable[[], None]) -> None:
        """Let something happen."""
        self._number += 1
        heapq.heappush(self._events, (self.now + seconds, self._number, happens))

    def run(self, until: float) -> None:
        """Let everything happen until then."""
        while self._events and self._events[0][0] <= until:
            self.now, _, happens = heapq.heappop(self._events)
            happens()

    def transact(self, seconds: float, wal: float, then: Callable[[], None]) -> None:
        """Use a core for so long, and wait until so many bytes are safe."""
        self._queue.append((seconds, lambda: self._write(wal, then)))
        self._serve()

    def _serve(self) -> None:
        while self._free and self._queue:
            seconds, then = self._queue.popleft()
            self._free -= 1
            self.after(seconds, lambda then=then: self._served(then))  # type: ignore[misc]

    def _served(self, then: Callable[[], None]) -> None:
        self._free += 1
        then()
        self._serve()

    def _write(self, wal: float, then: Callable[[], None]) -> None:
        self._unsafe.append((wal, then))
        if not self._flushing:
            self._flush_all()

    def _flush_all(self) -> None:
        together, self._unsafe = self._unsafe, []
        self._flushing = True
        taken = self._flush + sum(wal for wal, _ in together) / BANDWIDTH
        self.after(taken, lambda: self._flushed([then for _, then in together]))

    def _flushed(self, together: list[Callable[[], None]]) -> None:
        self._flushing = False
        if self._unsafe:
            self._flush_all()
        for then in together:
            then()


class SimulatedWorker:
    """One of the workers."""

    def __init__(self, server: Server, times: Times, load: Workload, workers: int) -> None:
        self._server = server
        self._times = times
        self._load = load
        self._commit = times.commit + times.others * workers
        self._leased = IN_MEMORY
        self._idle = load.open
        self._ended = 0
        """Outcomes that wait for the next commit."""
        self._committing = False
        self._core_free = 0.0
        self.stored = 0

    def begin(self, offset: float) -> None:
        """Start somewhat later than others."""
        self._server.after(offset, self._start)
        self._server.after(offset, self._small)

    def _start(self) -> None:
        for _ in range(min(self._idle, self._leased)):
            self._idle -= 1
            self._leased -= 1
            self._server.after(self._load.latency, self._answered)

    def _answered(self) -> None:
        self._core_free = max(self._server.now, self._core_free) + self._load.page
        self._server.after(self._core_free - self._server.now, self._page_ended)

    def _page_ended(self) -> None:
        self._ended += 1
        self._idle += 1
        self._start()
        self._gather()

    def _gather(self) -> None:
        if not self._committing and self._ended:
            self._committing = True
            self._server.after(GATHER if self._leased else 0.0, self._send)

    def _send(self) -> None:
        group, self._ended = self._ended, 0
        seconds = self._commit + group * self._times.page
        wal = self._times.wal_commit + group * self._times.wal_page
        self._server.after(ROUND_TRIPS, lambda: self._server.transact(seconds, wal, lambda: self._committed(group)))

    def _committed(self, group: int) -> None:
        self.stored += group
        self._leased += group
        self._committing = False
        self._start()
        self._gather()

    def _small(self) -> None:
        self._server.transact(self._times.upkeep, 200, lambda: None)
        self._server.after(1 / SMALL_A_SECOND, self._small)


def simulated(times: Times, load: Workload, workers: int, cores: int) -> float:
    """Pages a second of so many workers on a server with so many cores."""
    server = Server(cores, times.flush)
    crowd = [SimulatedWorker(server, times, load, workers) for _ in range(workers)]
    for number, worker in enumerate(crowd):
        worker.begin(load.latency * number / workers)
    server.run(WARM)
    before = sum(worker.stored for worker in crowd)
    server.run(SECONDS)
    return (sum(worker.stored for worker in crowd) - before) / (SECONDS - WARM)
