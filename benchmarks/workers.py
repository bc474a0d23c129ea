"""One worker beside several on one frontier in Postgres, bound by the time that the sites take to answer.

    .venv/bin/python benchmarks/workers.py --workers 4

Each worker may have 32 requests open. The figures are those of the middle of a run, when all workers are at work;
the seconds of CPU are those of the whole run, with its start and end.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from beside import verdict
from crawl import BENCH, WrongResultError
from postgres_costs import processor_seconds
from support.graph_config import Asked, running_site
from support.postgres_server import PostgresServer, fresh_database, running_postgres
from support.team_jobs import SCHEMA, write_team_job

OPEN = 32
"""Requests that each worker may have open."""
HOSTS = 32
GOAL = 0.9
"""The part of what so many workers would do if they did not disturb each other."""
MIDDLE = (0.3, 0.7)


class Pace(NamedTuple):
    """What a run did."""

    a_second: float
    """Requests in the middle of the run."""
    cpu: float
    """Seconds of the workers."""
    database: float
    """Seconds of Postgres."""
    requests: int


def measure(server: PostgresServer, folder: Path, workers: int, pages: int, latency: float) -> Pace:
    """Let so many workers crawl a site of their own, with so many pages on each host."""
    with (
        fresh_database(server.dsn()) as database,
        running_site(folder, pages=pages, blobs=0, hosts=HOSTS, latency=latency) as site,
    ):
        politeness = {"concurrency": OPEN * workers, "per_host": OPEN * workers // HOSTS * 2}
        config = write_team_job(folder, site, database, politeness=politeness)
        before = processor_seconds(server)
        cpu = worked(config, workers)
        database_cpu = processor_seconds(server) - before
        done = int(database.value(f"SELECT count(*) FROM {SCHEMA}.page"))
        if done != pages * HOSTS:
            raise WrongResultError(f"{done:,} of {pages * HOSTS:,} pages")
        log = sorted(site.log())
    return Pace(rate(log), cpu, database_cpu, len(log))


def worked(config: Path, workers: int) -> float:
    """Run workers to their end; their seconds of CPU."""
    command = [sys.executable, "-m", "asyncscrape", "worker", str(config), "--of", str(workers), "--quiet"]
    processes = [subprocess.Popen([*command, "--name", str(number)]) for number in range(workers)]
    cpu = 0.0
    for process in processes:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise WrongResultError(f"a worker ended with code {process.returncode}")
        cpu += used.ru_utime + used.ru_stime
    return cpu


def rate(log: list[Asked]) -> float:
    """Requests a second in the middle of the run."""
    begin, end = log[0].start, max(asked.end for asked in log)
    first, last = (begin + part * (end - begin) for part in MIDDLE)
    return sum(first <= asked.start < last for asked in log) / (last - first)


def main() -> None:
    """Measure what the command line asks for, and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--pages", type=int, default=3_200, help="for each worker (default: %(default)s)")
    parser.add_argument("--latency", type=float, default=0.2, help="of each answer (default: %(default)s)")
    options = parser.parse_args()
    BENCH.mkdir(exist_ok=True)
    paces = []
    print("| workers | requests a second | ms of CPU a request | of them Postgres |\n|---:|---:|---:|---:|")
    with running_postgres(max_connections="100", fsync="on", full_page_writes="on") as server:
        for workers in (1, options.workers):
            with tempfile.TemporaryDirectory(dir=BENCH) as folder:
                pace = measure(server, Path(folder), workers, options.pages * workers // HOSTS, options.latency)
            paces.append(pace.a_second)
            each, base = 1000 * (pace.cpu + pace.database) / pace.requests, 1000 * pace.database / pace.requests
            print(f"| {workers} | {pace.a_second:,.0f} | {each:.2f} | {base:.2f} |", flush=True)
    times, goal = paces[1] / paces[0], GOAL * options.workers
    print(f"\n{times:.2f} times one worker (goal: {goal:.1f}): {verdict(times >= goal)}")


if __name__ == "__main__":
    main()
