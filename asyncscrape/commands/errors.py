"""`errors`: the failed URLs, grouped by reason."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable

import click

from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.job_config import console, load
from asyncscrape.frontier.base import Failure
from asyncscrape.frontier.build import build_frontier
from asyncscrape.views.tables import FailureGroup, failures


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
