"""Whether several workers may run a job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from asyncscrape.commands.jobs import record_tables
from asyncscrape.config.models import Config
from asyncscrape.config.one_machine import reasons
from asyncscrape.errors import UsageError
from asyncscrape.jobs.base import BuiltIn
from asyncscrape.model import Table

NO_SHARED_STATE = (
    "frontier.url: the state of the job is in a file of this machine, and several workers need one that they share; "
    'set the `url` of [frontier] to a Postgres database, such as url = "env:FRONTIER_URL"'
)


def obstacles(config: Config, jobs: Mapping[str, BuiltIn]) -> list[str]:
    """Why only one worker can run the job, each with what to change; empty if several can."""
    shared = () if config.frontier_place.database is not None else (NO_SHARED_STATE,)
    return [*shared, *reasons(config, record_tables(config, jobs))]


def require(config: Config, jobs: Mapping[str, BuiltIn]) -> None:
    """Raise UsageError with everything that keeps several workers from running the job."""
    if found := obstacles(config, jobs):
        lines = "\n".join(f"  {one}" for one in found)
        raise UsageError(f"several workers cannot run this job:\n{lines}")


def plan(config: Config, tables: Sequence[Table]) -> Iterator[str]:
    """What `check` says of it, of a job whose state several workers could share."""
    if config.frontier_place.database is None:
        return
    found = reasons(config, tables)
    yield "one at a time, since" if found else f"any number; more than {most_workers(config)} would wait in reserve"
    yield from found


def most_workers(config: Config) -> int:
    """Among how many workers the limits of the whole run can be divided; further ones wait in reserve."""
    politeness = config.politeness
    most: int = min(politeness.concurrency, politeness.per_address)
    return most if politeness.rate is None else min(most, politeness.rate.count)
