"""Measures reading kept answers again beside crawling them, on the site of `crawl.py`, with all cores for both.

1. the site is crawled from loopback with `archive = true`; its server has the cores as well
2. the same rules are run over what was kept, with the server stopped
3. the tables of both are compared, and what each took is printed: seconds, and CPU seconds of all processes
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from archive import CONFIGS, JOB, entries
from beside import verdict
from crawl import BENCH, HERE, LOUD, PAGES_PER_LIST, Run, WrongResultError, machine, measured, shop_open

from asyncscrape.own_folders import ARCHIVE

FASTER = 1.5
CPU = 0.8
"""The goals: how many times as fast, and the part of the CPU a page."""


class Round(NamedTuple):
    """A crawl, and what was made of its answers again."""

    crawl: Run
    extract: Run


def one_round(config: str, lists: int) -> Round:
    """Crawl the shop, and read it again."""
    folder = BENCH / "runs" / "extract"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    every = ",".join(map(str, sorted(os.sched_getaffinity(0))))
    with shop_open(lists, every) as origin:
        job = [str(HERE / config), "--data", str(folder), "--set", "store.archive=true"]
        job += ["--set", f'seeds=["{origin}/list/0.html"]']
        crawl = measured([sys.executable, "-m", "asyncscrape", "run", *job], every, folder.with_suffix(".log"))
    pages, kept = lists * PAGES_PER_LIST, entries(folder / JOB / ARCHIVE)
    if kept != pages:
        raise WrongResultError(f"{kept:,} of {pages:,} pages are kept")
    before = tables(folder / JOB)
    extract = measured([sys.executable, "-m", "asyncscrape", "extract", *job], every, folder.with_suffix(".log"))
    if tables(folder / JOB) != before:
        raise WrongResultError("the tables differ")
    shutil.rmtree(folder)
    print(
        f"  crawl {crawl.wall:6.2f} s, {crawl.cpu:6.2f} s CPU   "
        f"extract {extract.wall:6.2f} s, {extract.cpu:6.2f} s CPU, {extract.peak:.0f} MB (crawl {crawl.peak:.0f} MB)",
        flush=True,
    )
    return Round(crawl, extract)


def tables(folder: Path) -> dict[str, bytes]:
    """The finished tables, byte by byte."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.jsonl"))}


def tell(rounds: Sequence[Round], pages: int) -> None:
    """Print what the rounds say."""
    for name, runs in (("crawl", [one.crawl for one in rounds]), ("extract", [one.extract for one in rounds])):
        wall, cpu = median(run.wall for run in runs), median(run.cpu for run in runs)
        print(f"{name:8} {pages / wall:7,.0f} pages/s, {1e6 * cpu / pages:6,.0f} µs CPU a page")
    faster = median(one.crawl.wall / one.extract.wall for one in rounds)
    share = median(one.extract.cpu / one.crawl.cpu for one in rounds)
    print(f"{faster:.2f} × as fast (goal: {FASTER}): {verdict(faster >= FASTER)}")
    print(f"{share:.2f} of the CPU a page (goal: {CPU}): {verdict(share <= CPU)}", flush=True)


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=1, help="rounds; the medians count (default: %(default)s)")
    parser.add_argument(
        "--lists", type=int, default=2_440, help="list pages, of 40 items each (default: %(default)s)"
    )
    parser.add_argument("--only", nargs="+", choices=CONFIGS, default=CONFIGS, help="some of the kinds of pages")
    options = parser.parse_args()
    print(machine())
    if (load := os.getloadavg()[0]) > LOUD:
        print(f"The machine is not quiet (load {load:.1f}): take these figures with care.")
    pages = options.lists * PAGES_PER_LIST
    try:
        for title in options.only:
            print(f"\n{title}, {pages:,} pages:", flush=True)
            tell([one_round(CONFIGS[title], options.lists) for _ in range(options.runs)], pages)
    except WrongResultError as error:
        print(f"WRONG: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
