"""Who may begin to work on a job: one worker that is alone with it, or several that are a team.

1. A worker that comes waits for dead ones that would be in its way, and is refused if they are alive. `until_free`
2. Workers begin one after the other, and each looks once more who is there.                          `refuse_others`
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from datetime import timedelta

from asyncscrape.errors import JobRunning
from asyncscrape.frontier.postgres.job_place import JobPlace, connect, disconnect
from asyncscrape.frontier.postgres.job_tables import check
from asyncscrape.frontier.postgres.named_statements import Statements
from asyncscrape.lease_clock import now
from asyncscrape.postgres.explanations import explained
from asyncscrape.units import in_words

log = logging.getLogger(__name__)

GRACE = 1.0
"""Seconds in which a server notices that a client is gone."""
PAUSE = 0.2
"""Seconds between looks."""
UNNAMED = ""
"""The name of a worker of an older version."""


async def until_free(place: JobPlace, lease: float, *, alone: bool) -> None:
    """Wait until nobody works on the job, or nobody who is alone with it. Raises JobRunning if somebody does.

    A worker that died while its requests were open may not have recorded them, and one that is cut off may still
    send some: in both cases nobody else asks its hosts before its lease has ended. Workers of a team wait for those
    of one another as they go on.
    """
    with explained(place.address):
        connection = await connect(place, lease)
        try:
            await _watch(Statements(connection), place, lease, alone=alone)
        finally:
            await disconnect(connection)


async def _watch(run: Statements, place: JobPlace, lease: float, *, alone: bool) -> None:
    began, told = now(), False
    while True:
        alive = await _in_the_way(run, place, lease, alone=alone)
        all_there = [row["name"] for row in await run.rows("at_work", place.lock)]
        there = [name for name in all_there if alone or name in alive or UNNAMED in alive]
        if there and now() - began > GRACE:
            raise JobRunning(running(place, there[0], alone=alone))
        if not there and not alive:
            return
        if not there and not told:
            log.info("the last worker stopped without a word; waiting until its lease of %s ends", in_words(lease))
            told = True
        await asyncio.sleep(PAUSE)


async def _in_the_way(run: Statements, place: JobPlace, lease: float, *, alone: bool) -> Collection[str]:
    """The names of living workers who keep this one out."""
    if not await check(run.connection, place):
        return ()
    rows = await run.rows("living_workers", timedelta(seconds=lease))
    return {row["name"] for row in rows if alone or row["alone"]}


async def refuse_others(run: Statements, place: JobPlace, lease: float, *, alone: bool) -> None:
    """Raise JobRunning if somebody is in the way; nobody else begins before this transaction ends."""
    await run.run("turn_lock")
    if others := await _in_the_way(run, place, lease, alone=alone):
        raise JobRunning(running(place, min(others) or "another process", alone=alone))


def running(place: JobPlace, who: str, *, alone: bool) -> str:
    """The message about another worker, for one that wants to be alone, or for one of a team."""
    if alone:
        told = "watch it with `asyncscrape status`, join it with `asyncscrape worker`, or stop it first"
    else:
        told = "that one works alone: watch it with `asyncscrape status`, or stop it, and then start the workers"
    return f"{place.address.label}: the job is already running, in {who}; {told}"
