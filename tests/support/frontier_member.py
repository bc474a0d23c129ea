"""A worker of the Postgres frontier in a process of its own, to be killed or stopped.

    python tests/support/frontier_member.py DSN JOB LEASE

It takes commands, one a line, and answers each with a line: "take" leases what it can get and tells the URLs;
"commit" reports them all as done, each with a record, and tells the hosts that it has lost.
"""

from __future__ import annotations

import asyncio
import sys

from asyncscrape.frontier.base import Group, Worker
from asyncscrape.frontier.postgres.frontier import PostgresFrontier
from asyncscrape.lease_clock import now
from asyncscrape.model import Lines, Outcome, Request, State
from support.frontiers import TEAM, address

held: list[Request] = []


async def take(worker: Worker) -> list[str]:
    """Lease everything that waits."""
    hosts = {grant.host: 100 for grant in await worker.acquire()}
    for taken in (await worker.poll(hosts, 0.0)).values():
        held.extend(taken.requests)
    return [request.url for request in held]


async def commit(worker: Worker) -> list[str]:
    """Report everything as done."""
    overdue = ["late"] if worker.lease.ends < now() else []
    outcomes = [Outcome(one, State.DONE, records={"item": Lines(1, b'{"id":%d}\n' % one.id)}) for one in held]
    held.clear()
    return [*overdue, *(await worker.commit_and_take(Group(outcomes), {}, 0.0)).fenced]


async def main(dsn: str, job: str, lease: float) -> None:
    """Answer until there are no more commands."""
    async with PostgresFrontier(address(dsn), job, lease=lease).join(team=TEAM) as worker:
        print("joined", flush=True)
        while command := (await asyncio.to_thread(sys.stdin.readline)).strip():
            print(*await {"take": take, "commit": commit}[command](worker), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
