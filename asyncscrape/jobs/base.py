"""The interface of a built-in job, which is made of a folder beside this file and a line in `registry.py`.

The folder's module `built_in` holds one value, `JOB`, of the type below. Commands do with it, in this order:

1. its keys are read with the rest of the config     `section`, `presets`, `findings`
2. `check` tells what it would do                    `plan`
3. `run` goes on from what was asked for before      `past_kinds`, `job`
4. `report` makes something of the finished tables   `report`

Nothing heavy is imported here: the command line knows the registry before it knows what it is to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    import polars as pl
    from rich.console import RenderableType

    from asyncscrape.config.checks import Finding
    from asyncscrape.config.models import Config, Section
    from asyncscrape.model import Job, PastRequest, Table


@dataclass(frozen=True)
class FinishedTables:
    """What a report is made of, and where it goes."""

    config: Config
    read: Callable[[Table], pl.DataFrame]
    """A finished table, from the best of the files it was written to. Raises UsageError where there is none."""
    folder: Path
    """Where the files of the report are put."""
    synthetic: bool
    """Whether the data came from the built-in replica, and so must not be taken for real."""
    crawl_seconds: float | None = None
    """How long the crawl took that has just ended, if it asked for anything."""


@dataclass(frozen=True)
class BuiltIn:
    """A built-in job."""

    section: type[Section]
    """The keys of its table in the config, which is called as its kind; each has a default."""
    presets: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    """From this table as the file has it: what the job sets elsewhere in the config where that says nothing."""
    findings: Callable[[Mapping[str, Any]], Iterator[Finding]]
    """From the same: what does not go together, at places within the table."""
    plan: Callable[[Config], Iterator[str]]
    """What a run would do, line by line."""
    tables: tuple[Table, ...]
    """The tables that it fills, whatever the config says."""
    past_kinds: tuple[str, ...]
    """The kinds of requests that it wants to be told of when it goes on."""
    job: Callable[[Config, Sequence[PastRequest], date], Job]
    """What to crawl, after these requests were asked before, on this day (UTC)."""
    extras: tuple[str, ...]
    """What must be installed besides, by its name in pyproject.toml: a run is refused without it."""
    report: Callable[[FinishedTables], RenderableType]
    """Write the files of its report; what the terminal shows of them. Raises UsageError where there is no data."""
