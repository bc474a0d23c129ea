"""The whole program with its frontier in Postgres, beside the same with SQLite: pages per second of CPU.

    .venv/bin/python benchmarks/frontier_crawl.py --runs 3

Both crawl the shop, alone, in turns, with forty records a page and with one, where the frontier weighs most. All that
Postgres does counts as well; it writes to disk as it would in earnest. Its tables are made in that time, too.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from statistics import median
from typing import NamedTuple

from archive import CONFIGS, JOB
from beside import judge_share, pinned, show
from crawl import BENCH, HERE, PAGES_PER_LIST, WrongResultError, cores, machine, measured, served, shop_open
from postgres_costs import DURABLE, Costs, costs
from support.postgres_server import PostgresServer, fresh_database, running_postgres

GOAL = 0.6
"""The part of SQLite's pages per second of CPU that is to be reached."""
SQLITE, POSTGRES = "SQLite", "Postgres"


class Bench(NamedTuple):
    """What all crawls have in common."""

    config: str
    origin: str
    lists: int
    core: int
    server: PostgresServer

    @property
    def pages(self) -> int:
        """Pages of the shop."""
        return self.lists * PAGES_PER_LIST


def compare(bench: Bench, runs: int) -> None:
    """All pairs of one config; whoever came second begins the next."""
    rates: dict[str, list[float]] = {POSTGRES: [], SQLITE: []}
    spent: list[Costs] = []
    for number in range(runs):
        for name in (POSTGRES, SQLITE) if number % 2 == 0 else (SQLITE, POSTGRES):
            if name == POSTGRES:
                rate, cost = with_postgres(bench)
                spent.append(cost)
            else:
                rate = bench.pages / crawl(bench)
            rates[name].append(rate)
    show(f"A crawl of {bench.pages:,} pages, {bench.config}:", "pages per CPU second", rates)
    judge_share(rates[POSTGRES], rates[SQLITE], GOAL, "the same with SQLite")
    tell(spent, bench.pages)


def with_postgres(bench: Bench) -> tuple[float, Costs]:
    """Pages per second of CPU, and what Postgres has spent on them."""
    with fresh_database(bench.server.dsn()) as database:
        before = costs(bench.server, database)
        cpu = crawl(bench, f'frontier.url="{database.dsn}"')
        spent = costs(bench.server, database).since(before)
    return bench.pages / (cpu + spent.cpu), spent


def crawl(bench: Bench, *more: str) -> float:
    """Crawl the shop once, with these settings beside those of the config; seconds of CPU."""
    folder = BENCH / "runs" / "frontier"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sets = [word for each in (f'seeds=["{bench.origin}/list/0.html"]', *more) for word in ("--set", each)]
    command = [sys.executable, "-m", "asyncscrape", "run", str(HERE / bench.config), "--data", str(folder), *sets]
    served(bench.origin)
    run = measured(command, bench.core, folder.with_suffix(".log"))
    asked = served(bench.origin)
    with (folder / JOB / "item.jsonl").open("rb") as lines:
        items = sum(1 for _ in lines)
    if (asked.requests, asked.pages, items) != (bench.pages, bench.pages, bench.pages - bench.lists):
        raise WrongResultError(
            f"{asked.requests:,} requests for {asked.pages:,} of {bench.pages:,} pages; {items:,} items"
        )
    shutil.rmtree(folder)
    return run.cpu


def tell(spent: Sequence[Costs], pages: int) -> None:
    """What Postgres spends on a page."""
    cpu, transactions, wal = (median(values) / pages for values in zip(*spent, strict=True))
    print(f"Postgres, a page: {1000 * cpu:.2f} ms of CPU, {transactions:.3f} transactions, {wal:,.0f} bytes of WAL")


def main() -> int:
    """Run what the command line asks for, and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3, help="pairs; the medians count (default: %(default)s)")
    parser.add_argument("--lists", type=int, default=100, help="list pages, of 40 items each (default: %(default)s)")
    options = parser.parse_args()
    print(machine(), flush=True)
    for_servers, for_crawlers = cores()
    with ExitStack() as stack:
        with pinned(for_servers):
            server = stack.enter_context(running_postgres(**DURABLE))
        origin = stack.enter_context(shop_open(options.lists, for_servers))
        try:
            for config in CONFIGS.values():
                compare(Bench(config, origin, options.lists, for_crawlers, server), options.runs)
        except WrongResultError as error:
            print(f"WRONG: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
