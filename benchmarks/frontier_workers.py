"""What one Postgres carries: workers, each a process, that commit pages as fast as they can, without fetching any.

Each worker has hosts of its own. Again and again it commits a group of pages with their links and records, leases as
many in the same transaction, and now and then reads and drops the records as its stores would. Links lead to the
hosts of all workers. A group without pages to ask for, as in a crawl that has nothing open, does not come up.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import time
from collections.abc import Sequence
from multiprocessing.synchronize import Barrier
from random import Random
from typing import NamedTuple

from postgres_costs import DURABLE, Costs, costs
from support.frontiers import address
from support.postgres_server import PostgresServer, fresh_database, running_postgres

from asyncscrape.frontier.base import Group, Worker
from asyncscrape.frontier.postgres.frontier import PostgresFrontier
from asyncscrape.model import Lines, Outcome, Request, State
from asyncscrape.team import Team

JOB = "many"
HOSTS = 8
"""For each worker."""
GROUP = 200
"""Pages in one commit."""
LINKS = 5
REPEATS = 0.2
RECORD = 250
"""Bytes of the records of a page: 50 KB in a group."""
STORE = "store"
READS = 8
"""Groups between two looks of the store."""
MOST_READ = 8_000_000
PATIENCE = 60.0
"""Seconds that the workers may take to divide the hosts."""


class Task(NamedTuple):
    """What each worker is to do."""

    dsn: str
    workers: int
    groups: int
    group: int
    """Pages in each."""


class Span(NamedTuple):
    """The work of one worker."""

    begun: float
    ended: float
    cpu: float


class Carried(NamedTuple):
    """What some workers did together."""

    a_second: float
    """Pages."""
    cpu: float
    """Seconds of a worker for a page."""
    postgres: Costs
    """For a page."""


def compare(numbers: Sequence[int], pages: int) -> None:
    """So many workers at once, one number after the other."""
    print(
        f"\nGroups of {GROUP} pages with {LINKS} links each and {GROUP * RECORD:,} bytes of records, nothing fetched:"
    )
    print(
        "| workers | pages a second | ms of CPU a page: worker | Postgres | transactions a page | WAL bytes a page |"
    )
    print("|---:|---:|---:|---:|---:|---:|")
    with running_postgres(max_connections="100", **DURABLE) as server:
        for number in numbers:
            done = carried(server, number, pages)
            spent = done.postgres
            print(
                f"| {number} | {done.a_second:,.0f} | {1000 * done.cpu:.3f} | {1000 * spent.cpu:.3f} "
                f"| {spent.transactions:.4f} | {spent.wal:,.0f} |",
                flush=True,
            )


def carried(server: PostgresServer, workers: int, pages: int, group: int = GROUP) -> Carried:
    """Let so many workers commit so many pages each, in groups of this size."""
    with fresh_database(server.dsn()) as database:
        asyncio.run(seed(database.dsn, workers))
        context = multiprocessing.get_context("spawn")
        barrier = context.Barrier(workers + 1)
        answers = context.SimpleQueue()
        task = Task(database.dsn, workers, pages // group, group)
        processes = [context.Process(target=_work, args=(task, barrier, answers)) for _ in range(workers)]
        for process in processes:
            process.start()
        barrier.wait(PATIENCE)
        before = costs(server, database)
        spans: list[Span] = [answers.get() for _ in processes]
        spent = costs(server, database).since(before)
        for process in processes:
            process.join()
    total = workers * task.groups * group
    seconds = max(span.ended for span in spans) - min(span.begun for span in spans)
    each = Costs(spent.cpu / total, spent.transactions / total, spent.wal / total)
    return Carried(total / seconds, sum(span.cpu for span in spans) / total, each)


async def seed(dsn: str, workers: int) -> None:
    """Enough to begin with, at all hosts."""
    async with PostgresFrontier(address(dsn), JOB).join() as worker:
        pages = [request(number, workers) for number in range(workers * GROUP * 4)]
        await worker.commit_and_take(Group(offers=pages), {}, 0.0)


def request(number: int, workers: int, who: str = "") -> Request:
    """A page at any host."""
    return Request(f"https://shop{number % (HOSTS * workers)}.example.org/category/{who}/item-{number}.html", depth=1)


def _work(task: Task, barrier: Barrier, answers: multiprocessing.SimpleQueue[Span]) -> None:
    answers.put(asyncio.run(_worked(task, barrier)))


async def _worked(task: Task, barrier: Barrier) -> Span:
    """Take hosts, wait for the others, and commit groups."""
    name = str(os.getpid())
    async with PostgresFrontier(address(task.dsn), JOB).join(team=Team(name, expected=task.workers)) as worker:
        await worker.journal.register({STORE: [STORE]})
        hosts: list[str] = []
        while len(hosts) < HOSTS:
            hosts += [grant.host for grant in await worker.acquire(HOSTS - len(hosts))]
        await asyncio.to_thread(barrier.wait, PATIENCE)
        begun, cpu = time.time(), time.process_time()
        await _commit(worker, hosts, task, Links(name, task.workers))
        return Span(begun, time.time(), time.process_time() - cpu)


class Links:
    """What pages link to: some of it was offered before."""

    def __init__(self, who: str, workers: int) -> None:
        self._who = who
        self._workers = workers
        self._chance = Random(who)
        self._fresh = 0

    def some(self) -> list[Request]:
        """The links of a page."""
        return [request(self._next(), self._workers, self._who) for _ in range(LINKS)]

    def _next(self) -> int:
        if self._fresh and self._chance.random() < REPEATS:
            return self._chance.randrange(self._fresh)
        self._fresh += 1
        return self._fresh


async def _commit(worker: Worker, hosts: Sequence[str], task: Task, links: Links) -> None:
    wants = {host: max(1, task.group // len(hosts)) for host in hosts}
    leased = [one for taken in (await worker.poll(wants, 0.0)).values() for one in taken.requests]
    place = await worker.journal.cursor(STORE)
    lines = Lines(1, b"x" * (RECORD - 1) + b"\n")
    for number in range(task.groups):
        outcomes = [Outcome(one, State.DONE, links=links.some(), records={"item": lines}) for one in leased]
        committed = await worker.commit_and_take(Group(outcomes), wants, 0.0)
        leased = [one for taken in committed.taken.values() for one in taken.requests]
        if number % READS == 0 and (batches := await worker.journal.read(place, MOST_READ)):
            place = batches[-1].seq
            await worker.journal.advance(STORE, place)
