"""Postgres and S3 as stores of asyncscrape, beside bare loops over asyncpg and aioboto3, on the same servers.

records    a million records from a full journal to Postgres, beside COPY and INSERT … ON CONFLICT of the same rows
blobs      5,000 blobs of 50 KB to S3, beside `put_object` with the same concurrency
large      one blob of 1 GB, and the memory it takes
parallel   a crawl whose Postgres takes 50 ms longer for each write, beside the same crawl without that

Both sides take turns, round by round; the medians count. The servers have one core, whoever writes to them the other.
What was stored is compared before a figure counts: exit code 1 when it is not the same, never because of speed.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import store_blobs
import store_crawl
import store_records
from beside import pinned
from crawl import BENCH, LOUD, WrongResultError, cores, machine
from postgres_costs import DURABLE
from support.postgres_server import running_postgres
from support.s3_server import s3_server

SECTIONS = ("records", "blobs", "large", "parallel")


def main() -> int:
    """Run what the command line asks for."""
    options = arguments()
    servers, writers = cores()
    load = os.getloadavg()[0]
    print(machine())
    if load > LOUD:
        print(f"The machine is not quiet (load {load:.1f}): take these figures with care.")
    BENCH.mkdir(exist_ok=True)
    try:
        with TemporaryDirectory(dir=BENCH) as folder:
            run(options, Path(folder), servers, writers)
    except WrongResultError as error:
        print(f"WRONG: {error}", file=sys.stderr)
        return 1
    return 0


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3, help="rounds; the medians count (default: %(default)s)")
    parser.add_argument("--records", type=int, default=1_000_000, help="for Postgres (default: %(default)s)")
    parser.add_argument("--blobs", type=int, default=5_000, help="for S3 (default: %(default)s)")
    parser.add_argument("--large", type=int, default=1_000_000_000, help="bytes (default: %(default)s)")
    parser.add_argument("--pages", type=int, default=3_000, help="of the crawl (default: %(default)s)")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS, help="some of the sections")
    return parser.parse_args()


def run(options: argparse.Namespace, folder: Path, servers: int, writers: int) -> None:
    """The sections that are asked for, each with its servers."""
    with ExitStack() as stack:
        with pinned(servers):
            postgres = stack.enter_context(running_postgres(**DURABLE))
            s3 = stack.enter_context(s3_server())
        os.sched_setaffinity(0, {writers})
        sections: dict[str, Callable[[], None]] = {
            "records": lambda: store_records.compare(postgres, folder, options.records, options.runs),
            "blobs": lambda: store_blobs.compare(s3, options.blobs, options.runs),
            "large": lambda: store_blobs.large(s3, options.large),
            "parallel": lambda: store_crawl.compare(postgres, folder, servers, options.pages, options.runs),
        }
        for name in options.only:
            sections[name]()


if __name__ == "__main__":
    sys.exit(main())
