"""Workers in processes of their own, which are killed, or stopped for longer than their lease."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.frontier_work import HOST, counted, offer, page, take, urls
from support.frontiers import TEAM, address
from support.postgres_server import Database

from asyncscrape.frontier.postgres.frontier import PostgresFrontier

LEASE = 1.0
MEMBER = Path(__file__).parents[2] / "support/frontier_member.py"


class Member:
    """A worker in another process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        assert "joined" == self.heard()

    def heard(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def asked(self, command: str) -> list[str]:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        return self.heard().split()

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)


@contextmanager
def member(database: Database, job: str) -> Iterator[Member]:
    command = [sys.executable, str(MEMBER), database.dsn, job, str(LEASE)]
    environ = {**os.environ, "PYTHONPATH": str(MEMBER.parents[1])}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ) as process:
        try:
            yield Member(process)
        finally:
            process.kill()


def frontier_of(database: Database, job: str = "shop") -> PostgresFrontier:
    return PostgresFrontier(address(database.dsn), job, lease=LEASE)


async def test_the_hosts_of_a_killed_worker_are_taken_over_within_a_lease(postgres: Database) -> None:
    frontier = frontier_of(postgres)
    with member(postgres, "shop") as killed:
        async with frontier.join(team=TEAM) as survivor:
            await offer(survivor, page(1), page(2))
            assert [page(1).url, page(2).url] == killed.asked("take")
            killed.send(signal.SIGKILL)
            start = time.monotonic()
            assert [] == await survivor.acquire(), "it may still send what it has taken"
            while not (grants := await survivor.acquire()):
                assert time.monotonic() < start + 10 * LEASE
            assert LEASE / 2 < time.monotonic() - start < LEASE + 1
            assert [(HOST, 2)] == [(grant.host, grant.unclean) for grant in grants]
            taken = await survivor.poll({HOST: 5}, 0.0)
            assert [1, 1] == [request.deaths for request in taken[HOST].requests]


async def test_what_a_stopped_worker_commits_after_its_lease_is_not_stored(postgres: Database) -> None:
    frontier = frontier_of(postgres)
    with member(postgres, "shop") as stopped:
        async with frontier.join(team=TEAM) as quick:
            await offer(quick, page(1))
            assert [page(1).url] == stopped.asked("take")
            stopped.send(signal.SIGSTOP)
            await asyncio.sleep(LEASE)
            while not (taken := await take(quick)):
                pass
            stopped.send(signal.SIGCONT)
            assert HOST in stopped.asked("commit")
            assert {"leased": 1} == counted(await quick.totals())
            assert ([page(1).url], [], 0) == (urls(taken), stopped.asked("take"), await quick.journal.end())


async def test_a_killed_worker_keeps_owners_out_until_its_lease_ends(postgres: Database) -> None:
    frontier = frontier_of(postgres)
    with member(postgres, "shop") as killed:
        killed.send(signal.SIGKILL)
        start = time.monotonic()
        async with frontier.alone() as owner:
            assert 0 == await owner.requeue()
        assert LEASE / 2 < time.monotonic() - start < 10 * LEASE
