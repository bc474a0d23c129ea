"""From a config to the job that it describes."""

from __future__ import annotations

from asyncscrape.config.models import Config
from asyncscrape.frontier.reading import read_past
from asyncscrape.jobs.rules import rule_job
from asyncscrape.model import Job


def job_of(config: Config) -> Job:
    """The job as it goes on from what earlier runs asked for."""
    match config.kind:
        case "crypto":
            from asyncscrape.jobs.crypto import KINDS, crypto_job

            return crypto_job(config, read_past(config.directory, KINDS))
        case _:
            return rule_job(config)
