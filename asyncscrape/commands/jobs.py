"""From a config to the job that it describes."""

from __future__ import annotations

import asyncio

from asyncscrape.config.models import Config
from asyncscrape.frontier.build import build_frontier
from asyncscrape.jobs.rules.job import rule_job
from asyncscrape.model import Job, Table


def job_of(config: Config) -> Job:
    """The job as it goes on from what earlier runs asked for."""
    match config.kind:
        case "crypto":
            from asyncscrape.jobs.crypto.job import KINDS, crypto_job

            return crypto_job(config, asyncio.run(build_frontier(config.directory).past(KINDS)))
        case _:
            return rule_job(config)


def tables_of(config: Config) -> list[str]:
    """The tables of the job, whatever earlier runs asked for."""
    match config.kind:
        case "crypto":
            from asyncscrape.jobs.crypto.job import TABLES

            tables: tuple[Table, ...] = TABLES
        case _:
            tables = rule_job(config).tables
    return [table.name for table in tables]
