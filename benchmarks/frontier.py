"""The frontier alone, in SQLite and in Postgres: URLs offered a second, memory, and what one Postgres carries.

offers     a million URLs, a fifth of them known already, in the groups in which a crawl would
workers    1, 2 and 4 processes at once on one Postgres, each committing groups of pages (see frontier_workers.py)

In `offers` each round is what one group of pages does: 64 requests are leased, and their outcomes committed with the
links they brought. Only the frontier's own calls are timed. The repeats lie anywhere among all URLs offered so far.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

import frontier_workers
from beside import pinned, verdict
from crawl import BENCH, LOUD, machine
from postgres_costs import DURABLE, Costs, costs
from support.frontiers import address
from support.postgres_server import PostgresServer, fresh_database, running_postgres

from asyncscrape.frontier.base import Frontier, Group, Worker
from asyncscrape.frontier.postgres.frontier import PostgresFrontier
from asyncscrape.frontier.sqlite.frontier import SqliteFrontier
from asyncscrape.model import Kind, Outcome, Request, State

HOSTS = 10
GROUP = 64
"""Pages in one commit."""
LINKS = 22
REPEATS = 0.2
LOOKS = (0.1, 0.5, 1.0)
"""When memory is looked at."""
GOALS = {"SQLite": 30_000, "Postgres": None}
FLAT = 8.0
"""Megabytes that memory may grow by in the second half; in the first, SQLite's cache fills to its 32 MB."""
SECTIONS = ("offers", "workers")


class Look(NamedTuple):
    """How things stood after so many URLs."""

    offered: int
    seconds: float
    resident: float
    """Megabytes."""


def links() -> Iterator[Request]:
    """The URLs that pages offer, without end: every fifth was offered before."""
    chance, fresh = Random(1), 0
    while True:
        number = fresh
        if fresh and chance.random() < REPEATS:
            number = chance.randrange(fresh)
        else:
            fresh += 1
        yield Request(f"https://shop{number % HOSTS}.example.org/category/{number % 997}/item-{number}.html", depth=1)


def groups(total: int) -> Iterator[list[list[Request]]]:
    """The same as the links of each page of each group."""
    source = links()
    for begin in range(0, total, GROUP * LINKS):
        count = min(GROUP * LINKS, total - begin)
        yield [[next(source) for _ in range(min(LINKS, count - i))] for i in range(0, count, LINKS)]


async def crawl(worker: Worker, total: int) -> AsyncIterator[Look]:
    """Offer them all, as a crawl would; a look at the times to look."""
    await offer(worker, [Request(f"https://shop{number}.example.org/") for number in range(HOSTS)])
    await worker.acquire()
    offered, seconds = 0, 0.0
    looks = [int(total * share) for share in LOOKS]
    for number, pages in enumerate(groups(total)):
        begun = time.perf_counter()
        leased = await lease(worker, number)
        outcomes = [outcome(request, found) for request, found in zip(leased, pages, strict=False)]
        await worker.commit_and_take(Group(outcomes), {}, 0.0)
        # The first rounds have fewer pages than a group: what is left over is offered as seeds are.
        if over := [link for found in pages[len(leased) :] for link in found]:
            await offer(worker, over)
        seconds += time.perf_counter() - begun
        offered += sum(map(len, pages))
        while looks and offered >= looks[0]:
            looks.pop(0)
            yield Look(offered, seconds, resident())


async def offer(worker: Worker, requests: Sequence[Request]) -> None:
    """Offer requests that no page offered."""
    await worker.commit_and_take(Group(offers=requests), {}, 0.0)


async def lease(worker: Worker, number: int) -> Sequence[Request]:
    """Requests of one host after another."""
    host = f"shop{number % HOSTS}.example.org"
    return (await worker.poll({host: GROUP}, 0.0))[host].requests


def outcome(request: Request, found: list[Request]) -> Outcome:
    """A page that was fetched, and what it links to."""
    return Outcome(request, State.DONE, links=found)


def resident() -> float:
    """Megabytes of this process in memory right now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def offers(name: str, frontier: Frontier, total: int) -> None:
    """Offer so many URLs to a frontier, and tell."""
    looks = []
    async with frontier.join() as worker:
        async for look in crawl(worker, total):
            looks.append(look)
            print(
                f"| {name} | {look.offered:,} | {look.offered / look.seconds:,.0f} | {look.resident:.0f} |",
                flush=True,
            )
        known = (await worker.totals()).of(Kind.PAGE, *State)
    print(f"\n{known:,.0f} different URLs")
    tell(name, looks[-2], looks[-1])


def tell(name: str, half: Look, last: Look) -> None:
    """What was to be reached, and what was."""
    speed, growth, goal = last.offered / last.seconds, last.resident - half.resident, GOALS[name]
    if goal is not None:
        print(f"{speed:,.0f} URLs a second (goal: {goal:,}): {verdict(speed >= goal)}")
    print(f"{growth:+.0f} MB in the second half (goal: flat): {verdict(growth <= FLAT)}", flush=True)


def offers_to_sqlite(total: int) -> None:
    """The section for one machine."""
    with TemporaryDirectory(dir=BENCH) as folder:
        asyncio.run(offers("SQLite", SqliteFrontier(Path(folder)), total))
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
        print(f"{size / 1e6:,.0f} MB on the disk")


def offers_to_postgres(server: PostgresServer, total: int) -> None:
    """The section for many."""
    with fresh_database(server.dsn()) as database:
        before = costs(server, database)
        asyncio.run(offers("Postgres", PostgresFrontier(address(database.dsn), "offers"), total))
        size = int(database.value("SELECT pg_database_size(current_database())"))
        tell_costs(costs(server, database).since(before), total / LINKS, size)


def tell_costs(spent: Costs, pages: float, size: int) -> None:
    """What Postgres spends on a page with its links."""
    print(
        f"{size / 1e6:,.0f} MB in the database; for a page with {LINKS} links: {1000 * spent.cpu / pages:.2f} ms "
        f"of CPU, {spent.transactions / pages:.3f} transactions, {spent.wal / pages:,.0f} bytes of WAL"
    )


def main() -> None:
    """Run what the command line asks for, and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--offers", type=int, default=1_000_000, help="URLs offered (default: %(default)s)")
    parser.add_argument("--pages", type=int, default=20_000, help="of each worker (default: %(default)s)")
    parser.add_argument("--workers", type=int, nargs="+", default=(1, 2, 4), help="at once (default: 1 2 4)")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS, help="some of the sections")
    options = parser.parse_args()
    print(machine())
    if (load := os.getloadavg()[0]) > LOUD:
        print(f"The machine is not quiet (load {load:.1f}): take these figures with care.")
    BENCH.mkdir(exist_ok=True)
    first, *_, last = (*sorted(os.sched_getaffinity(0)), max(os.sched_getaffinity(0)))
    with ExitStack() as stack:
        with pinned(first):
            server = stack.enter_context(running_postgres(max_connections="100", **DURABLE))
        if "offers" in options.only:
            print("| frontier | URLs offered | a second | resident MB |\n|---|---:|---:|---:|")
            with pinned(last):
                offers_to_sqlite(options.offers)
                offers_to_postgres(server, options.offers)
    if "workers" in options.only:
        frontier_workers.compare(options.workers, options.pages)


if __name__ == "__main__":
    main()
