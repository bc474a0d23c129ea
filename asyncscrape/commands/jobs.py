"""From a config to its job: one of page rules, or the built-in job of its kind."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from asyncscrape.commands.job_argument import Chosen
from asyncscrape.config.models import Config
from asyncscrape.crawl_job import Job
from asyncscrape.frontier.base import Frontier
from asyncscrape.frontier.build import build_frontier
from asyncscrape.jobs.base import BuiltIn
from asyncscrape.jobs.registry import rule_job
from asyncscrape.model import Table


def built_in(config: Config, jobs: Mapping[str, BuiltIn]) -> BuiltIn | None:
    """The built-in job that a config names; None for a job of page rules."""
    return None if config.kind is None else jobs[config.kind]


def job_of(config: Config, jobs: Mapping[str, BuiltIn]) -> Job:
    """The job, which continues from what earlier runs requested."""
    found = built_in(config, jobs)
    if found is None:
        return rule_job(config)
    frontier = build_frontier(config.frontier_place)
    past = asyncio.run(frontier.past(found.past_kinds))
    job = found.job(config, past, datetime.now(UTC).date())
    return replace(job, tables=(*job.tables, *asyncio.run(_enriched(found, frontier))))


async def _enriched(job: BuiltIn, frontier: Frontier) -> Sequence[Table]:
    """The tables that enrichments have filled: from then on they are kept like the others. In a new generation they
    are empty until the next enrichment.
    """
    standing = await frontier.standing() if job.derived else None
    if standing is None:
        return ()
    before = (name for name, facts in standing.totals.facts_before.items() if facts.rows)
    filled = {*(name for name, rows in standing.totals.records.items() if rows), *before}
    return [table for table in job.derived if table.name in filled]


def never_run(config: Config, chosen: Chosen) -> str:
    """The message about a job that has stored nothing: where it was looked for, and what to do."""
    return (
        f"there is no job in {config.frontier_place}; {_elsewhere(config)}else run it first:  "
        f"asyncscrape run {chosen.arguments}"
    )


def _elsewhere(config: Config) -> str:
    if config.frontier_place.database is not None:
        return "if its state is in another database, set the `url` of [frontier]; "
    return "if it was run from another folder, go there, or set its `data` folder; "


def tables_of(config: Config, jobs: Mapping[str, BuiltIn]) -> list[str]:
    """The tables that runs and enrichments of the job fill."""
    found = built_in(config, jobs)
    return [table.name for table in (*record_tables(config, jobs), *(found.derived if found else ()))]


def record_tables(config: Config, jobs: Mapping[str, BuiltIn]) -> tuple[Table, ...]:
    """The tables that a run fills, whatever earlier runs requested."""
    found = built_in(config, jobs)
    return rule_job(config).tables if found is None else found.tables
