"""The page about the quality of finished tables, among the files of a job's report."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from asyncscrape.config.models import Config
from asyncscrape.config.wishes_of import wishes_of
from asyncscrape.frontier.base import Frontier
from asyncscrape.model import Table
from asyncscrape.quality.coverage import covered
from asyncscrape.snapshots import snapshot_of
from asyncscrape.stats import Snapshot

QUALITY = "quality.html"


def place(config: Config) -> Path:
    """The path of the page."""
    return config.directory / "report" / QUALITY


def write_stored(config: Config, frontier: Frontier, tables: Sequence[Table]) -> None:
    """Write the page about the tables as they are stored."""
    standing = asyncio.run(frontier.standing())
    if standing is not None:
        snapshot = covered(snapshot_of(config.name, standing), standing.totals, tables, wishes_of(config))
        write(config, frontier, snapshot)


def write(config: Config, frontier: Frontier, snapshot: Snapshot) -> None:
    """Write the page about finished tables, if the facts about them are known."""
    standing = asyncio.run(frontier.standing())
    if standing is None or not standing.totals.facts:
        return
    from asyncscrape.analysis.quality_page import page
    from asyncscrape.analysis.report_files import write as write_files

    write_files(place(config).parent, [(QUALITY, page(snapshot, standing.totals))])
