"""One worker at a time: who comes while another is at work is refused, and who comes after a dead one waits."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from asyncscrape.errors import JobRunning
from asyncscrape.frontier.postgres.job_place import JobPlace, connect, disconnect
from asyncscrape.frontier.postgres.named_statements import Statements
from asyncscrape.lease_clock import now
from asyncscrape.postgres.explanations import explained
from asyncscrape.units import in_words

log = logging.getLogger(__name__)

GRACE = 1.0
"""Seconds in which a server notices that a client is gone."""
PAUSE = 0.2
"""Seconds between looks."""


async def until_alone(place: JobPlace, lease: float) -> None:
    """Wait until nobody works on the job. Raises JobRunning if somebody does.

    A worker that died while its requests were open may not have recorded them, and one that is cut off may still
    send some: in both cases nobody else asks its hosts before its lease has ended.
    """
    with explained(place.address):
        connection = await connect(place, lease)
        try:
            await _watch(Statements(connection), place, lease)
        finally:
            await disconnect(connection)


async def _watch(run: Statements, place: JobPlace, lease: float) -> None:
    began, told = now(), False
    while True:
        there = [row["name"] for row in await run.rows("at_work", place.lock)]
        alive = await run.value("exists") and await run.value("living", timedelta(seconds=lease))
        if there and now() - began > GRACE:
            raise JobRunning(running(place, there[0]))
        if not there and not alive:
            return
        if not there and not told:
            log.info("the last worker stopped without a word; waiting until its lease of %s ends", in_words(lease))
            told = True
        await asyncio.sleep(PAUSE)


def running(place: JobPlace, who: str) -> str:
    """The message about another worker."""
    return (
        f"{place.address.label}: the job is already running, in {who}; one worker at a time works on a job. Watch it "
        "with `asyncscrape status`, or stop it first"
    )
