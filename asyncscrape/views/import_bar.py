"""The progress of an import: a bar for each file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from asyncscrape.views.figures import count

Show = Callable[[str, int, int, int], None]
"""Called with a file, the bytes of it that were read, its size, and the answers that have come so far."""


@contextmanager
def shown(console: Console | None) -> Iterator[Show]:
    """Show what is told for as long as the block lasts; nothing without a terminal."""
    if console is None or not console.is_terminal or console.is_dumb_terminal:
        yield lambda file, read, size, answers: None
        return
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
    bars: dict[str, TaskID] = {}
    with Progress(*columns, TextColumn("{task.fields[told]}"), console=console, transient=True) as progress:

        def show(file: str, read: int, size: int, answers: int) -> None:
            if file not in bars:
                bars[file] = progress.add_task(file, total=size, told="")
            progress.update(bars[file], completed=read, told=f"{count(answers)} answers")

        yield show
