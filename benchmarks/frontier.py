"""Offers a million URLs, a fifth of them known already, to the frontier, in the groups in which a crawl would.

Each round is what one group of pages does: 64 requests are leased, and their outcomes committed with the links they
brought. Only the frontier's own calls are timed. The repeats lie anywhere among all URLs offered so far.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

from asyncscrape.frontier.base import Group
from asyncscrape.frontier.sqlite.database import StateDatabase
from asyncscrape.frontier.sqlite.queue import Queue
from asyncscrape.frontier.sqlite.worker import Opened
from asyncscrape.model import Kind, Outcome, Request, State

HERE = Path(__file__).resolve().parent
HOSTS = 10
GROUP = 64
"""Pages in one commit."""
LINKS = 22
REPEATS = 0.2
LOOKS = (0.1, 0.5, 1.0)
"""When memory is looked at."""
GOAL = 30_000
FLAT = 8.0
"""Megabytes that memory may grow by in the second half; in the first, SQLite's cache fills to its 32 MB."""


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


def crawl(queue: Queue, total: int) -> Iterator[Look]:
    """Offer them all, as a crawl would; a look at the times to look."""
    offer(queue, [Request(f"https://shop{number}.example.org/") for number in range(HOSTS)])
    offered, seconds = 0, 0.0
    looks = [int(total * share) for share in LOOKS]
    for number, pages in enumerate(groups(total)):
        begun = time.perf_counter()
        leased = lease(queue, number)
        outcomes = [outcome(request, found) for request, found in zip(leased, pages, strict=False)]
        queue.commit_and_take(Group(outcomes), {}, 0.0)
        # The first rounds have fewer pages than a group: what is left over is offered as seeds are.
        offer(queue, [link for found in pages[len(leased) :] for link in found])
        seconds += time.perf_counter() - begun
        offered += sum(map(len, pages))
        while looks and offered >= looks[0]:
            looks.pop(0)
            yield Look(offered, seconds, resident())


def offer(queue: Queue, requests: Sequence[Request]) -> None:
    """Offer requests that no page offered."""
    queue.commit_and_take(Group(offers=requests), {}, 0.0)


def lease(queue: Queue, number: int) -> Sequence[Request]:
    """Requests of one host after another."""
    host = f"shop{number % HOSTS}.example.org"
    return queue.poll({host: GROUP}, 0.0)[host].requests


def outcome(request: Request, found: list[Request]) -> Outcome:
    """A page that was fetched, and what it links to."""
    return Outcome(request, State.DONE, links=found)


def resident() -> float:
    """Megabytes of this process in memory right now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    """Run what the command line asks for, and tell."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--urls", type=int, default=1_000_000, help="URLs offered (default: %(default)s)")
    total = parser.parse_args().urls
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    bench = HERE.parent / ".bench"
    bench.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=bench) as folder:
        path = Path(folder) / "state.db"
        database = StateDatabase.open(path)
        queue = Opened(database).queue
        print("| URLs offered | a second | resident MB |\n|---:|---:|---:|")
        looks = []
        for look in crawl(queue, total):
            looks.append(look)
            print(f"| {look.offered:,} | {look.offered / look.seconds:,.0f} | {look.resident:.0f} |", flush=True)
        known = queue.totals().of(Kind.PAGE, *State)
        database.close()
        print(f"\n{known:,.0f} different URLs in a file of {path.stat().st_size / 1e6:,.0f} MB")
    tell(looks[-2], looks[-1])


def tell(half: Look, last: Look) -> None:
    """What was to be reached, and what was."""
    speed, growth = last.offered / last.seconds, last.resident - half.resident
    print(f"{speed:,.0f} URLs a second (goal: {GOAL:,}): {_verdict(speed >= GOAL)}")
    print(f"{growth:+.0f} MB in the second half (goal: flat): {_verdict(growth <= FLAT)}")


def _verdict(reached: bool) -> str:
    return "reached" if reached else "NOT reached"


if __name__ == "__main__":
    main()
