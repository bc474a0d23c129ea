"""The page about the quality of finished tables, among the files of a job's report."""

from __future__ import annotations

import asyncio
from pathlib import Path

from asyncscrape.config.models import Config
from asyncscrape.frontier.base import Frontier
from asyncscrape.stats import Snapshot

QUALITY = "quality.html"


def place(config: Config) -> Path:
    """The path of the page."""
    return config.directory / "report" / QUALITY


def write(config: Config, frontier: Frontier, snapshot: Snapshot) -> None:
    """Write the page about the tables that a run has just finished, if their facts are known."""
    standing = asyncio.run(frontier.standing())
    if standing is None or not standing.totals.facts:
        return
    from asyncscrape.analysis.quality_page import page
    from asyncscrape.analysis.report_files import write as write_files

    write_files(place(config).parent, [(QUALITY, page(snapshot, standing.totals))])
