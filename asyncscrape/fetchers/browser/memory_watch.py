"""Looks after the memory of the browser: whichever of its processes takes too much is ended."""

from __future__ import annotations

import asyncio
import logging
import time

from asyncscrape.fetchers.browser.process_tree import Processes, end, taken, takes_more

log = logging.getLogger(__name__)

LOOK_EVERY = 0.2
"""Seconds between two looks; a page can take some hundred megabytes meanwhile."""
LATELY = 5.0
"""Seconds in which the pages of a process that was ended tell so."""


class MemoryWatch:
    """Ends each process of the browser that takes more than it may, as long as pages are open."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._processes = Processes()
        self._struck = float("-inf")
        self._open = 0
        self._task: asyncio.Task[None] | None = None

    def __enter__(self) -> None:
        """A page is opened."""
        self._open += 1
        if self._task is None:
            self._task = asyncio.create_task(self._look_again())

    def __exit__(self, *_: object) -> None:
        """It has been read."""
        self._open -= 1
        if not self._open and self._task is not None:
            self._task.cancel()
            self._task = None

    @property
    def struck(self) -> bool:
        """Whether it has just ended a process."""
        return time.monotonic() < self._struck + LATELY

    async def _look_again(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await asyncio.to_thread(self._look)

    def _look(self) -> None:
        for process in self._processes.all():
            if takes_more(process, self._most):
                self._struck = time.monotonic()
                log.info("process %d of the browser takes %d MB, and is ended", process, taken(process) // 10**6)
                end(process)
