"""Kept answers are read in the place of the network: what `extract` and `import` share, and what `run` says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import msgspec
from rich.console import Console

from asyncscrape.commands.one_crawl import carried_out
from asyncscrape.config.models import Config
from asyncscrape.crawl.build import BUILDERS, Limits
from asyncscrape.crawl.judgement import Consent
from asyncscrape.crawl.rereading import KeptSource
from asyncscrape.crawl.run import Crawl
from asyncscrape.crawl_job import Job
from asyncscrape.errors import Reason, UsageError
from asyncscrape.frontier.build import build_frontier
from asyncscrape.quality.shown_values import counted
from asyncscrape.snapshots import finished
from asyncscrape.stats import Snapshot, Standing
from asyncscrape.storage.build import open_archive
from asyncscrape.views.echo import echo

AT_ONCE = 64
NO_PACE: Mapping[str, object] = {
    **dict.fromkeys(("per_host", "concurrency"), AT_ONCE),
    "delay": 0.0,
    "rate": None,
    "robots": False,
    "hosts": {},
}


def reread(config: Config, job: Job, source: KeptSource, consent: Consent, screen: Console | None) -> Snapshot:
    """Crawl with what is kept in the place of the network."""
    frontier, builders = build_frontier(config.frontier_place), msgspec.structs.replace(BUILDERS, source=source)
    without_access = replace(job, access=())
    crawl = partial(
        Crawl, offline(config), without_access, frontier, limits=Limits(), consent=consent, builders=builders
    )
    return carried_out(crawl, config, screen)


def offline(config: Config) -> Config:
    """The config of a crawl that asks nobody: no pace, no robots.txt, no login, no limit."""
    browser = config.fetch.browser.model_copy(update={"login": (), "storage_state": False})
    return config.model_copy(
        update={
            "fetch": config.fetch.model_copy(update={"retries": 0, "browser": browser}),
            "politeness": config.politeness.model_copy(update=NO_PACE),
            "scope": config.scope.model_copy(update={"max_pages": None}),
        }
    )


def tell_what_waits(snapshot: Snapshot, arguments: str) -> None:
    """What was not kept waits for the next run."""
    if left := snapshot.skipped.get(Reason.NOT_KEPT, 0):
        them = "is not kept" if left == 1 else "are not kept"
        echo(f"{counted(left, 'URL')} {them}; the next run asks:  asyncscrape run {arguments}", err=True)


def unless_stopped(standing: Standing | None, arguments: str) -> None:
    """Refuse a run while kept answers are being read: it would ask for pages that need not be asked for."""
    if standing and standing.rereading and not (standing.totals.requests and finished(standing)):
        same = ", with the same --match" if standing.match else ""
        raise UsageError(
            f"kept answers were being read when that was stopped; go on with it{same}, so that no page is asked for "
            f"twice:\n  asyncscrape extract {arguments}"
        )


def instead_of_run(config: Config, arguments: str) -> Mapping[str, str]:
    """The way out for changed rules that asks no site, if answers are kept."""
    with open_archive(config.archive) as archive:
        if archive is None or not archive.number_of_documents():
            return {}
    return {f"asyncscrape extract {arguments}": "run the new rules over the kept answers, without the network"}
