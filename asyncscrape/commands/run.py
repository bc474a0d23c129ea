"""`run`: set up what surrounds a crawl (replica, signals, progress), run it, and report how it ended."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import resource
import signal
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

import msgspec
from rich.console import Console

from asyncscrape.commands import (
    again,
    fresh,
    local_replica,
    needed_extras,
    outputs,
    quality_report,
    refused_files,
    report,
)
from asyncscrape.commands.errors import grouped
from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.job_config import console, load
from asyncscrape.commands.jobs import built_in, job_of, tables_of
from asyncscrape.commands.notes import mending, noted
from asyncscrape.config.models import Config
from asyncscrape.crawl.build import Limits
from asyncscrape.crawl.judgement import Consent
from asyncscrape.crawl.run import Crawl
from asyncscrape.crawl_job import Job
from asyncscrape.errors import Exit, JobChanged, UsageError
from asyncscrape.frontier.build import build_frontier
from asyncscrape.jobs.base import BuiltIn
from asyncscrape.remedies import may_pass
from asyncscrape.stats import RunState, ShownState, Snapshot
from asyncscrape.storage.build import import_libraries
from asyncscrape.units import DURATION_HELP, duration
from asyncscrape.views import progress, tables
from asyncscrape.views.echo import echo
from asyncscrape.views.figures import count
from asyncscrape.views.url_groups import UrlGroup

log = logging.getLogger("asyncscrape.run")

AT_ONCE = 1.0
"""Seconds to close what can be closed after a second signal."""
OVERDUE = 8.0
"""Seconds after the drain when a run that was told to stop exits regardless: by then everything is closed, unless
something hangs, such as a disk or a server that is gone."""
TOLD = 3
"""How many failure reasons the summary shows when a run stored nothing."""
TABLES_MADE = (Exit.FINISHED, Exit.FAILURES, Exit.LIMIT, Exit.USAGE)
"""The ways to end after which the finished tables of a generation in place are as new as what is stored."""


@dataclass(frozen=True)
class Options:
    """The flags of `run`."""

    fresh: bool = False
    yes: bool = False
    again: bool = False
    accept: bool = False
    mix: bool = False
    max_pages: int | None = None
    time_limit: str | None = None
    as_json: bool = False
    quiet: bool = False


def run_job(chosen: Chosen, options: Options) -> int:
    """Run or resume the job; the exit code."""
    check_flags(options)
    config = load(chosen, level="error" if options.quiet else None, asks=True)
    limits = Limits(options.max_pages, _seconds(options.time_limit))
    needed_extras.require(config, chosen.jobs)
    of_kind = built_in(config, chosen.jobs)
    if of_kind and (why_not := of_kind.report_only(config)):
        raise UsageError(f"{why_not}; what works is:  asyncscrape report {chosen.arguments}")
    if options.fresh:
        fresh.clear(config, tables_of(config, chosen.jobs), ask=not options.yes)
    job = job_of(config, chosen.jobs)
    import_libraries(*config.record_stores, config.blob_store)
    screen = None if options.quiet else console(stderr=True)
    resumed = False
    with local_replica.served(config) as reachable:
        if options.again:
            resumed = again.begin(config, job, of_kind.lasting if of_kind and not options.yes else ())
            job = job_of(config, chosen.jobs)  # what earlier runs requested is forgotten
        frontier, consent = build_frontier(config.directory), Consent(options.accept, options.mix)
        try:
            snapshot = _run(lambda: Crawl(reachable, job, frontier, limits=limits, consent=consent), config, screen)
        except JobChanged as changed:
            raise UsageError(changed.told(chosen.arguments)) from changed
    snapshot = refused_files.warned(snapshot, frontier)
    if of_kind and tables_made(snapshot):
        _report(of_kind, config, options, snapshot.seconds if snapshot.requests else None)
    if tables_made(snapshot) or snapshot.held:
        quality_report.write(config, frontier, snapshot)
    _tell(told_again(noted(snapshot, chosen.arguments), resumed), config, job, options, chosen.arguments)
    return snapshot.exit or 0


def check_flags(options: Options) -> None:
    """Refuse flags that contradict each other."""
    if options.fresh and options.again:
        raise UsageError(
            "--fresh deletes what is stored and starts over; --again crawls anew and keeps the tables until that is "
            "done; choose one"
        )
    if options.fresh and options.mix:
        raise UsageError("--fresh deletes what is stored, so there is nothing to --mix with; choose one")


def told_again(snapshot: Snapshot, resumed: bool) -> Snapshot:
    """The snapshot with a word about a generation that --again did not begin, since it had to `resume` the last."""
    if not resumed or snapshot.state is not RunState.FINISHED:
        return snapshot
    notes = filter(None, (again.only_finished(snapshot.generation), snapshot.note))
    return msgspec.structs.replace(snapshot, note="; ".join(notes))


def tables_made(snapshot: Snapshot) -> bool:
    """Whether the finished tables are as new as what is stored."""
    return snapshot.exit in TABLES_MADE and not snapshot.beside


def _report(job: BuiltIn, config: Config, options: Options, crawled: float | None) -> None:
    """End the run of a built-in job with its report; a crawl without tables to read still succeeds.

    `crawled` is how many seconds the crawl took, if it sent any request.
    """
    try:
        report.make(job, config, None if options.quiet else console(stderr=options.as_json), crawled)
    except UsageError as why_not:
        echo(f"no report: {why_not}", err=True)


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return duration(text)
    except ValueError:
        raise UsageError(f"--time-limit {text}: {DURATION_HELP}") from None


def _run(make: Callable[[], Crawl], config: Config, screen: Console | None) -> Snapshot:
    _raise_file_limit()
    collect_seldom()
    with asyncio.Runner(loop_factory=_event_loop) as runner:
        return runner.run(_crawl(make, config, screen))


def _event_loop() -> asyncio.AbstractEventLoop:
    """The loop of uvloop if it is installed: a fetch takes a fifth less time with it."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def collect_seldom() -> None:
    """Collect garbage seldom: many records make many objects but no cycles; a search every 700 wastes time."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _raise_file_limit() -> None:
    """Open as many files as the system allows: a crawl of many hosts has many connections open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _crawl(make: Callable[[], Crawl], config: Config, screen: Console | None) -> Snapshot:
    crawl = make()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _interrupt, crawl, config.fetch.drain_timeout, loop)
    async with progress.shown(crawl.snapshot, screen) if screen else nullcontext():
        return await crawl.run()


