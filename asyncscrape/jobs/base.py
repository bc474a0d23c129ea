"""The interface of a built-in job. Each is a folder beside this file and a line in `registry.py`.

The folder's module `built_in` holds one value, `JOB`, of the type below. Commands use it in this order:

1. its keys are read with the rest of the config     `section`, `presets`, `findings`, `needs`
2. `check` says what it would do                     `plan`
3. `run` goes on from the requests of earlier runs   `past_kinds`, `job`
4. `report` makes files of the finished tables       `report`
5. `enrich` makes further tables of them             `enrichments`
6. `generate cover` follows its pictures             `felt_artworks`

Nothing heavy is imported here, because the command line loads the registry before it knows which command to run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    import polars as pl
    from rich.console import RenderableType

    from asyncscrape.analysis.generation.artwork_colours import Artwork
    from asyncscrape.config.checks import Finding
    from asyncscrape.config.models import Config
    from asyncscrape.config.section import Section
    from asyncscrape.crawl_job import Job
    from asyncscrape.enrichments import Enrichment
    from asyncscrape.model import PastRequest, Table


@dataclass(frozen=True)
class FinishedTables:
    """The input of a report, and the folder for its files."""

    config: Config
    read: Callable[[Table], pl.DataFrame]
    """Read a finished table, from the best form it was written in. Raises UsageError if there is none."""
    has: Callable[[Table], bool]
    """Whether a finished table is there to be read."""
    folder: Path
    """The folder for the files of the report."""
    synthetic: bool
    """Whether the data came from the built-in replica and must not be taken for real."""
    crawl_seconds: float | None = None
    """How long the crawl that just ended took; None if it made no requests."""


@dataclass(frozen=True)
class BuiltIn:
    """A built-in job."""

    section: type[Section]
    """The keys of its table in the config, which is named after its kind; each has a default."""
    presets: Callable[[Mapping[str, Any], Mapping[str, str]], Mapping[str, Any]]
    """Values for keys of the config, used where the file does not set them; given this table as written, and the
    environment."""
    findings: Callable[[Mapping[str, Any]], Iterator[Finding]]
    """Contradictions in the same table, each with its place."""
    plan: Callable[[Config], Iterator[str]]
    """The lines in which `check` says what a run would do."""
    tables: tuple[Table, ...]
    """The tables it fills, whatever the config says."""
    past_kinds: tuple[str, ...]
    """The kinds of earlier requests it needs to know when it goes on."""
    job: Callable[[Config, Sequence[PastRequest], date], Job]
    """The job to crawl, given these earlier requests and today's date (UTC)."""
    extras: tuple[str, ...]
    """The extras of pyproject.toml it needs: without them a run is refused."""
    report: Callable[[FinishedTables], RenderableType]
    """Write the files of its report, and return what the terminal shows. Raises UsageError if there is no data."""
    opens_pages: Callable[[Config], bool] = lambda config: False
    """Whether it opens pages in a browser, which needs the extra for that."""
    needs: Callable[[Mapping[str, Any]], Iterator[Finding]] = lambda table: iter(())
    """What must be in the same table before a site is asked, such as credentials; other commands do without."""
    bundles: str = "bundles"
    """What its bundles of requests are, for people: "accounts"."""
    report_only: Callable[[Config], str] = lambda config: ""
    """Why its config is good for the command `report` and cannot be run; empty if it can."""
    enrichments: Mapping[str, Enrichment] = field(default_factory=dict)
    """What the command `enrich` can add to its tables, by the name that people give the command."""
    enriches: Callable[[Config, str], bool] = lambda config, name: True
    """Whether one of these has anything to do for a config; asked for those who want all."""
    lasting: tuple[str, ...] = ()
    """Tables of observations that no later crawl can make again; a new generation would begin without them."""
    felt_artworks: Callable[[FinishedTables, str], Sequence[Artwork]] | None = None
    """The stored artworks of which it is known how people feel about what they belong to; None for a job that has no
    such. The text is how the command line names the job, for advice. Raises UsageError if there are none."""

    @property
    def derived(self) -> tuple[Table, ...]:
        """The tables that enrichments fill."""
        steps = [step for enrichment in self.enrichments.values() for step in enrichment.steps]
        return tuple(table for step in steps for table in step.tables)
