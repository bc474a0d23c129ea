"""`extract`: the rules are run over the kept answers, without any network, as a new generation of the same stores.

It is a crawl like any other, with the archive in the place of the network: the seeds are asked first, and links lead
on. What is found and not kept fails as such, and waits for the next run in the end.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from asyncscrape.archive.base import Archive
from asyncscrape.commands import again, quality_report
from asyncscrape.commands.archive import TURN_ON
from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.job_config import console, load
from asyncscrape.commands.jobs import built_in, job_of
from asyncscrape.commands.run import Options, carried_out, tables_made, tell
from asyncscrape.config.models import Config
from asyncscrape.crawl.build import Builders, Limits, from_archive
from asyncscrape.crawl.judgement import Consent
from asyncscrape.crawl.run import Crawl
from asyncscrape.errors import Reason, UsageError
from asyncscrape.frontier.build import build_frontier
from asyncscrape.own_folders import ARCHIVE
from asyncscrape.snapshots import finished
from asyncscrape.stats import RunState
from asyncscrape.storage.build import build_blobs, import_libraries, open_archive
from asyncscrape.views.echo import echo
from asyncscrape.views.figures import count

MARK = "extracting"
"""The file in the archive's folder with the generation that is made of it."""
AT_ONCE = 64
NO_DELAY: Mapping[str, object] = {
    **dict.fromkeys(("per_host", "concurrency"), AT_ONCE),
    "delay": 0.0,
    "rate": None,
    "robots": False,
    "hosts": {},
}


def extract_job(chosen: Chosen, options: Options) -> int:
    """Make a new generation of what is kept; the exit code."""
    config = load(chosen, level="error" if options.quiet else None, asks=True)
    job = job_of(config, chosen.jobs)
    if job.plans is not None:
        raise UsageError("extract does not read pages that a browser has opened yet; crawl them with `run --again`")
    import_libraries(*config.record_stores, config.blob_store)
    with open_archive(config.directory, config.name) as archive:
        if archive is None:
            raise UsageError(f"nothing is kept in {config.directory / ARCHIVE}: {TURN_ON}")
        found = built_in(config, chosen.jobs)
        asyncio.run(_begun(config, found.lasting if found and not options.yes else ()))
        job = replace(job_of(config, chosen.jobs), access=())
        frontier, consent = build_frontier(config.directory), Consent(options.accept)
        with _answering(config, archive) as builders:
            crawl = lambda: Crawl(  # noqa: E731
                offline(config), job, frontier, limits=Limits(), consent=consent, builders=builders
            )
            snapshot = carried_out(crawl, config, None if options.quiet else console(stderr=True))
    if tables_made(snapshot) or snapshot.held:
        quality_report.write(config, frontier, snapshot)
    tell(snapshot, config, job, options, chosen.arguments)
    if snapshot.state is RunState.FINISHED:
        _end(config)
    return snapshot.exit or 0


def offline(config: Config) -> Config:
    """The config of a crawl that asks nobody: no pace, no robots.txt, no login, and any share may be missing."""
    browser = config.fetch.browser.model_copy(update={"login": (), "storage_state": False})
    fetch = config.fetch.model_copy(update={"retries": 0, "max_failure_ratio": 1.0, "browser": browser})
    return config.model_copy(update={"fetch": fetch, "politeness": config.politeness.model_copy(update=NO_DELAY)})


async def _begun(config: Config, lasting: tuple[str, ...]) -> None:
    """Begin a generation, or go on with the one that a killed extraction has begun."""
    frontier, mark = build_frontier(config.directory), config.directory / ARCHIVE / MARK
    standing = await frontier.standing()
    if standing is None or not standing.totals.requests:
        mark.write_text("1", "utf-8")
        return
    number = standing.totals.generation.number
    if not finished(standing):
        if not mark.exists() or mark.read_text("utf-8") != str(number):
            raise UsageError(
                "the job is not finished, and extract begins a new generation; finish it with `run` first"
            )
        return
    again.spare("extract", (name for name in lasting if standing.totals.records.get(name)))
    mark.write_text(str(number + 1), "utf-8")
    async with frontier.alone() as owner:
        await owner.begin_generation()


@contextmanager
def _answering(config: Config, archive: Archive) -> Iterator[Builders]:
    """Parts of a crawl that is answered by the archive."""
    folder = config.directory / ".extracting"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files = build_blobs(config.blob_store, config.directory, config.s3)
    try:
        yield Builders(answers=from_archive(archive, files, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _end(config: Config) -> None:
    """What was not kept waits for the next run."""
    left = asyncio.run(_put_back(config))
    (config.directory / ARCHIVE / MARK).unlink(missing_ok=True)
    if left:
        echo(f"{count(left)} of the URLs were never kept; they wait for the next run.", err=True)


async def _put_back(config: Config) -> int:
    async with build_frontier(config.directory).alone() as owner:
        return await owner.requeue(reason=Reason.NOT_KEPT)
