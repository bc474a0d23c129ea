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
from collections.abc import Callable, Iterator, Sequence
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
    """Megabytes resident at most, of the largest process."""
    asking: float = 0.0
    """Seconds from the first request to the last answer, as the server saw them."""


class Figures(NamedTuple):
    """The medians of a contender's runs."""

    cpu: float
    wall: float
    peak: float
    pages_per_cpu: float


class Served(NamedTuple):
    """What the server did for one crawl."""

    requests: int
    pages: int
    """Different ones."""
    cpu: float
    took: float
    """Seconds from the first request to the last answer."""


class WrongResultError(Exception):
    """A contender did not do the same work as the others."""


OURS = "asyncscrape"
PEER_SCRIPTS = {
    "bare loop": ("bare.py",),
    "Scrapy": ("scrapy_spider.py",),
    "Scrapy, uvloop": ("scrapy_spider.py", "uvloop"),
    "Scrapy, row by row": ("scrapy_spider.py", "rows"),
    "Crawlee": ("crawlee_crawler.py",),
}
CONTENDERS = (OURS, *PEER_SCRIPTS)
GOALS = {"Scrapy": 6.0, "bare loop": 1.0}
"""How many times a peer's pages per CPU second are to be reached."""
GOAL_MEMORY = 150


def command(name: str, origin: str, folder: Path) -> list[str]:
    """How a contender is started."""
    if name == OURS:
        seeds = f'seeds=["{origin}/list/0.html"]'
        job = [str(HERE / "ours.toml"), "--data", str(folder), "--set", seeds]
        return [sys.executable, "-m", "asyncscrape", "run", *job]
    script, *more = PEER_SCRIPTS[name]
    return [str(PEERS), str(HERE / script), origin, str(folder), *more]


Start = Callable[[str, str, Path], list[str]]
"""A way to start a contender by its name, the origin of the shop and the folder for what it stores."""


# Running


def cores() -> tuple[int, int]:
    """One core for the server and one for the crawlers."""
    free = sorted(os.sched_getaffinity(0))
    if len(free) < 2:
        sys.exit("two cores are needed: one for the server, one for the crawlers")
    return free[0], free[-1]


@contextmanager
def shop_open(lists: int, core: int | str) -> Iterator[str]:
    """The server while it runs; its origin."""
    command = ["taskset", "-c", str(core), sys.executable, str(HERE / "server.py"), "--lists", str(lists)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def measured(command: Sequence[str], core: int | str, log: Path) -> Run:
    """Run a command to its end on one core, or on some: "0,1"."""
    begun = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(["taskset", "-c", str(core), *command], stdout=output, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise WrongResultError(f"exit code {process.returncode}:\n{log.read_text(errors='replace')[-2000:]}")
    return Run(used.ru_utime + used.ru_stime, time.perf_counter() - begun, used.ru_maxrss * 1024 / 1e6)


def one_run(name: str, origin: str, lists: int, core: int | str, start: Start = command) -> Run:
    """One contender crawls the shop once; raises WrongResultError when it did not do what all do."""
    folder = BENCH / "runs" / name.replace(" ", "-")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    served(origin)
    run = measured(start(name, origin, folder), core, folder.with_suffix(".log"))
    news = served(origin)
    everything = lists * PAGES_PER_LIST
    if (news.requests, news.pages) != (everything, everything):
        raise WrongResultError(f"asked for {news.pages:,} of {everything:,} pages in {news.requests:,} requests")
    stored = checked(origin, lists, folder)
    print(
        f"  {name:18} {run.cpu:6.2f} s CPU {run.wall:6.2f} s {run.peak:4.0f} MB   "
        f"(server {news.cpu:.2f} s)   {stored}",
        flush=True,
    )
    shutil.rmtree(folder)
    return run._replace(asking=news.took)


def served(origin: str) -> Served:
    """What the server did since it was asked last."""
    connection = HTTPConnection(origin.removeprefix("http://"))
    connection.request("GET", "/served")
    requests, pages, cpu, took = connection.getresponse().read().split()
    connection.close()
    return Served(int(requests), int(pages), float(cpu), float(took))


def checked(origin: str, lists: int, folder: Path) -> str:
    """What check.py says of the records in a folder, if they are the right ones."""
    check = [sys.executable, str(HERE / "check.py"), origin, str(lists), str(folder)]
    said = subprocess.run(check, capture_output=True, text=True, check=False)
    if said.returncode:
        raise WrongResultError(said.stdout + said.stderr)
    return said.stdout.strip()


# Telling


def figures(runs: Sequence[Run], pages: int) -> Figures:
    """The medians of some runs."""
    cpu, wall, peak, _ = (median(values) for values in zip(*runs, strict=True))
    return Figures(cpu, wall, peak, pages / cpu)


def table(results: dict[str, Figures]) -> Iterator[str]:
    """The medians side by side, as a table that Markdown understands."""
    ours = results.get(OURS)
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
    ours = results.get(OURS)
    if ours is None:
        return
    for peer, goal in GOALS.items():
        if peer in results:
            ratio = ours.pages_per_cpu / results[peer].pages_per_cpu
            yield f"{ratio:.2f} × the pages per CPU second of {peer} (goal: {goal:.0f}): {_verdict(ratio >= goal)}"
    yield f"{ours.peak:.0f} MB at most (goal: under {GOAL_MEMORY}): {_verdict(ours.peak < GOAL_MEMORY)}"


def machine() -> str:
    """Where this runs."""
    facts = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.partition(":")[2].strip() for line in facts if line.startswith("model name")), "unknown CPU")
    return f"{model}, {os.cpu_count()} cores; Python {sys.version.split()[0]}; Linux {os.uname().release}"


def _verdict(reached: bool) -> str:
    return "reached" if reached else "NOT reached"


# The whole


def main() -> int:
    """Run what the command line asks for."""
    options = arguments()
    for_server, for_crawlers = cores()
    load = os.getloadavg()[0]
    print(machine())
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
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, default=CONTENDERS, help="some of the contenders")
    return parser.parse_args()


def rounds(options: argparse.Namespace, for_server: int, for_crawlers: int) -> dict[str, Figures]:
    """All rounds; the contenders take turns, so that a slow minute of the machine hits all of them."""
    runs: dict[str, list[Run]] = {name: [] for name in options.only}
    pages = options.lists * PAGES_PER_LIST
    with shop_open(options.lists, for_server) as origin:
        for number in range(options.runs):
            print(f"Round {number + 1} of {options.runs}, {pages:,} pages each:", flush=True)
            for name in options.only:
                try:
                    runs[name].append(one_run(name, origin, options.lists, for_crawlers))
                except WrongResultError as error:
                    raise WrongResultError(f"{name}: {error}") from None
    return {name: figures(some, pages) for name, some in runs.items()}


if __name__ == "__main__":
    sys.exit(main())
