"""Building a job's frontier: the one place that decides where it is stored."""

from __future__ import annotations

from pathlib import Path

from asyncscrape.frontier.base import Frontier
from asyncscrape.frontier.sqlite.frontier import SqliteFrontier


def build_frontier(directory: Path) -> Frontier:
    """The frontier of the job in this folder."""
    return SqliteFrontier(directory)
