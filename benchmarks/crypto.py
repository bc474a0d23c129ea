"""The demo, which is the crypto job, beside a bare loop that downloads the same answers and does `json.loads` on all.

1. the replica starts, on a core of its own, and is asked for everything once, so that its answers are ready
2. for each round, the job crawls everything into a new folder, then the bare loop asks for the same addresses; both
   on the other core, both with the same number of requests at once, neither with a delay
3. the report is made of the last round's tables, on one core, in a process of its own

What is judged of the crawl are its own `seconds`: from the opening of its state to the finished tables. The start of
Python does not count, as it does not with the bare loop. The whole process, less the report, is told beside it.
Exits with 1 when answers or rows are not the same, never because of speed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from beside import verdict
from beside_replica import Answer, Loaded, asked, load, replica_apart, same, write_targets
from crawl import WrongResultError

HERE = Path(__file__).resolve().parent
CONFIG = HERE.parent / "config" / "demo.toml"
HOST = "api.coinmarketcap.com"
CONCURRENCY = 4
"""Requests at once, as the demo has it."""
GOAL = 2.5
"""Times the bare loop's seconds."""
GOAL_REPORT = 5.0
LEAST_ROWS = 104_232
"""What the project that the job makes real had."""
REPORT = """
import sys
from pathlib import Path
from asyncscrape.jobs.crypto.report.files import make_report
from asyncscrape.analysis.finished_tables import read_table
from asyncscrape.parsers.coinmarketcap.coin_tables import CANDLES, COINS
folder = Path(sys.argv[1])
tables = (read_table(folder / f"{table.name}.parquet", table) for table in (COINS, CANDLES))
made = make_report(*tables, folder / "report", top=100)
print(made.rows, made.seconds, made.import_seconds)
"""


class Crawled(NamedTuple):
    """One crawl of ours."""

    seconds: float
    """As the crawl itself tells."""
    whole: float
    """Of the process, with the start of Python and the report, which is taken off later."""
    rows: int


def crawl(port: int, folder: Path) -> Crawled:
    """The job, from nothing."""
    shutil.rmtree(folder, ignore_errors=True)
    to_replica = f'fetch.origins={{"https://{HOST}"="http://127.0.0.1:{port}"}}'
    settings = ["--set", to_replica, "--set", f"politeness.per_host={CONCURRENCY}"]
    command = [sys.executable, "-m", "asyncscrape", "run", str(CONFIG), "--data", str(folder), *settings]
    begun = time.perf_counter()
    said = subprocess.run([*command, "--json", "--quiet"], capture_output=True, text=True, check=False)
    whole = time.perf_counter() - begun
    if said.returncode:
        raise WrongResultError(f"exit code {said.returncode}:\n{said.stdout}{said.stderr}")
    told = json.loads(said.stdout.splitlines()[-1])
    return Crawled(told["seconds"], whole, told["records"]["candles"])


def rounds(port: int, folder: Path, count: int) -> tuple[list[Crawled], list[Loaded]]:
    """Both in turns; the first crawl of all warms the replica up, and says what there is to ask for."""
    crawl(port, folder / "ours")
    targets = folder / "targets.json"
    addresses = of_api(port)
    write_targets(targets, addresses, {})
    ours: list[Crawled] = []
    bare: list[Loaded] = []
    for _ in range(count):
        ours.append(crawl(port, folder / "ours"))
        same(addresses, of_api(port), "asyncscrape")
        bare.append(load(port, CONCURRENCY, targets))
        same(addresses, of_api(port), "the bare loop")
        print(
            f"  asyncscrape {ours[-1].seconds:.2f} s, {ours[-1].rows:,} rows, whole process with report "
            f"{ours[-1].whole:.2f} s; bare loop {bare[-1].seconds:.2f} s, {bare[-1].bytes / 1e6:.0f} MB",
            flush=True,
        )
        if ours[-1].rows < LEAST_ROWS:
            raise WrongResultError(f"{ours[-1].rows:,} rows are fewer than {LEAST_ROWS:,}")
    return ours, bare


def of_api(port: int) -> list[Answer]:
    """The answers of the API since this was last asked."""
    return [answer for answer in asked(port) if answer.host == HOST]


def report(folder: Path) -> tuple[int, float, float]:
    """Rows, seconds, and how many of these went into imports."""
    said = subprocess.run([sys.executable, "-c", REPORT, str(folder)], capture_output=True, text=True, check=False)
    if said.returncode:
        raise WrongResultError(said.stderr)
    rows, seconds, importing = said.stdout.split()
    return int(rows), float(seconds), float(importing)


def tell(ours: Sequence[Crawled], bare: Sequence[Loaded], reports: Sequence[tuple[int, float, float]]) -> None:
    """The medians, and what was to be reached."""
    mine, theirs = median(each.seconds for each in ours), median(each.seconds for each in bare)
    whole = median(each.whole for each in ours)
    rows, seconds, importing = (median(values) for values in zip(*reports, strict=True))
    print("\n| | s |\n|---|---:|")
    print(f"| crawl of {ours[0].rows:,} rows into Parquet and CSV | {mine:.2f} |")
    print(f"| bare aiohttp loop and json.loads, {bare[0].answers} answers | {theirs:.2f} |")
    print(f"| the crawl as a whole process, less the report | {whole - seconds:.2f} |")
    print(f"| the report, of which imports {importing:.2f} | {seconds:.2f} |\n")
    ratio = mine / theirs
    print(f"{ratio:.2f} × the seconds of the bare loop (goal: at most {GOAL}): {verdict(ratio <= GOAL)}")
    print(
        f"{seconds:.2f} s for the report of {rows:,.0f} rows on one core, {importing:.2f} s of it imports "
        f"(goal: under {GOAL_REPORT:.0f}): {verdict(seconds < GOAL_REPORT and rows >= LEAST_ROWS)}"
    )


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3, help="rounds; the medians count (default: %(default)s)")
    count = parser.parse_args().runs
    try:
        with replica_apart() as (port, folder):
            ours, bare = rounds(port, folder, count)
            tell(ours, bare, [report(folder / "ours" / "demo") for _ in range(count)])
    except WrongResultError as error:
        print(f"WRONG: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
