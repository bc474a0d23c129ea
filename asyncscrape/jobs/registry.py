"""The registry of jobs: the built-in ones by the `kind` that a config names, and the one for page rules.

A new built-in job adds one line here. A job is imported only when a config asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from asyncscrape.jobs.base import BuiltIn

if TYPE_CHECKING:
    from asyncscrape.config.models import Config
    from asyncscrape.crawl_job import Job

KINDS = (
    "crypto",
    "music",
    "network",
)  # fmt: skip
"""Each kind is also the name of the folder beside this file that holds the job."""


def rule_job(config: Config) -> Job:
    """The job of a config without `kind`, made from its page rules."""
    from asyncscrape.jobs.rules import job

    return job.rule_job(config)


class Registry(Mapping[str, BuiltIn]):
    """The jobs by kind; each is imported only when it is asked for."""

    def __getitem__(self, kind: str) -> BuiltIn:
        if kind not in KINDS:
            raise KeyError(kind)
        job: BuiltIn = import_module(f"asyncscrape.jobs.{kind}.built_in").JOB
        return job

    def __contains__(self, kind: object) -> bool:
        return kind in KINDS

    def __iter__(self) -> Iterator[str]:
        return iter(KINDS)

    def __len__(self) -> int:
        return len(KINDS)
