"""`run --again`: a finished job is crawled anew, beside the tables that are there."""

from __future__ import annotations

import asyncio
import logging

from asyncscrape.config.models import Config
from asyncscrape.frontier.build import build_frontier
from asyncscrape.snapshots import finished

log = logging.getLogger("asyncscrape.run")


def begin(config: Config) -> None:
    """Begin the next generation of a finished job. One that is not finished is resumed, one that never ran begins."""
    if told := asyncio.run(_begun(config)):
        log.info("%s", told)


async def _begun(config: Config) -> str:
    """Begin it; what happens now, in words."""
    frontier = build_frontier(config.directory)
    async with frontier.alone() as owner:
        standing = await frontier.standing()
        if standing is None or standing.look is None:
            return ""
        if not finished(standing):
            return "the job is not finished, so this run resumes it; use --again once it is finished"
        last = standing.totals.generation
        now = await owner.begin_generation()
    fate = f"generation {last.number} was held back and is thrown away; " if last.beside else ""
    return f"{fate}generation {now.number} begins; the tables of the last one stay until it is finished"
