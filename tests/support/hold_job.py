"""Work on the job in a folder until standard input ends; print "held" once something is stored."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from asyncscrape.frontier.base import Group
from asyncscrape.frontier.sqlite.frontier import SqliteFrontier
from asyncscrape.model import Lines, Outcome, Request, State

HOST = "shop.example.org"


async def main(folder: Path) -> None:
    async with SqliteFrontier(folder).join() as worker:
        await worker.acquire()
        offers = Group(offers=[Request(f"http://{HOST}/")])
        (taken,) = (await worker.commit_and_take(offers, {HOST: 1}, 0.0)).taken[HOST].requests
        outcome = Outcome(taken, State.DONE, records={"item": Lines(1, b"{}\n")})
        await worker.commit_and_take(Group([outcome]), {}, 0.0)
        print("held", flush=True)
        await asyncio.to_thread(sys.stdin.read)


asyncio.run(main(Path(sys.argv[1])))
