"""`worker`: one of several workers on a job whose state they share; it takes part until the whole job is finished."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from asyncscrape.commands import local_replica, many_workers, needed_extras
from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.job_config import console, load
from asyncscrape.commands.jobs import built_in, job_of
from asyncscrape.commands.not_moved import refuse_not_moved
from asyncscrape.commands.one_crawl import carried_out
from asyncscrape.commands.reread import unless_stopped
from asyncscrape.commands.run_limits import seconds
from asyncscrape.config.models import Config
from asyncscrape.crawl.build import Limits
from asyncscrape.crawl.judgement import Consent
from asyncscrape.crawl.run import Crawl
from asyncscrape.errors import Exit, JobChanged, UsageError
from asyncscrape.frontier.build import build_frontier
from asyncscrape.process_name import process_name
from asyncscrape.stats import Snapshot
from asyncscrape.storage.build import import_libraries
from asyncscrape.team import Team
from asyncscrape.views.echo import echo
from asyncscrape.views.progress import line


@dataclass(frozen=True)
class WorkerOptions:
    """The flags of `worker`."""

    name: str = ""
    of: int = 1
    accept: bool = False
    mix: bool = False
    time_limit: str | None = None
    quiet: bool = False
    with_parent: bool = False
    """Whether it was started by `run --workers`, which shows the progress and tells the end."""
    stop_at_total: int | None = None
    """Pages of the whole job after which all its workers stop."""
    replica_at: str | None = None
    """The address of the replica that serves all workers."""


def work_on_job(chosen: Chosen, options: WorkerOptions) -> int:
    """Take part in the job until it is finished, or until this worker is stopped; the exit code."""
    config = load(chosen, level="error" if options.quiet else None, asks=True, worker=options.name)
    limits = Limits(options.stop_at_total, seconds(options.time_limit))
    many_workers.require(config, chosen.jobs)
    needed_extras.require(config, chosen.jobs)
    of_kind = built_in(config, chosen.jobs)
    if of_kind and (why_not := of_kind.report_only(config)):
        raise UsageError(f"{why_not}; what works is:  asyncscrape report {chosen.arguments}")
    job = job_of(config, chosen.jobs)
    import_libraries(*config.record_stores, config.blob_store, *config.frontier_place.databases)
    frontier, team = build_frontier(config.frontier_place), team_of(config, options)
    standing = asyncio.run(frontier.standing())
    unless_stopped(standing, chosen.arguments)
    refuse_not_moved(config, standing, chosen.arguments)
    consent = Consent(options.accept, options.mix)
    silent = options.quiet or options.with_parent
    with local_replica.served(config, options.replica_at) as address:
        config = local_replica.reachable(config, address)
        crawl = lambda: Crawl(config, job, frontier, limits=limits, consent=consent, team=team)  # noqa: E731
        try:
            screen = None if silent else console(stderr=True)
            snapshot = carried_out(crawl, config, screen, with_parent=options.with_parent)
        except JobChanged as changed:
            raise UsageError(changed.told(chosen.arguments)) from changed
    _tell(snapshot, chosen.arguments, silent=silent)
    return exit_code(snapshot, with_parent=options.with_parent)


def team_of(config: Config, options: WorkerOptions) -> Team:
    """What this worker says of itself to the others, and what they have to share."""
    rate, limits = config.politeness.rate, (config.scope.max_pages, options.stop_at_total)
    return Team(
        process_name(options.name),
        expected=options.of,
        most=many_workers.most_workers(config),
        settling=rate.seconds if rate else 0.0,
        most_pages=min((most for most in limits if most is not None), default=None),
    )


def exit_code(snapshot: Snapshot, *, with_parent: bool) -> int:
    """A worker has done its part if the job is finished, however that is judged; `run --workers` tells by it."""
    code = snapshot.exit or Exit.FINISHED
    return Exit.FINISHED if code == Exit.FAILURES and not with_parent else code


def _tell(snapshot: Snapshot, arguments: str, *, silent: bool) -> None:
    """How this worker has ended, and where to look at the whole job."""
    if snapshot.exit in (Exit.USAGE, Exit.STORE) and snapshot.note:
        echo(snapshot.note, err=True)
    if silent:
        return
    for warning in snapshot.warnings:
        echo(warning, err=True)
    echo(f"{snapshot.state}: {line(snapshot)}", err=True)
    echo(f"To see the whole job:  asyncscrape status {arguments}", err=True)
