"""The progress of a job's state on its way into a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Show = Callable[[int, int], None]
"""Called with the number of rows that have moved, and that of all rows."""


@contextmanager
def shown(console: Console) -> Iterator[Show]:
    """Show what is told for as long as the block lasts; nothing without a terminal."""
    if not console.is_terminal or console.is_dumb_terminal:
        yield lambda moved, rows: None
        return
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("rows", total=None)
        yield lambda moved, rows: progress.update(bar, completed=moved, total=rows)
