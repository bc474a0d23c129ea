"""`status`, `errors` and `retry`: what is stored of a job."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable

import click

from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.loading import console, load
from asyncscrape.config.models import Config
from asyncscrape.errors import UsageError
from asyncscrape.frontier.base import Failure
from asyncscrape.frontier.build import build_frontier
from asyncscrape.snapshots import snapshot_of
from asyncscrape.urls import glob
from asyncscrape.views.figures import count
from asyncscrape.views.progress import render
from asyncscrape.views.tables import FailureGroup, failures


def show_status(chosen: Chosen, as_json: bool) -> None:
    """Print where the job stands."""
    config = load(chosen)
    snapshot = snapshot_of(config.name, asyncio.run(build_frontier(config.directory).standing()))
    if as_json:
        click.echo(json.dumps(snapshot.as_dict()))
    else:
        screen = console()
        screen.print(render(snapshot, min(screen.width, 100), 1000))


def show_errors(chosen: Chosen, as_json: bool) -> None:
    """Print what failed, and why."""
    config = load(chosen)
    groups = grouped(asyncio.run(build_frontier(config.directory).failures()))
    if as_json:
        reasons = [{"reason": g.reason, "count": g.count, "detail": g.detail, "urls": g.urls} for g in groups]
        click.echo(json.dumps({"job": config.name, "failed": sum(g.count for g in groups), "reasons": reasons}))
    else:
        console().print(failures(groups), soft_wrap=True)


def grouped(failed: Iterable[Failure]) -> list[FailureGroup]:
    """The failures by reason, the most frequent reason first."""
    by_reason: dict[str, list[Failure]] = {}
    for failure in failed:
        by_reason.setdefault(failure.reason, []).append(failure)
    groups = [
        FailureGroup(reason, len(members), members[0].detail, tuple(member.url for member in members))
        for reason, members in by_reason.items()
    ]
    return sorted(groups, key=lambda group: (-group.count, group.reason))


def retry_failed(chosen: Chosen, match: str | None) -> None:
    """Put failed URLs back into the queue and say how many."""
    config = load(chosen)
    pattern = whole_url(match) if match else None
    number = asyncio.run(requeued(config, pattern))
    click.echo(f"{count(number)} failed {'URL is' if number == 1 else 'URLs are'} back in the queue")


async def requeued(config: Config, pattern: re.Pattern[str] | None) -> int:
    """How many URLs are back in the queue."""
    frontier = build_frontier(config.directory)
    if await frontier.standing() is None:
        raise UsageError(f"{config.directory} holds no job yet: nothing to retry")
    async with frontier.alone() as owner:
        return await owner.requeue(pattern)


def whole_url(match: str) -> re.Pattern[str]:
    """A pattern for whole URLs: one that begins with "/" is meant for path and query, as in the config."""
    try:
        pattern = glob(match)
    except ValueError as error:
        raise UsageError(f"--match {match}: {error}") from error
    if not match.startswith("/"):
        return pattern
    return re.compile(r"\A[^/]+//[^/]*" + pattern.pattern.removeprefix(r"\A"), pattern.flags)
