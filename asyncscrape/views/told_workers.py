"""The workers of a job: one line each, for jobs that several work on."""

from __future__ import annotations

from collections.abc import Collection

from rich.table import Table
from rich.text import Text

from asyncscrape.stats import WorkerView
from asyncscrape.views.figures import count, rate, span

SEVERAL = 2
"""A worker alone needs no table: what the whole job does is what it does."""
STYLES = {"in reserve": "dim", "without a host": "dim", "silent": "bold red"}


def table(workers: Collection[WorkerView], width: int) -> Table:
    """The workers, each with its share and its last sign of life; a narrow terminal leaves out what lags."""
    wide = width >= 60
    grid = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim", width=width)
    grid.add_column("workers", ratio=1, no_wrap=True, overflow="ellipsis")
    grid.add_column("", no_wrap=True)
    for head in ("hosts", "pages/s", *(("to write",) if wide else ()), "seen"):
        grid.add_column(head, justify="right", no_wrap=True)
    for one in workers:
        lag = (count(one.lag),) if wide else ()
        seen = f"{span(one.seen)} ago"
        state = Text(one.state, STYLES.get(one.state, ""))
        grid.add_row(one.name, state, count(one.hosts), rate(one.pages_per_second), *lag, seen)
    return grid
