"""Runs asyncscrape and its peers side by side: the same site, the same fields, the same links, one core for each.

1. the server starts, on a core of its own
2. for each round, each contender in turn crawls the whole site in a process of its own, pinned to the other core
3. what it stored is compared with what the site holds, and what the server was asked for with the number of pages
4. the medians are printed with the goals beside them

Exits with 1 when a contender's records are wrong, never because of speed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
BENCH = HERE.parent / ".bench"
PEERS = BENCH / "venv" / "bin" / "python"
LOUD = 0.5
"""A load average above this when the benchmark starts means that the machine is not quiet."""
PAGES_PER_LIST = 41


class Run(NamedTuple):
    """What one crawl took."""

    cpu: float
    wall: float
    peak: float
    """Megabytes resident at most."""


class Figures(NamedTuple):
    """The medians of a contender's runs."""

    cpu: float
    wall: float
    peak: float
    pages_per_cpu: float


class WrongResultError(Exception):
    """A contender did not do the same work as the others."""


def commands(origin: str, folder: Path) -> dict[str, list[str]]:
    """How each contender is started."""
    ours = ["-m", "asyncscrape", "run", str(HERE / "ours.toml"), "--data", str(folder)]
    seeds = f'seeds=["{origin}/list/0.html"]'
    peers = {"bare loop": "bare.py", "Scrapy": "scrapy_spider.py", "Crawlee": "crawlee_crawler.py"}
    return {
        "asyncscrape": [sys.executable, *ours, "--set", seeds],
        **{name: [str(PEERS), str(HERE / script), origin, str(folder)] for name, script in peers.items()},
    }


# Running


def cores() -> tuple[int, int]:
    """One core for the server and one for the crawlers."""
    free = sorted(os.sched_getaffinity(0))
    if len(free) < 2:
        sys.exit("two cores are needed: one for the server, one for the crawlers")
    return free[0], free[-1]


@contextmanager
def shop_open(lists: int, core: int) -> Iterator[str]:
    """The server while it runs; its origin."""
    command = ["taskset", "-c", str(core), sys.executable, str(HERE / "server.py"), "--lists", str(lists)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def measured(command: Sequence[str], core: int, log: Path) -> Run:
    """Run a command to its end on one core."""
    begun = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(["taskset", "-c", str(core), *command], stdout=output, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise WrongResultError(f"exit code {process.returncode}:\n{log.read_text(errors='replace')[-2000:]}")
    return Run(used.ru_utime + used.ru_stime, time.perf_counter() - begun, used.ru_maxrss * 1024 / 1e6)


def one_run(name: str, origin: str, lists: int, core: int) -> Run:
    """One contender crawls the shop once; raises WrongResultError when it did not do what all do."""
    folder = BENCH / "runs" / name.replace(" ", "-")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    served(origin)
    run = measured(commands(origin, folder)[name], core, folder.with_suffix(".log"))
    requests, pages = served(origin)
    everything = lists * PAGES_PER_LIST
    if (requests, pages) != (everything, everything):
        raise WrongResultError(f"asked for {pages:,} of {everything:,} pages in {requests:,} requests")
    check = [sys.executable, str(HERE / "check.py"), origin, str(lists), str(folder)]
    said = subprocess.run(check, capture_output=True, text=True, check=False)
    if said.returncode:
        raise WrongResultError(said.stdout + said.stderr)
    print(f"  {name:12} {run.cpu:6.2f} s CPU {run.wall:6.2f} s {run.peak:5.0f} MB   {said.stdout.strip()}", flush=True)
    shutil.rmtree(folder)
    return run


def served(origin: str) -> tuple[int, int]:
    """Requests that the server has answered since this was asked last, and how many different pages these were for."""
    connection = HTTPConnection(origin.removeprefix("http://"))
    connection.request("GET", "/served")
    total, different = map(int, connection.getresponse().read().split())
    connection.close()
    return total, different


# Telling


def figures(runs: Sequence[Run], pages: int) -> Figures:
    """The medians of some runs."""
    cpu, wall, peak = (median(values) for values in zip(*runs, strict=True))
    return Figures(cpu, wall, peak, pages / cpu)


def table(results: dict[str, Figures]) -> Iterator[str]:
    """The medians side by side, as a table that Markdown understands."""
    ours = results.get("asyncscrape")
    yield "| contender | pages per CPU second | CPU ms per page | CPU s | wall s | peak MB | asyncscrape does |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for name, each in results.items():
        ratio = f"{ours.pages_per_cpu / each.pages_per_cpu:.2f} ×" if ours else ""
        yield (
            f"| {name} | {each.pages_per_cpu:,.0f} | {1000 / each.pages_per_cpu:.2f} | {each.cpu:.2f} "
            f"| {each.wall:.2f} | {each.peak:.0f} | {ratio} |"
        )


def goals(results: dict[str, Figures]) -> Iterator[str]:
    """What was to be reached, and what was."""
    ours = results.get("asyncscrape")
    if ours is None:
        return
    for peer, goal in (("Scrapy", 6.0), ("bare loop", 1.0)):
        if peer in results:
            ratio = ours.pages_per_cpu / results[peer].pages_per_cpu
            yield f"{ratio:.2f} × the pages per CPU second of {peer} (goal: {goal:.0f}): {_verdict(ratio >= goal)}"
    yield f"{ours.peak:.0f} MB at most (goal: under 150): {_verdict(ours.peak < 150)}"


def _verdict(reached: bool) -> str:
    return "reached" if reached else "NOT reached"


# The whole


def main() -> int:
    """Run what the command line asks for."""
    options = arguments()
    for_server, for_crawlers = cores()
    load = os.getloadavg()[0]
    if load > LOUD:
        print(f"The machine is not quiet (load {load:.1f}): take these figures with care.")
    try:
        results = rounds(options, for_server, for_crawlers)
    except WrongResultError as error:
        print(f"WRONG: {error}", file=sys.stderr)
        return 1
    print("", *table(results), "", *goals(results), sep="\n")
    return 0


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3, help="rounds; the medians count (default: %(default)s)")
    parser.add_argument("--lists", type=int, default=100, help="list pages, of 40 items each (default: %(default)s)")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=[*commands("", Path())], help="some contenders")
    return parser.parse_args()


def rounds(options: argparse.Namespace, for_server: int, for_crawlers: int) -> dict[str, Figures]:
    """All rounds; the contenders take turns, so that a slow minute of the machine hits all of them."""
    names = options.only or [*commands("", Path())]
    runs: dict[str, list[Run]] = {name: [] for name in names}
    pages = options.lists * PAGES_PER_LIST
    with shop_open(options.lists, for_server) as origin:
        for number in range(options.runs):
            print(f"Round {number + 1} of {options.runs}, {pages:,} pages each:", flush=True)
            for name in names:
                try:
                    runs[name].append(one_run(name, origin, options.lists, for_crawlers))
                except WrongResultError as error:
                    raise WrongResultError(f"{name}: {error}") from None
    return {name: figures(some, pages) for name, some in runs.items()}


if __name__ == "__main__":
    sys.exit(main())
