"""Whether several workers may run a job."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from asyncscrape.commands.jobs import record_tables
from asyncscrape.config.models import Config
from asyncscrape.config.one_machine import reasons
from asyncscrape.errors import UsageError
from asyncscrape.jobs.base import BuiltIn
from asyncscrape.model import Table


def require(config: Config, jobs: Mapping[str, BuiltIn]) -> None:
    """Raise UsageError with everything that keeps several workers from running the job."""
    if found := reasons(config, record_tables(config, jobs)):
        raise UsageError("\n".join(["several workers cannot run this job:", *(f"  {one}" for one in found)]))


def plan(config: Config, tables: Collection[Table]) -> Iterator[str]:
    """What `check` says of it, of a job whose state is where several workers could share it."""
    if config.frontier_place.database is None:
        return
    found = reasons(config, tables)
    yield "one at a time, since" if found else f"any number; more than {most_workers(config)} would wait in reserve"
    yield from found


def fitting(room: int, config: Config) -> int:
    """How many workers are started where there is room for so many: none that would wait in reserve."""
    return max(1, min(room, most_workers(config)))


def most_workers(config: Config) -> int:
    """Among how many workers the limits of the whole run can be divided; further ones wait in reserve."""
    politeness = config.politeness
    most: int = min(politeness.concurrency, politeness.per_address)
    return most if politeness.rate is None else min(most, politeness.rate.count)
