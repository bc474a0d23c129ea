"""How far many workers on one Postgres go, in a simulation with times that are measured here.

    .venv/bin/python benchmarks/many_workers.py --picture docs/images/many-workers.png

1. What Postgres needs for a commit, for each of its pages and for the small transactions of every second is measured
   on a real server, as is how long this disk takes until something is safe.                      `measured`
2. Workers that wait for slow sites share a simulated server with so many cores.                  worker_simulation.py
3. The pages a second of all together, and the first number of workers that reaches less than nine tenths of what as
   many would do that did not disturb each other.                                                 `tell`

What the simulation does not know: autovacuum, checkpoints, tables that no longer fit into memory, and the network
between the machines. Its picture shows where the next wall stands, and no promise.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import NamedTemporaryFile

import frontier_workers
from crawl import BENCH, LOUD, machine
from postgres_costs import DURABLE, processor_seconds
from support.frontiers import address
from support.postgres_server import PostgresServer, fresh_database, running_postgres
from worker_simulation import Times, Workload, simulated

from asyncscrape.frontier.postgres.frontier import PostgresFrontier
from asyncscrape.team import Team

SMALL, LARGE = 16, 200
"""Pages of the groups from which the costs of a commit and of a page are told apart."""
GROUPS = 120
TALLIES = 25
"""Totals that a worker keeps in a common crawl."""
CROWD = 100
"""Workers whose totals are read when it is measured how much that takes."""
REPEATS = 300
WORKERS = (1, 2, 4, 8, 16, 24, 32, 40, 50, 60, 80, 100)
CORES = (1, 2, 4, 8)
COLOURS = ("#d9730d", "#3b5bdb", "#0f8a6c", "#8b5cf6")
ENOUGH = 0.9
MOST_BYTES = 200_000
SLOW, FAST = 0.2, 0.02
"""Seconds of an answer. With fast sites, a worker's own core is what it waits for."""
OPEN = 32
"""Requests of each worker."""


def measured(server: PostgresServer) -> Times:
    """What things take here."""
    small, large = (frontier_workers.carried(server, 1, GROUPS * size, size) for size in (SMALL, LARGE))
    cpu = [done.postgres.cpu * size for done, size in ((small, SMALL), (large, LARGE))]
    wal = [done.postgres.wal * size for done, size in ((small, SMALL), (large, LARGE))]
    page, wal_page = ((values[1] - values[0]) / (LARGE - SMALL) for values in (cpu, wal))
    others, upkeep = asyncio.run(small_transactions(server))
    return Times(
        commit=max(0.0, cpu[0] - SMALL * page),
        page=page,
        others=others,
        upkeep=upkeep,
        wal_commit=max(0.0, wal[0] - SMALL * wal_page),
        wal_page=wal_page,
        flush=flush_time(),
    )


async def small_transactions(server: PostgresServer) -> tuple[float, float]:
    """Seconds of Postgres for the totals of one more worker in a commit, and for a look at the hosts."""
    with fresh_database(server.dsn()) as database:
        async with PostgresFrontier(address(database.dsn), "small").join(team=Team("one of many")) as worker:

            async def repeated(call: str) -> float:
                before = processor_seconds(server)
                for _ in range(REPEATS):
                    await (worker.totals() if call == "totals" else worker.acquire(0))
                return (processor_seconds(server) - before) / REPEATS

            upkeep, alone = await repeated("acquire"), await repeated("totals")
            schema = database.value("SELECT schemaname FROM pg_tables WHERE tablename = 'tally'")
            database.sql(
                f"INSERT INTO \"{schema}\".tally SELECT 1000 + w, 'name' || t, 1 "
                f"FROM generate_series(1, {CROWD}) w, generate_series(1, {TALLIES}) t"
            )
            crowded = await repeated("totals")
    return max(0.0, crowded - alone) / CROWD, upkeep


