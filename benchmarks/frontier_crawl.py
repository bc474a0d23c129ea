"""The whole program with its frontier in Postgres, beside the same with SQLite: pages per second of CPU.

    .venv/bin/python benchmarks/frontier_crawl.py --runs 3

Both crawl the shop, alone, in turns. All that Postgres does counts as well; it writes to disk as it would in earnest.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from beside import judge_share, pinned, show
from crawl import OURS, PAGES_PER_LIST, WrongResultError, command, cores, machine, one_run, shop_open
from postgres_costs import DURABLE, Costs, costs
from support.postgres_server import PostgresServer, fresh_database, running_postgres

GOAL = 0.6
"""The part of SQLite's pages per second of CPU that is to be reached."""
SQLITE, POSTGRES = "SQLite", "Postgres"


def with_sqlite(origin: str, lists: int, core: int) -> float:
    """Pages per second of CPU."""
    return lists * PAGES_PER_LIST / one_run(SQLITE, origin, lists, core, _sqlite).cpu


def with_postgres(server: PostgresServer, origin: str, lists: int, core: int) -> tuple[float, Costs]:
    """The same, and what Postgres has spent on it."""
    with fresh_database(server.dsn()) as database:

        def start(_: str, origin: str, folder: Path) -> list[str]:
            return [*command(OURS, origin, folder), "--set", f'frontier.url="{database.dsn}"']

        before = costs(server, database)
        run = one_run(POSTGRES, origin, lists, core, start)
        spent = costs(server, database).since(before)
    return lists * PAGES_PER_LIST / (run.cpu + spent.cpu), spent


def _sqlite(_: str, origin: str, folder: Path) -> list[str]:
    return command(OURS, origin, folder)


def tell(spent: Sequence[Costs], pages: int) -> None:
    """What Postgres spends on a page."""
    cpu, transactions, wal = (median(values) / pages for values in zip(*spent, strict=True))
    print(
        f"Postgres, for a page: {1000 * cpu:.2f} ms of CPU, {transactions:.3f} transactions, {wal:,.0f} bytes of WAL"
    )


def main() -> int:
    """Run what the command line asks for, and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3, help="pairs; the medians count (default: %(default)s)")
    parser.add_argument("--lists", type=int, default=100, help="list pages, of 40 items each (default: %(default)s)")
    options = parser.parse_args()
    print(machine(), flush=True)
    for_servers, for_crawlers = cores()
    rates: dict[str, list[float]] = {POSTGRES: [], SQLITE: []}
    spent = []
    try:
        with ExitStack() as stack:
            with pinned(for_servers):
                server = stack.enter_context(running_postgres(**DURABLE))
            origin = stack.enter_context(shop_open(options.lists, for_servers))
            for _ in range(options.runs):
                rate, cost = with_postgres(server, origin, options.lists, for_crawlers)
                rates[POSTGRES].append(rate)
                spent.append(cost)
                rates[SQLITE].append(with_sqlite(origin, options.lists, for_crawlers))
    except WrongResultError as error:
        print(f"WRONG: {error}", file=sys.stderr)
        return 1
    show(f"A crawl of {options.lists * PAGES_PER_LIST:,} pages:", "pages per CPU second", rates)
    judge_share(rates[POSTGRES], rates[SQLITE], GOAL, "the same with SQLite")
    tell(spent, options.lists * PAGES_PER_LIST)
    return 0


if __name__ == "__main__":
    sys.exit(main())
