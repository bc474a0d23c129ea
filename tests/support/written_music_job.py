"""A stored music job whose records the test writes itself: no crawl has to find them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from asyncscrape.analysis.finished_tables import read_table
from asyncscrape.config.loading import load
from asyncscrape.config.models import Config
from asyncscrape.crawl.enriching import enrich
from asyncscrape.crawl_job import Job
from asyncscrape.enrichments import TableStep, Tell
from asyncscrape.frontier.base import Group
from asyncscrape.jobs.music.built_in import JOB
from asyncscrape.model import Origin, Record, Withdrawal, timestamp
from asyncscrape.records.lines import encode
from support.job_frontier import job_frontier, state_section

CONFIG = """
name = "job"
kind = "music"
data = "{folder}"
[music]
artists = ["Nora Vale"]
client_id = "x"
client_secret = "y"
[store]
records = ["parquet"]
"""


class Stored:
    """The job."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "music.toml"
        self.file.write_text(CONFIG.format(folder=folder) + state_section(folder), "utf-8")
        self.config: Config = load(self.file, jobs={"music": JOB})
        self.frontier = job_frontier(self.config.directory)
        job: Job = JOB.job(self.config, (), datetime(2026, 11, 27, tzinfo=UTC).date())
        self.job = replace(job, tables=(*job.tables, *JOB.derived))

    async def feed(self, second: int, page: str, *records: Record, gone: tuple[Withdrawal, ...] = ()) -> None:
        """Records of a page that was fetched so many seconds after the beginning."""
        at = timestamp(datetime(2026, 11, 27, tzinfo=UTC) + timedelta(seconds=second))
        async with self.frontier.join() as worker:
            await worker.commit_and_take(Group(made=encode(records, Origin(page, at), gone)), {}, 0.0)

    async def enrich(self, name: str = "comments", tell: Tell = lambda *_: None) -> dict[str, int]:
        steps: tuple[TableStep, ...] = JOB.enrichments[name].steps
        made = await enrich(self.config, self.job, self.frontier, steps, self._read, tell)
        return {table: n for table, n in made.items() if n}

    def rows(self, table: str) -> list[dict[str, Any]]:
        return pl.read_parquet(self.config.directory / f"{table}.parquet").rows(named=True)

    def _read(self, table: Any) -> pl.DataFrame:
        return read_table(self.config.directory / f"{table.name}.parquet", table)
