"""The job "music" as commands see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asyncscrape.jobs.base import BuiltIn, FinishedTables
from asyncscrape.jobs.music.config import Music, findings, presets
from asyncscrape.jobs.music.job import ALL_TABLES, music_job
from asyncscrape.jobs.music.plan import plan
from asyncscrape.parsers.beatport.wanted import SEARCH, TRACK
from asyncscrape.parsers.soundcloud.music_tables import TABLES
from asyncscrape.parsers.soundcloud.request_notes import KINDS

if TYPE_CHECKING:
    from rich.console import RenderableType


def report(finished: FinishedTables) -> RenderableType:
    """The number of rows in each table."""
    return "\n".join(f"{table.name}: {finished.read(table).height:,} rows" for table in TABLES)


JOB = BuiltIn(
    section=Music,
    presets=presets,
    findings=findings,
    plan=plan,
    tables=ALL_TABLES,
    past_kinds=(*KINDS, SEARCH, TRACK),
    job=music_job,
    extras=("report",),
    report=report,
)
