"""From a config to its job: one of page rules, or the built-in job of its kind."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

from asyncscrape.config.models import Config
from asyncscrape.crawl_job import Job
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
    past = asyncio.run(build_frontier(config.directory).past(found.past_kinds))
    return found.job(config, past, datetime.now(UTC).date())


def tables_of(config: Config, jobs: Mapping[str, BuiltIn]) -> list[str]:
    """The tables of the job, whatever earlier runs requested."""
    return [table.name for table in record_tables(config, jobs)]


def record_tables(config: Config, jobs: Mapping[str, BuiltIn]) -> tuple[Table, ...]:
    """The same tables with their columns."""
    found = built_in(config, jobs)
    return rule_job(config).tables if found is None else found.tables