def _interrupt(crawl: Crawl, patience: float, loop: asyncio.AbstractEventLoop) -> None:
    # A thread that sorts a table cannot be stopped, so exit without it: like any other kill, this loses nothing.
    if crawl.interrupt() > 1:
        loop.call_later(AT_ONCE, os._exit, Exit.INTERRUPTED)
    else:
        loop.call_later(patience + OVERDUE, os._exit, Exit.INTERRUPTED)
        log.warning("stopping: open requests have %.0f s to finish; send the signal again to stop at once", patience)


def _tell(snapshot: Snapshot, config: Config, job: Job, options: Options, arguments: str) -> None:
    """Print the summary, to stderr if stdout is for JSON."""
    withheld = snapshot.exit == Exit.USAGE
    if (snapshot.state is not RunState.STOPPED or snapshot.held or withheld) and snapshot.note:
        echo(snapshot.note, err=True)
    if options.quiet:
        _warn(snapshot, config, arguments)
    if not options.quiet:
        names = [table.name for table in job.tables] if tables_made(snapshot) else []
        finished = outputs.finished(config, snapshot.records, names)
        console(stderr=options.as_json).print(tables.summary(snapshot, finished, _hints(snapshot, config, arguments)))
    if options.as_json:
        echo(json.dumps(snapshot.as_dict()))


def _warn(snapshot: Snapshot, config: Config, arguments: str) -> None:
    """Print what a person should know, and nothing of a good run."""
    steps = mending(snapshot, arguments, by_rules=config.kind is None) if snapshot.exit == Exit.FAILURES else ()
    for line in (*snapshot.warnings, *steps):
        echo(line, err=True)


def _hints(snapshot: Snapshot, config: Config, arguments: str) -> list[str]:
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
                f"No rule made a record. To see what they extract from a page:  asyncscrape try {arguments} URL"
            )
        hints += [f"{group.reason}: {group.detail}" for group in failed[:TOLD]]
    if failed:
        hints.append(f"To see what failed, and why:  asyncscrape errors {arguments}")
    if sum(snapshot.skipped.values()) > snapshot.pages[ShownState.DONE]:
        hints.append(f"To see which links were not followed, and why:  asyncscrape errors {arguments} --skipped")
    if any(may_pass(group.reason) for group in failed):
        hints.append(f"To try the failed URLs again:  asyncscrape retry {arguments}, then run")
    if snapshot.exit == Exit.FAILURES:
        hints += mending(snapshot, arguments, by_rules=config.kind is None)
    if Exit(snapshot.exit or 0).resumable:
        hints.append(f"To resume:  asyncscrape run {arguments}")
    return hints


def _failed(snapshot: Snapshot, config: Config) -> list[UrlGroup]:
    """The failed URLs by reason; nobody looks for them if there are none."""
    if snapshot.exit != Exit.FAILURES and not (snapshot.pages[ShownState.FAILED] + snapshot.files[ShownState.FAILED]):
        return []
    return grouped(asyncio.run(build_frontier(config.directory).failures()))
