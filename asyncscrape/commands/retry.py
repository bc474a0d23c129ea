"""`retry`: failed URLs go back into the queue."""

from __future__ import annotations

import asyncio
import re

from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.job_config import load
from asyncscrape.commands.jobs import never_run
from asyncscrape.commands.reread import unless_stopped
from asyncscrape.config.models import Config
from asyncscrape.errors import UsageError
from asyncscrape.frontier.build import build_frontier
from asyncscrape.urls import glob
from asyncscrape.views.echo import echo
from asyncscrape.views.figures import count


def retry_failed(chosen: Chosen, match: str | None) -> None:
    """Put failed URLs back into the queue and say how many."""
    config = load(chosen)
    pattern = whole_url(match) if match else None
    number = asyncio.run(requeued(config, chosen, pattern))
    echo(f"{count(number)} failed {'URL is' if number == 1 else 'URLs are'} back in the queue")


async def requeued(config: Config, chosen: Chosen, pattern: re.Pattern[str] | None) -> int:
    """Put failed URLs back into the queue and count them."""
    frontier = build_frontier(config.frontier_place)
    standing = await frontier.standing()
    if standing is None:
        raise UsageError(f"nothing to retry: {never_run(config, chosen)}")
    unless_stopped(standing, chosen.arguments)
    async with frontier.alone() as owner:
        return await owner.requeue(pattern)


def whole_url(match: str) -> re.Pattern[str]:
    """A pattern for whole URLs; one that begins with "/" is for path and query, as in the config."""
    try:
        pattern = glob(match)
    except ValueError as error:
        raise UsageError(f"--match {match}: {error}") from error
    if not match.startswith("/"):
        return pattern
    return re.compile(r"\A[^/]+//[^/]*" + pattern.pattern.removeprefix(r"\A"), pattern.flags)
