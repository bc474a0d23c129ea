"""Measures what it costs to keep every answer, and what keeping takes, on the site of `crawl.py`.

crawl   the same crawl without the archive and with it, both at once on one core: pages per CPU second of all
        processes together; with forty records a page, and with one
bytes   what is kept of a page of 10 KB and of one of 1 KB, in the files and in the index
index   adding and looking up among ten million answers, beside one million: memory, and time (`archive_index.py`)
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from archive_index import answers, fill, keep
from beside import verdict
from crawl import (
    BENCH,
    HERE,
    LOUD,
    PAGES_PER_LIST,
    Run,
    WrongResultError,
    cores,
    machine,
    measured,
    served,
    shop_open,
)
from shop import item_of, item_page

from asyncscrape.own_folders import ARCHIVE
from asyncscrape.storage.archive.answer_index import FILE

JOB = "ours"
CONFIGS = {"forty records a page": "ours.toml", "one record a page": "one_record.toml"}
GOAL = 0.85
"""The part of the pages per CPU second that stays with the archive."""
KEPT = 2_000
FLAT = 8.0
"""Megabytes that ten times as many answers may take more."""
SECTIONS = ("crawl", "bytes", "index")


class Pair(NamedTuple):
    """The same crawl without the archive and with it."""

    without: Run
    kept: Run

    @property
    def share(self) -> float:
        """The part of the pages per CPU second that stays."""
        return self.without.cpu / self.kept.cpu


# Crawls


def compare(options: argparse.Namespace) -> None:
    """All pairs of both configs."""
    for_server, for_crawl = cores()
    with shop_open(options.lists, for_server) as origin:
        for title, config in CONFIGS.items():
            print(f"\n{title}, {options.lists * PAGES_PER_LIST:,} pages:", flush=True)
            tell([*pairs(options, config, origin, for_crawl)], options.lists * PAGES_PER_LIST)


def pairs(options: argparse.Namespace, config: str, origin: str, core: int) -> Iterator[Pair]:
    """One pair after the other. Its two sides run at the same time, so that whatever slows one slows the other."""
    pages = options.lists * PAGES_PER_LIST
    for _ in range(options.runs):
        served(origin)
        with ThreadPoolExecutor() as sides:
            pair = Pair(
                *sides.map(lambda archive: one_run(config, origin, pages, core, archive=archive), (False, True))
            )
        asked = served(origin)
        if (asked.requests, asked.pages) != (2 * pages, pages):
            raise WrongResultError(
                f"{asked.requests:,} requests for {asked.pages:,} pages by two crawls of {pages:,}"
            )
        print(f"  {pair.without.cpu:.2f} s CPU without, {pair.kept.cpu:.2f} s with", flush=True)
        yield pair


def one_run(config: str, origin: str, pages: int, core: int, *, archive: bool) -> Run:
    """Crawl the shop once. Each page is in the archive if there is to be one."""
    folder = BENCH / "runs" / f"archive-{archive}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    told = [f'seeds=["{origin}/list/0.html"]', f"store.archive={str(archive).lower()}"]
    sets = [word for each in told for word in ("--set", each)]
    command = [sys.executable, "-m", "asyncscrape", "run", str(HERE / config), "--data", str(folder), *sets]
    run = measured(command, core, folder.with_suffix(".log"))
    kept = entries(folder / JOB / ARCHIVE)
    if kept != pages * archive:
        raise WrongResultError(f"{kept:,} answers of {pages:,} pages in the archive")
    shutil.rmtree(folder)
    return run


def entries(folder: Path) -> int:
    """The number of answers in an archive."""
    if not (folder / FILE).exists():
        return 0
    connection = sqlite3.connect(folder / FILE)
    [number] = connection.execute("SELECT count(*) FROM answer").fetchone()
    connection.close()
    return int(number)


def tell(both: Sequence[Pair], pages: int) -> None:
    """Print what the pairs say."""
    for name, runs in (("without", [pair.without for pair in both]), ("with", [pair.kept for pair in both])):
        cpu, peak = median(run.cpu for run in runs), median(run.peak for run in runs)
        print(
            f"{name:8} {pages / cpu:6,.0f} pages per CPU second, {1e6 * cpu / pages:5,.0f} µs a page, {peak:.0f} MB"
        )
    share = median(pair.share for pair in both)
    each = ", ".join(f"{pair.share:.2f}" for pair in both)
    print(
        f"{share:.0%} of the pages per CPU second (goal: {GOAL:.0%}): {verdict(share >= GOAL)} ({each})", flush=True
    )


# Bytes


def weigh(_: argparse.Namespace) -> None:
    """Print what is kept of large and of small answers."""
    print("\n| an answer of | bytes kept in files | in the index |\n|---:|---:|---:|")
    for bodies in (pages_of_the_shop(), items_as_json()):
        with TemporaryDirectory(dir=BENCH) as place:
            folder = Path(place)
            asyncio.run(keep(folder, [answers(bodies)]))
            files = sum(path.stat().st_size for path in folder.glob(f"{ARCHIVE}/*.warc.gz"))
            print(f"| {sum(map(len, bodies)) / KEPT:,.0f} | {files / KEPT:,.0f} | {index_size(folder) / KEPT:,.0f} |")


def pages_of_the_shop() -> list[bytes]:
    """HTML of about 11 KB each."""
    return [item_page(number, KEPT).encode() for number in range(KEPT)]


def items_as_json() -> list[bytes]:
    """About 1 KB each."""
    items = (item_of(number, KEPT) for number in range(KEPT))
    return [json.dumps(item._replace(rows=[], story=item.story[:1])._asdict()).encode() for item in items]


def index_size(folder: Path) -> int:
    """Bytes of an index that nobody writes to."""
    return sum(path.stat().st_size for path in folder.glob(f"{ARCHIVE}/{FILE}*"))


# The index


def grow(options: argparse.Namespace) -> None:
    """Print how the index does with a tenth of the answers, and with all of them."""
    print("\n| answers | index MB | added a second | found after, cold ms | warm ms | most memory MB |")
    print("|---:|---:|---:|---:|---:|---:|", flush=True)
    peaks = [probe(number)["peak"] for number in (options.entries // 10, options.entries)]
    more = peaks[1] - peaks[0]
    print(f"{more:+.0f} MB with ten times as many answers (goal: flat): {verdict(more <= FLAT)}", flush=True)


def probe(number: int) -> dict[str, Any]:
    """What a process of its own tells, that adds to so many answers and looks some up."""
    with TemporaryDirectory(dir=BENCH) as place:
        folder = Path(place)
        fill(folder, number)
        size = index_size(folder) / 1e6
        command = [sys.executable, str(HERE / "archive_index.py"), place, str(number)]
        told: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    print(
        f"| {number:,} | {size:,.0f} | {told['added']:,.0f} | {told['cold']:.2f} | {told['warm']:.3f} "
        f"| {told['peak']:.0f} |",
        flush=True,
    )
    return told


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--runs", type=int, default=7, help="pairs of crawls; the medians count (default: %(default)s)"
    )
    parser.add_argument("--lists", type=int, default=100, help="list pages, of 40 items each (default: %(default)s)")
    parser.add_argument("--entries", type=int, default=10_000_000, help="answers in the index (default: %(default)s)")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS, help="some of the sections")
    options = parser.parse_args()
    print(machine())
    BENCH.mkdir(exist_ok=True)
    if (load := os.getloadavg()[0]) > LOUD:
        print(f"The machine is not quiet (load {load:.1f}): take these figures with care.")
    try:
        for name, section in zip(SECTIONS, (compare, weigh, grow), strict=True):
            if name in options.only:
                section(options)
    except WrongResultError as error:
        print(f"WRONG: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
