"""Who may begin to work on a job: one worker that is alone with it, or several that are a team.

1. A worker that comes waits for dead ones that would be in its way, and is refused if they are alive. `until_free`
2. Workers begin one after the other, and each looks once more who is there.                          `refuse_others`
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from datetime import timedelta

from asyncscrape.errors import JobRunning
from asyncscrape.frontier.postgres.job_schema.job_place import JobPlace, connect, disconnect
from asyncscrape.frontier.postgres.job_schema.job_tables import check
from asyncscrape.frontier.postgres.job_schema.named_statements import Statements
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
        living = await _living(run, place, lease)
        alive = _in_the_way(living, alone=alone)
        connected = [row["name"] for row in await run.rows("at_work", place.lock)]
        there = [name for name in connected if alone or name in alive or UNNAMED in alive]
        if there and now() - began > GRACE:
            raise JobRunning(running(place, there[0], team=False in living.values()))
        if not there and not alive:
            return
        if not there and not told:
            log.info("the last worker stopped without a word; waiting until its lease of %s ends", in_words(lease))
            told = True
        await asyncio.sleep(PAUSE)


async def refuse_others(run: Statements, place: JobPlace, lease: float, *, alone: bool) -> None:
    """Raise JobRunning if somebody is in the way; nobody else begins before this transaction ends."""
    await run.run("turn_lock")
    living = await _living(run, place, lease)
    if others := _in_the_way(living, alone=alone):
        raise JobRunning(running(place, min(others) or "another process", team=False in living.values()))


async def _living(run: Statements, place: JobPlace, lease: float) -> dict[str, bool]:
    """The names of living workers, and whether each is alone; those of an older version are unnamed."""
    if not await check(run.connection, place):
        return {}
    rows = await run.rows("living_workers", timedelta(seconds=lease))
    return {row["name"]: row["alone"] for row in rows}


def _in_the_way(living: Mapping[str, bool], *, alone: bool) -> Collection[str]:
    """The names of living workers beside which another cannot work."""
    return {name for name, is_alone in living.items() if alone or is_alone}


def running(place: JobPlace, who: str, *, team: bool) -> str:
    """The message about another worker, which may be one of a team."""
    what, them = ("one of several workers: join with `asyncscrape worker`,", "them") if team else ("alone:", "it")
    where = f"{place.address.label}: the job is already running, in {who}, {what}"
    return f"{where} watch {them} with `asyncscrape status`, or stop {them} first"