def flush_time() -> float:
    """Seconds until eight kilobytes are safe on this disk."""
    taken = []
    with NamedTemporaryFile(dir=BENCH) as file:
        for _ in range(REPEATS):
            os.pwrite(file.fileno(), b"x" * 8192, 0)
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - begun)
    return median(taken)


Rates = Mapping[int, Sequence[float]]
"""Pages a second for each number of workers, by the cores of Postgres."""


def tell(load: Workload, rates: Rates) -> None:
    """All rates, and where each server's wall stands."""
    print(f"\nAnswers after {1000 * load.latency:.0f} ms, {load.open} open in each worker; pages a second:")
    print("| workers | " + " | ".join(map(cores_of, rates)) + " |\n" + "|---:" * (len(rates) + 1) + "|")
    for place, workers in enumerate(WORKERS):
        print(f"| {workers} | " + " | ".join(f"{each[place]:,.0f}" for each in rates.values()) + " |")
    for cores, each in rates.items():
        alone = each[0]
        below = [workers for workers, rate in zip(WORKERS, each, strict=True) if rate < ENOUGH * workers * alone]
        where = f"{below[0]} workers do less than {ENOUGH:.0%} of" if below else f"{WORKERS[-1]} workers do nearly"
        print(f"Postgres with {cores_of(cores)}: {where} so many times one; {max(each):,.0f} pages a second at most")


def cores_of(number: int) -> str:
    """So many cores, in words."""
    return f"{number} core{'s' * (number > 1)}"


def draw(path: Path, all_rates: Mapping[Workload, Rates], times: Times) -> None:
    """The rates as lines: one drawing for each workload."""
    from asyncscrape.analysis.picture_style import QUIET, blank, frame, heading, legend, png

    whole = blank()
    for place, (load, rates) in enumerate(all_rates.items()):
        axes = whole.add_axes((0.07 + 0.48 * place, 0.11, 0.41, 0.62))
        frame(axes)
        ideal = [load.ideal * workers for workers in WORKERS]
        axes.plot(WORKERS, ideal, color=QUIET, linestyle="--", label="no wall")
        for colour, (cores, each) in zip(COLOURS, rates.items(), strict=True):
            name = f"{cores_of(cores)} of Postgres"
            axes.plot(WORKERS, each, color=colour, linewidth=2.5, marker="o", markersize=4, label=name)
        axes.set(ylim=(0, 1.05 * ideal[-1]), xlabel="workers", ylabel="pages a second, all together")
        axes.set_title(f"answers after {1000 * load.latency:.0f} ms", color=QUIET, fontsize=12)
    costs = f"{1000 * times.commit:.1f} ms for a commit and {1000 * times.page:.2f} ms for each of its pages"
    heading(
        whole, "Many workers on one Postgres, simulated", f"Measured: {costs}; {OPEN} requests open in each worker"
    )
    legend(whole, axes)
    picture = png(whole)
    if len(picture) > MOST_BYTES:
        raise SystemExit(f"the picture has {len(picture):,} bytes")
    path.write_bytes(picture)


def main() -> None:
    """Measure, simulate, tell and draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--page", type=float, default=0.002, help="seconds of a worker (default: %(default)s)")
    parser.add_argument("--picture", type=Path, help="where to draw the result")
    options = parser.parse_args()
    print(machine())
    if (busy := os.getloadavg()[0]) > LOUD:
        print(f"The machine is not quiet (load {busy:.1f}): take these figures with care.")
    BENCH.mkdir(exist_ok=True)
    with running_postgres(max_connections="100", **DURABLE) as server:
        times = measured(server)
    print(*times.told(), f"a page takes {1000 * options.page:.1f} ms of a worker (see workers.py)", sep="\n")
    all_rates: dict[Workload, Rates] = {}
    for load in (Workload(latency, OPEN, options.page) for latency in (SLOW, FAST)):
        rates = {cores: [simulated(times, load, workers, cores) for workers in WORKERS] for cores in CORES}
        all_rates[load] = rates
        tell(load, rates)
    if options.picture:
        draw(options.picture, all_rates, times)


if __name__ == "__main__":
    main()
