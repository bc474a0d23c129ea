"""What is made and told at the end of a run: reports, the summary, and what to do next."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from asyncscrape.commands import outputs, quality_report, refused_files, report
from asyncscrape.commands.errors import grouped
from asyncscrape.commands.job_config import console
from asyncscrape.commands.notes import mending, noted
from asyncscrape.config.models import Config
from asyncscrape.crawl_job import Job
from asyncscrape.errors import Exit, UsageError
from asyncscrape.frontier.build import build_frontier
from asyncscrape.jobs.base import BuiltIn
from asyncscrape.remedies import may_pass
from asyncscrape.stats import RunState, ShownState, Snapshot
from asyncscrape.views import tables
from asyncscrape.views.echo import echo
from asyncscrape.views.figures import count
from asyncscrape.views.url_groups import UrlGroup

TOLD = 3
"""How many failure reasons the summary shows when a run stored nothing."""
TABLES_MADE = (Exit.FINISHED, Exit.FAILURES, Exit.LIMIT, Exit.USAGE)
"""The ways to end after which the finished tables of a generation in place are as new as what is stored."""


@dataclass(frozen=True)
class Telling:
    """How a run is told."""

    arguments: str
    """The config, as the user gave it."""
    command: str = "run"
    """The command that goes on with what it leaves."""
    as_json: bool = False
    quiet: bool = False
    more: str = ""
    """What its arguments are besides the config, behind a space."""
    beside: Mapping[str, object] = field(default_factory=dict)
    """What the JSON object says beside the snapshot."""


def summed_up(snapshot: Snapshot, config: Config, job: Job, of_kind: BuiltIn | None, how: Telling) -> int:
    """Make the reports and tell how a run has ended; the exit code."""
    frontier = build_frontier(config.frontier_place)
    snapshot = refused_files.warned(snapshot, frontier)
    if of_kind and tables_made(snapshot):
        _report(of_kind, config, how, snapshot.seconds if snapshot.requests else None)
    if tables_made(snapshot) or snapshot.held:
        quality_report.write(config, frontier, snapshot)
    _tell(noted(snapshot, how.arguments + how.more, command=how.command), config, job, how)
    return snapshot.exit or 0


def tables_made(snapshot: Snapshot) -> bool:
    """Whether the finished tables are as new as what is stored."""
    return snapshot.exit in TABLES_MADE and not snapshot.beside


def _report(job: BuiltIn, config: Config, how: Telling, crawled: float | None) -> None:
    """End the run of a built-in job with its report; a crawl without tables to read still succeeds.

    `crawled` is how many seconds the crawl took, if it sent any request.
    """
    try:
        report.make(job, config, None if how.quiet else console(stderr=how.as_json), crawled)
    except UsageError as why_not:
        echo(f"no report: {why_not}", err=True)


def _tell(snapshot: Snapshot, config: Config, job: Job, how: Telling) -> None:
    """Print the summary, to stderr if stdout is for JSON."""
    withheld = snapshot.exit == Exit.USAGE
    if (snapshot.state is not RunState.STOPPED or snapshot.held or withheld) and snapshot.note:
        echo(snapshot.note, err=True)
    if how.quiet:
        _warn(snapshot, config, how)
    if not how.quiet:
        names = [table.name for table in job.tables] if tables_made(snapshot) else []
        finished = outputs.finished(config, snapshot.records, names)
        console(stderr=how.as_json).print(tables.summary(snapshot, finished, _hints(snapshot, config, how)))
    if how.as_json:
        echo(json.dumps({**snapshot.as_dict(), **how.beside}))


def _warn(snapshot: Snapshot, config: Config, how: Telling) -> None:
    """Print what a person should know, and nothing of a good run."""
    steps = (
        mending(snapshot, how.arguments, by_rules=config.kind is None, command=how.command)
        if snapshot.exit == Exit.FAILURES
        else ()
    )
    for line in (*snapshot.warnings, *steps):
        echo(line, err=True)


def _hints(snapshot: Snapshot, config: Config, how: Telling) -> list[str]:
    """Where else to look, and what to do next."""
    hints = []
    if (far := outputs.tables_elsewhere(config)) and tables_made(snapshot):
        hints.append(f"Tables are in {', '.join(far)}")
    if (page := quality_report.place(config)).exists() and snapshot.exit in TABLES_MADE:
        hints.append(f"What each column holds is in {page}; open it in any browser")
    if files := snapshot.files[ShownState.DONE]:
        hints.append(f"Downloaded files ({count(files)}) are in {outputs.blobs_place(config)}")
    failed = _failed(snapshot, config)
    if snapshot.state is RunState.FINISHED and not any(snapshot.records.values()):
        if config.kind is None:
            hints.append(
                f"No rule made a record. To see what they extract from a page:  asyncscrape try {how.arguments} URL"
            )
        hints += [f"{group.reason}: {group.detail}" for group in failed[:TOLD]]
    if failed:
        hints.append(f"To see what failed, and why:  asyncscrape errors {how.arguments}")
    if sum(snapshot.skipped.values()) > snapshot.pages[ShownState.DONE]:
        hints.append(f"To see which links were not followed, and why:  asyncscrape errors {how.arguments} --skipped")
    if any(may_pass(group.reason) for group in failed):
        hints.append(f"To try the failed URLs again:  asyncscrape retry {how.arguments}, then run")
    if snapshot.exit == Exit.FAILURES:
        hints += _steps(snapshot, config, how)
    if Exit(snapshot.exit or 0).resumable:
        hints.append(f"To resume:  asyncscrape {how.command} {how.arguments}{how.more}")
    return hints


def _steps(snapshot: Snapshot, config: Config, how: Telling) -> list[str]:
    """What to do about tables that are not as expected. What was imported can be read by other rules."""
    command = "run" if how.command == "run" else "extract"
    arguments = how.arguments + (how.more if how.command == "extract" else "")
    return mending(snapshot, arguments, by_rules=config.kind is None, command=command)


def _failed(snapshot: Snapshot, config: Config) -> list[UrlGroup]:
    """The failed URLs by reason; nobody looks for them if there are none."""
    if snapshot.exit != Exit.FAILURES and not (snapshot.pages[ShownState.FAILED] + snapshot.files[ShownState.FAILED]):
        return []
    return grouped(asyncio.run(build_frontier(config.frontier_place).failures()))
