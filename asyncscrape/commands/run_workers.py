"""`run --workers`: the part of a run that several workers carry out, and what they show together."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import msgspec
from rich.console import Console

from asyncscrape.commands.engine import Engine
from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.one_crawl import OVERDUE
from asyncscrape.commands.supervisor import Supervisor
from asyncscrape.commands.whole_job import WholeJob
from asyncscrape.config.models import Config
from asyncscrape.config.wishes_of import wishes_of
from asyncscrape.crawl.build import Limits
from asyncscrape.crawl.judgement import Consent
from asyncscrape.crawl_job import Job
from asyncscrape.errors import Exit, UsageError
from asyncscrape.frontier.build import build_frontier
from asyncscrape.model import Kind, State
from asyncscrape.quality.coverage import covered
from asyncscrape.stats import RunState, ShownState, Snapshot, Totals
from asyncscrape.views import progress

log = logging.getLogger("asyncscrape.run")

TO_CLOSE = 5.0
"""Seconds that a worker gets beyond those after which it ends by itself."""


@dataclass(frozen=True)
class Crew:
    """How the workers are started."""

    chosen: Chosen
    number: int
    limits: Limits
    consent: Consent
    quiet: bool
    replica_at: str | None

    def words(self, name: str, seconds: float | None, stop_at_total: int | None) -> Sequence[str]:
        """The words with which the program is the worker of this name, which has so many seconds."""
        flags = {
            "--verbose": self.chosen.verbose,
            "--accept": self.consent.accept,
            "--mix": self.consent.mix,
            "--quiet": self.quiet,
        }
        values = {
            "--data": self.chosen.data,
            "--of": self.number,
            "--name": name,
            "--time-limit": None if seconds is None else f"{seconds:.3f}s",
            "--stop-at-total": stop_at_total,
            "--replica-at": self.replica_at,
        }
        return [
            *("worker", "--with-parent"),
            *(f"--set={setting}" for setting in self.chosen.settings),
            *(flag for flag, given in flags.items() if given),
            *(f"{option}={value}" for option, value in values.items() if value is not None),
            *("--", str(self.chosen.path)),
        ]


def carried_out_by_workers(crew: Crew, engine: Engine, config: Config, job: Job, screen: Console | None) -> Snapshot:
    """Let several workers carry out a run to its end, or until a signal stops it."""
    snapshot = asyncio.run(_carried_out(crew, engine, config, job, screen))
    if snapshot.exit == Exit.USAGE and (snapshot.state is RunState.RUNNING or not snapshot.requests):
        raise UsageError("no worker could begin; see above")
    return snapshot


async def _carried_out(crew: Crew, engine: Engine, config: Config, job: Job, screen: Console | None) -> Snapshot:
    whole = WholeJob(config, build_frontier(config.frontier_place))
    await whole.look()
    this_run = ThisRun(whole)
    patience = config.fetch.drain_timeout + OVERDUE + TO_CLOSE
    workers = Supervisor(engine, words_of(crew, this_run.pages_before), crew.number, patience)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _interrupt, workers)
    following = asyncio.create_task(whole.follow())
    async with progress.shown(this_run.snapshot, screen) if screen else nullcontext():
        await workers.run()
    following.cancel()
    await asyncio.wait([following])
    if workers.given_up:
        log.error("%s; nothing is lost, run the same command to resume", workers.given_up)
    await whole.look()
    snapshot = this_run.ended(workers.exit)
    return covered(snapshot, whole.standing.totals, job.tables, wishes_of(config)) if whole.standing else snapshot


class ThisRun:
    """What a view shows of a run: requests, bytes and seconds are its own, whatever the job has needed before."""

    def __init__(self, whole: WholeJob) -> None:
        """It begins now."""
        self._whole = whole
        self._before = whole.standing.totals if whole.standing else Totals()
        self._began = time.monotonic()

    @property
    def pages_before(self) -> int:
        """The pages that the job had before this run."""
        return self._before.of(Kind.PAGE, State.DONE, State.FAILED)

    def snapshot(self) -> Snapshot:
        """How the run is doing."""
        return msgspec.structs.replace(self._own(), state=RunState.RUNNING)

    def ended(self, exit_code: int) -> Snapshot:
        """How it has ended."""
        snapshot = self._own()
        pages = sum(snapshot.pages[state] for state in (ShownState.DONE, ShownState.FAILED)) - self.pages_before
        speed = round(pages / max(snapshot.seconds, 0.001), 1)
        return msgspec.structs.replace(snapshot, exit=exit_code, pages_per_second=speed, left=None)

    def _own(self) -> Snapshot:
        snapshot, before = self._whole.snapshot(), self._before.spent
        return msgspec.structs.replace(
            snapshot,
            requests=snapshot.requests - before.requests,
            retries=snapshot.retries - before.retries,
            bytes=snapshot.bytes - before.bytes,
            seconds=round(time.monotonic() - self._began, 3),
        )


def _interrupt(workers: Supervisor) -> None:
    log.warning("stopping all workers; send the signal again to stop at once")
    workers.interrupt()


def words_of(crew: Crew, pages_before: int) -> Callable[[str], Sequence[str]]:
    """What starts each worker, also later in the run: its limits are those of all of them together."""
    began, limits = time.monotonic(), crew.limits
    until = None if limits.max_pages is None else pages_before + limits.max_pages

    def words(name: str) -> Sequence[str]:
        gone = time.monotonic() - began
        left = None if limits.seconds is None else max(0.001, limits.seconds - gone)
        return crew.words(name, left, until)

    return words
