"""The job "network" on the replica: its CPU beside a bare loop, and what the choice of the next account costs.

1. walk: the job and the bare loop in turns, on the same core, ask for the same answers of the web client's API. The
   replica has the other core.
2. choice: seconds for each account that is closed, with more and more accounts known. Each closing looks up 600 of
   them, changes their scores, and opens the best.

What counts of a crawl is the time from the opening of its state to the finished tables, in all its threads. Exits
with 1 when answers or records are not the same, never because of speed.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory

import msgspec
from beside import verdict
from beside_replica import Crawled, Loaded, asked, crawl_only, load, replica_apart, same, write_targets
from crawl import BENCH, WrongResultError

from asyncscrape.bundles import Candidate, Closed, Growth
from asyncscrape.frontier.base import Group, Worker
from asyncscrape.frontier.sqlite.frontier import SqliteFrontier
from asyncscrape.jobs.network.account_pages import ACCOUNT
from asyncscrape.jobs.network.walk import POPULAR, Met, Walk
from asyncscrape.model import Outcome, Request, State
from asyncscrape.parsers.soundcloud.web_api import HOST, WebApi

CONFIG = Path(__file__).resolve().parent.parent / "config" / "network-demo.toml"
AT_ONCE = 64
GOAL = 4.0
HOSTS = (HOST, "soundcloud.com")
ACCOUNTS = 2_000
KNOWN = (10_000, 100_000, 1_000_000)
CHANGED = 600
"""Accounts that one account has interacted with."""
CLOSINGS = 50
"""Accounts that are closed at each size; the median counts."""
LOOK_AHEAD = 16
FIRST = 1_000_000_000
"""The id of the first invented account."""
PLAN = Walk(WebApi(), 500, {}, POPULAR)
BATCH = 5_000
"""Accounts that are made known at once."""


# The walk


def walk(port: int, folder: Path, accounts: int, count: int) -> None:
    """Print the CPU of the job beside that of the bare loop."""
    targets = folder / "targets.json"
    crawled(port, folder, accounts)
    answers = asked(port)
    write_targets(targets, answers, {})
    ours: list[Crawled] = []
    bare: list[Loaded] = []
    for _ in range(count):
        ours.append(crawled(port, folder, accounts))
        same(answers, asked(port), "the walk")
        bare.append(load(port, AT_ONCE, targets))
        same(answers, asked(port), "the bare loop")
    if different := {str(dict(one.records)) for one in ours} - {str(dict(ours[0].records))}:
        raise WrongResultError(f"not the same records: {ours[0].records} and {different}")
    tell(accounts, len(answers), ours, bare)


def crawled(port: int, folder: Path, accounts: int) -> Crawled:
    """The job, from nothing."""
    origins = ", ".join(f'"https://{host}" = "http://127.0.0.1:{port}"' for host in HOSTS)
    settings = {
        "fetch.origins": f"{{{origins}}}",
        "network.max_accounts": str(accounts),
        "politeness.concurrency": str(AT_ONCE),
        "store.records": '["parquet"]',
    }
    shutil.rmtree(folder / "walk", ignore_errors=True)
    flags = [flag for key, value in settings.items() for flag in ("--set", f"{key}={value}")]
    return crawl_only(folder / "walk", [str(CONFIG), *flags])


def tell(accounts: int, requests: int, ours: Sequence[Crawled], bare: Sequence[Loaded]) -> None:
    """The medians, and what was to be reached."""
    records = ", ".join(f"{count:,} {name}" for name, count in ours[0].records.items())
    print(f"\n{accounts:,} accounts, {requests:,} requests, {bare[0].bytes / 1e6:,.0f} MB; {records}\n")
    print("| | CPU s | rounds | real s |\n|---|---:|---|---:|")
    rounds: dict[str, Sequence[Crawled | Loaded]] = {"the walk into Parquet": ours, "its bare loop": bare}
    for name, some in rounds.items():
        each = ", ".join(f"{one.cpu:.2f}" for one in some)
        print(f"| {name} | {median(one.cpu for one in some):.2f} | {each} | {median(r.seconds for r in some):.1f} |")
    cpu = median(one.cpu / other.cpu for one, other in zip(ours, bare, strict=True))
    real = median(one.seconds / other.seconds for one, other in zip(ours, bare, strict=True))
    print(f"\n{median(one.cpu for one in ours) / accounts * 1000:.1f} ms CPU for each account")
    print(f"{cpu:.2f} × the CPU of the bare loop (goal: at most {GOAL:.0f}): {verdict(cpu <= GOAL)}")
    print(f"{real:.2f} × its time", flush=True)


# The choice


async def choice(folder: Path, sizes: Sequence[int]) -> None:
    """Print what it costs to close an account with more and more of them known."""
    print("\n| accounts known | ms CPU for each that is closed | ms | of that look up |\n|---:|---:|---:|---:|")
    async with SqliteFrontier(folder).join() as worker:
        seeds = [Request(PLAN.api.resolve(f"seed_{n}"), ACCOUNT, opens=f"seed_{n}") for n in range(LOOK_AHEAD)]
        await worker.commit_and_take(Group(offers=seeds, growth=Growth(LOOK_AHEAD)), {}, 0.0)
        state = Known(worker, Random(7))
        for size in sizes:
            await state.fill(size)
            cost = [await state.close() for _ in range(CLOSINGS)]
            cpu, real, looked = (median(each) * 1000 for each in zip(*cost, strict=True))
            print(f"| {size:,} | {cpu:.2f} | {real:.2f} | {looked:.2f} |", flush=True)


class Known:
    """A job that has met some accounts."""

    def __init__(self, worker: Worker, chance: Random) -> None:
        self._worker = worker
        self._chance = chance
        self._known = 0
        self._leased: list[Request] = []

    async def fill(self, size: int) -> None:
        """Let so many accounts be known, as an account that has met them would."""
        while self._known < size:
            some = range(self._known, min(size, self._known + BATCH))
            await self._end([candidate(n, Met(self._chance.randint(1, 40))) for n in some])
            self._known = some.stop

    async def close(self) -> tuple[float, float, float]:
        """End one more account; its seconds of CPU, the real ones, and those of the look-up among them."""
        await self._requests_end()
        begun, cpu = time.perf_counter(), time.process_time()
        known = await self._worker.candidates(
            {str(FIRST + self._chance.randrange(self._known)) for _ in range(CHANGED)}
        )
        looked = time.perf_counter() - begun
        met = [candidate(int(key) - FIRST, Met(one.score + 3.0)) for key, one in known.items()]
        await self._stored(met)
        return time.process_time() - cpu, time.perf_counter() - begun, looked

    async def _end(self, met: Sequence[Candidate]) -> None:
        await self._requests_end()
        await self._stored(met)

    async def _stored(self, met: Sequence[Candidate]) -> None:
        ended = await self._worker.ended_bundle()
        assert ended is not None
        closed = Closed(ended.number, ended.pick.key if ended.pick else "", candidates=met)
        await self._worker.commit_and_take(Group(closed=closed, growth=Growth(LOOK_AHEAD)), {}, 0.0)

    async def _requests_end(self) -> None:
        """Answer whatever is open, so that the next account can be closed."""
        await self._worker.acquire()
        taken = (await self._worker.poll({HOST: LOOK_AHEAD}, time.time())).get(HOST)
        outcomes = [Outcome(one, State.DONE) for one in taken.requests] if taken else []
        await self._worker.commit_and_take(Group(outcomes=outcomes), {}, 0.0)


def candidate(place: int, met: Met) -> Candidate:
    """An invented account."""
    told = msgspec.structs.replace(met, permalink=f"account_{place}")
    return PLAN.candidate(FIRST + place, told)


def main() -> int:
    """Run what the command line asks for."""
    options = arguments()
    try:
        if "walk" in options.only:
            with replica_apart() as (port, folder):
                walk(port, folder, options.accounts, options.runs)
        if "choice" in options.only:
            BENCH.mkdir(exist_ok=True)
            with TemporaryDirectory(dir=BENCH) as choice_folder:
                asyncio.run(choice(Path(choice_folder), options.known))
    except WrongResultError as error:
        print(f"WRONG: {error}", file=sys.stderr)
        return 1
    return 0


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=("walk", "choice"), default=("walk", "choice"))
    parser.add_argument("--accounts", type=int, default=ACCOUNTS, help="how many (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=1, help="rounds of the walk (default: %(default)s)")
    parser.add_argument("--known", type=int, nargs="+", default=KNOWN, help="how many accounts have been met")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
