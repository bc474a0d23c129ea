"""`run`: set up what surrounds a crawl (replica, signals, progress), run it, and report how it ended."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import msgspec

from asyncscrape.commands import again, fresh, local_replica, many_workers, needed_extras
from asyncscrape.commands.chosen_engine import engine_for
from asyncscrape.commands.engine import EngineName
from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.job_config import console, load
from asyncscrape.commands.jobs import built_in, job_of, tables_of
from asyncscrape.commands.not_moved import refuse_not_moved
from asyncscrape.commands.one_crawl import carried_out
from asyncscrape.commands.reread import instead_of_run, unless_stopped
from asyncscrape.commands.run_limits import seconds
from asyncscrape.commands.run_workers import Crew, carried_out_by_workers
from asyncscrape.commands.summing_up import Telling, summed_up
from asyncscrape.config.models import Config
from asyncscrape.crawl.build import Limits
from asyncscrape.crawl.judgement import Consent
from asyncscrape.crawl.run import Crawl
from asyncscrape.crawl_job import Job
from asyncscrape.errors import JobChanged, UsageError
from asyncscrape.frontier.build import build_frontier
from asyncscrape.stats import RunState, Snapshot
from asyncscrape.storage.build import import_libraries


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
    workers: int | None = None
    """How many work on the job; None for this process alone, or for as many as the engine has room for."""
    engine: EngineName | None = None
    """Where workers are started; None for this machine."""

    @property
    def several(self) -> bool:
        """Whether workers carry out the run, and not this process."""
        return self.workers is not None or self.engine is not None


def run_job(chosen: Chosen, options: Options) -> int:
    """Run or resume the job; the exit code."""
    check_flags(options)
    config = load(chosen, level="error" if options.quiet else None, asks=True)
    limits = Limits(options.max_pages, seconds(options.time_limit))
    if options.engine is EngineName.RAY:
        needed_extras.require_for_command("ray")
    if options.several:
        many_workers.require(config, chosen.jobs)
    needed_extras.require(config, chosen.jobs)
    of_kind = built_in(config, chosen.jobs)
    if of_kind and (why_not := of_kind.report_only(config)):
        raise UsageError(f"{why_not}; what works is:  asyncscrape report {chosen.arguments}")
    if options.fresh:
        fresh.clear(config, tables_of(config, chosen.jobs), ask=not options.yes)
    job = job_of(config, chosen.jobs)
    import_libraries(*config.record_stores, config.blob_store, *config.frontier_place.databases)
    resumed = False
    with local_replica.served(config) as replica:
        if options.again:
            resumed = again.begin(config, job, of_kind.lasting if of_kind and not options.yes else ())
            job = job_of(config, chosen.jobs)  # what earlier runs requested is forgotten
        snapshot = _crawled(chosen, config, job, options, limits, replica)
    how = Telling(chosen.arguments, as_json=options.as_json, quiet=options.quiet, more=told_workers(options))
    return summed_up(told_again(snapshot, resumed), config, job, of_kind, how)


def _crawled(
    chosen: Chosen, config: Config, job: Job, options: Options, limits: Limits, replica: str | None
) -> Snapshot:
    """Crawl in this process, or let workers do it."""
    frontier, consent = build_frontier(config.frontier_place), Consent(options.accept, options.mix)
    screen = None if options.quiet else console(stderr=True)
    standing = asyncio.run(frontier.standing())
    unless_stopped(standing, chosen.arguments)
    if not options.fresh:
        refuse_not_moved(config, standing, chosen.arguments)
    if options.several:
        with engine_for(options.engine, config) as engine:
            number = options.workers or many_workers.fitting(engine.room, config)
            crew = Crew(chosen, number, limits, consent, options.quiet, replica)
            return carried_out_by_workers(crew, engine, config, job, screen)
    reachable = local_replica.reachable(config, replica)
    crawl = lambda: Crawl(reachable, job, frontier, limits=limits, consent=consent)  # noqa: E731
    try:
        return carried_out(crawl, config, screen)
    except JobChanged as changed:
        ways = instead_of_run(config, chosen.arguments)
        raise UsageError(changed.told(chosen.arguments, ways)) from changed


def told_workers(options: Options) -> str:
    """The flags that let workers carry out the run, each behind a space."""
    given = {"engine": options.engine, "workers": options.workers}
    return "".join(f" --{name} {value}" for name, value in given.items() if value is not None)


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
