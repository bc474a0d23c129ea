"""`report`: make tables, pictures and pages of a built-in job from what is stored; its runs end with the same."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from asyncscrape.analysis.finished_tables import READABLE, read_table
from asyncscrape.commands import local_replica, needed_extras, quality_report
from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.job_config import console, load
from asyncscrape.commands.jobs import built_in
from asyncscrape.commands.outputs import files_of
from asyncscrape.config.models import Config
from asyncscrape.errors import UsageError
from asyncscrape.frontier.build import build_frontier
from asyncscrape.jobs.base import BuiltIn, FinishedTables
from asyncscrape.model import Table

if TYPE_CHECKING:
    import polars as pl


def report_job(chosen: Chosen) -> None:
    """Make the report and show what is in it."""
    config = load(chosen)
    job = built_in(config, chosen.jobs)
    if job is None:
        kinds = " or ".join(f'kind = "{kind}"' for kind in chosen.jobs)
        raise UsageError(f"this job uses page rules; only built-in jobs ({kinds}) have a report")
    needed_extras.require(config, chosen.jobs)
    make(job, config, console())
    quality_report.write_stored(config, build_frontier(config.frontier_place), job.tables)


def make(job: BuiltIn, config: Config, screen: Console | None, crawl_seconds: float | None = None) -> None:
    """Make the report of a built-in job in its folder; without a screen nothing is shown."""
    shown = job.report(finished_tables(config, crawl_seconds))
    if screen is not None:
        screen.print(shown)


def finished_tables(config: Config, crawl_seconds: float | None = None) -> FinishedTables:
    """The finished tables of a job; `crawl_seconds` is how long the preceding crawl took."""

    def has(table: Table) -> bool:
        return best_file(config, table) is not None

    synthetic = local_replica.REPLICA in config.fetch.origins.values()
    return FinishedTables(
        config, partial(read_finished, config), has, config.directory / "report", synthetic, crawl_seconds
    )


def read_finished(config: Config, table: Table) -> pl.DataFrame:
    """A finished table, from the best file it is in. Raises UsageError if it is in none."""
    found = best_file(config, table)
    if found is None:
        raise UsageError(
            f"this needs the finished table {table.name} in a file, and there is none; "
            'make sure that [store].records has "parquet", and run the job first'
        )
    return read_table(found, table)


def best_file(config: Config, table: Table) -> Path | None:
    """The best file to read a finished table from; None if it is in no file that can be read."""
    files = {form: path for form, path in files_of(config, table.name) if path.is_file()}
    return next((files[form] for form in READABLE if form in files), None)
