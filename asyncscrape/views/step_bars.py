"""The progress of `enrich`: a bar for each step on a terminal, or a line now and then elsewhere."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from asyncscrape.enrichments import TableStep, Tell
from asyncscrape.views.figures import count
from asyncscrape.views.progress import LINE_EVERY

log = logging.getLogger("asyncscrape.progress")


@contextmanager
def shown(console: Console) -> Iterator[Tell]:
    """Show the progress that the steps tell for as long as the block lasts."""
    if not console.is_terminal or console.is_dumb_terminal:
        yield _Lines()
        return
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Bars(progress)


class _Bars:
    """A bar for each step."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bars: dict[TableStep, TaskID] = {}

    def __call__(self, step: TableStep, done: int, total: int) -> None:
        """A step has come so far."""
        if step not in self._bars:
            self._bars[step] = self._progress.add_task(step.things)
        self._progress.update(self._bars[step], completed=done, total=total)


class _Lines:
    """A line at the beginning and the end of each step, and every few seconds between."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, step: TableStep, done: int, total: int) -> None:
        """A step has come so far."""
        now = time.monotonic()
        if total and (done in (0, total) or now - self._last >= LINE_EVERY):
            self._last = now
            log.info("%s: %s of %s", step.things, count(done), count(total))
