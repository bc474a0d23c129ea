"""Measures what it costs to parse pages in processes of their own, and what it brings, on the site of `crawl.py`.

one core    the same crawl on one core, in place and with one worker, in pairs: CPU a page of all processes together
two cores   the same crawl with one worker, on one core and on two, in pairs: pages a second, by the server's clock
harm        one page in a hundred ends its worker, hangs it, or fills its memory: what the others notice
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from crawl import LOUD, OURS, PAGES_PER_LIST, Run, WrongResultError, command, cores, machine, one_run, shop_open
from harmful import bloating, ending, hanging
from multidict import CIMultiDict

from asyncscrape.config.models import PageRule
from asyncscrape.model import Request, Response
from asyncscrape.parsers.rules import RuleParser
from asyncscrape.parsing.base import Parsed
from asyncscrape.parsing.processes.pool import Budget, Pool

GOAL_ONE_CORE, GOAL_TWO_CORES = 1.10, 1.4
IN_PLACE, ONE_WORKER, TWO_CORES = "in place", "one worker", "one worker, two cores"


def start(name: str, origin: str, folder: Path) -> list[str]:
    """The crawl with as many workers as the name says."""
    return [*command(OURS, origin, folder), "--set", f"fetch.parse_workers={0 if name == IN_PLACE else 1}"]


def pairs(options: argparse.Namespace) -> dict[str, list[Run]]:
    """All runs, in turns."""
    for_server, for_crawl = cores()
    places: dict[str, int | str] = {
        IN_PLACE: for_crawl,
        ONE_WORKER: for_crawl,
        TWO_CORES: f"{for_server},{for_crawl}",
    }
    runs: dict[str, list[Run]] = {name: [] for name in places}
    with shop_open(options.lists, for_server) as origin:
        for _ in range(options.runs):
            for name, place in places.items():
                runs[name].append(one_run(name, origin, options.lists, place, start))
    return runs


def told(runs: dict[str, list[Run]], pages: int) -> None:
    """Print what the pairs say."""
    costs = [there.cpu / here.cpu for here, there in zip(runs[IN_PLACE], runs[ONE_WORKER], strict=True)]
    gains = [one.asking / two.asking for one, two in zip(runs[ONE_WORKER], runs[TWO_CORES], strict=True)]
    for name, some in runs.items():
        cpu, speed = median(run.cpu for run in some), pages / median(run.asking for run in some)
        print(f"{name:24} {1e6 * cpu / pages:6.0f} µs of CPU a page, {speed:6.0f} pages/s")
    print(
        f"one core: {median(costs):.2f} × the CPU of parsing in place (goal: at most {GOAL_ONE_CORE})", _each(costs)
    )
    print(f"two cores: {median(gains):.2f} × the pages a second of one core (goal: {GOAL_TWO_CORES})", _each(gains))


def _each(ratios: Sequence[float]) -> list[str]:
    return [f"{ratio:.2f}" for ratio in sorted(ratios)]


# Harm


def answer(kind: str, number: int, body: bytes) -> Response:
    """A page of its own host."""
    request = Request(f"http://host-{number % 7}-{kind}.test/{number}", kind)
    return Response(request, 200, CIMultiDict({"Content-Type": "text/html"}), body, datetime.now(UTC))


async def harm(pages: int) -> None:
    """Print how many pages are read beside such that end, hang or bloat their workers."""
    page = b"<h1>x</h1>" + b"".join(b"<p class=t>%d</p>" % n for n in range(200))
    rules = RuleParser([PageRule(match="*", table="t", each="p", key=("n",), fields={"n": "::text"})])
    for bad in (ending, hanging, bloating):
        pool = Pool({"page": rules, "bad": bad}, Budget(1, 2.0, 256_000_000))  # type: ignore[dict-item]
        begun = time.monotonic()
        some = [asyncio.create_task(pool.read(answer("bad", n, b""))) for n in range(pages // 100)]
        found = await asyncio.gather(*(pool.read(answer("page", n, page)) for n in range(pages)))
        took = time.monotonic() - begun
        lost = sum(not isinstance(one, Parsed) for one in found)
        ends = {getattr(one, "why", "read") for one in await asyncio.gather(*some)}
        beside = f"{lost} of {pages:,} other pages lost, all read after {took:.1f} s"
        print(f"{bad.__name__:9} {len(some)} such pages: {ends}; {beside}")
        await pool.close()


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="pairs; the medians count (default: %(default)s)")
    parser.add_argument("--lists", type=int, default=100, help="list pages, of 40 items each (default: %(default)s)")
    options = parser.parse_args()
    print(machine())
    if (load := os.getloadavg()[0]) > LOUD:
        print(f"The machine is not quiet (load {load:.1f}): take these figures with care.")
    try:
        told(pairs(options), options.lists * PAGES_PER_LIST)
    except WrongResultError as error:
        print(f"WRONG: {error}", file=sys.stderr)
        return 1
    asyncio.run(harm(1_000))
    return 0


if __name__ == "__main__":
    sys.exit(main())
