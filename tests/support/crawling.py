"""A crawl inside the test: a TOML text and servers on loopback go in, tables and a snapshot come out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from blockbuster import blockbuster_ctx

from asyncscrape.config.loading import load
from asyncscrape.config.models import Config
from asyncscrape.crawl.build import BUILDERS, Builders, Limits
from asyncscrape.crawl.judgement import Consent
from asyncscrape.crawl.run import Crawl
from asyncscrape.crawl_job import Job
from asyncscrape.frontier.base import Failure, Frontier
from asyncscrape.jobs.rules.job import rule_job
from asyncscrape.stats import Snapshot
from support.graph_config import toml_lines
from support.job_frontier import job_frontier, state_keys

PATIENCE = 120.0
"""Seconds after which what should have happened counts as hung."""
CONNECTING = ("asyncpg/connect_utils.py", {"_parse_connect_dsn_and_args"})
"""Where a connection to Postgres reads small files when it begins: passwords, and certificates."""
PAGES = """
[[page]]
match = "*"
follow = ["a"]
table = "page"
[page.fields]
title = "h1"
"""


class Crawled(NamedTuple):
    """The results of a run."""

    snapshot: Snapshot
    folder: Path
    failed: list[Failure]

    def rows(self, table: str = "page") -> list[dict[str, Any]]:
        lines = (self.folder / f"{table}.jsonl").read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def failures(self) -> list[Failure]:
        return self.failed


async def crawl(
    folder: Path,
    seeds: list[str],
    *,
    rules: str = PAGES,
    limits: Limits | None = None,
    top: str = "",
    begun: Callable[[Crawl], object] = lambda run: None,
    consent: Consent | None = None,
    builders: Builders = BUILDERS,
    frontier: Frontier | None = None,
    changed: Callable[[Job], Job] = lambda job: job,
    **sections: Mapping[str, Any],
) -> Crawled:
    """Run a job called "job" in this folder. A call that blocks the event loop fails the test.

    `begun` gets the run, so that it can interrupt it. `changed` makes a job that no config can ask for. `builders`
    and `frontier` replace its parts with a test's own.
    """
    config = configured(folder, seeds, rules=rules, top=top, **sections)
    frontier = frontier or job_frontier(config.directory)
    given = {"limits": limits or Limits(), "consent": consent or Consent()}
    run = Crawl(config, changed(rule_job(config)), frontier, **given, builders=builders)  # type: ignore[arg-type]
    begun(run)
    with blockbuster_ctx("asyncscrape") as watch:
        for blocking in watch.functions.values():
            blocking.can_block_in(*CONNECTING)
        snapshot = await run.run()
    return Crawled(snapshot, folder / "job", await frontier.failures())


def configured(
    folder: Path, seeds: list[str], *, rules: str = PAGES, top: str = "", **sections: Mapping[str, Any]
) -> Config:
    """The config of a job called "job" in this folder. Its pages are parsed in place: no process has to start.

    Its servers are given the time that a slow machine needs: a test that awaits a timeout gives its own.
    """
    path = folder / "job.toml"
    patient = {"timeout": "60s", "read_timeout": "60s", "connect_timeout": "60s"}
    fetch = {**patient, "retries": 1, "max_failure_ratio": 1.0, "parse_workers": 0, **sections.pop("fetch", {})}
    settings = {
        "politeness": {"delay": "0s", "per_host": 4, **sections.pop("politeness", {})},
        "fetch": fetch,
        "store": {"records": ["jsonl"], **sections.pop("store", {})},
        "frontier": state_keys(folder),
        **sections,
    }
    tables = "".join(f"[{name}]\n{toml_lines(values)}" for name, values in settings.items())
    head = f'name = "job"\ndata = {json.dumps(str(folder))}\nseeds = {json.dumps(seeds)}\n{top}\n'
    path.write_text(head + tables + rules)
    return load(path, environ={})


async def until(happens: Callable[[], bool]) -> None:
    """Let the crawl go on until this is true."""
    async with asyncio.timeout(PATIENCE):
        while not happens():
            await asyncio.sleep(0.01)
