"""The tasks beside the loop. A fault in one becomes an event, so that it ends the run and not just the task."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from asyncscrape.crawl.events import Events, Failed, Woken


class Tasks:
    """The work beside the loop."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._running: set[asyncio.Task[Any]] = set()
        self._named: dict[str, asyncio.Task[Any]] = {}

    def __bool__(self) -> bool:
        """Whether any work is under way."""
        return bool(self._running)

    def begin(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start some work; the loop is woken when it ends."""
        task = asyncio.get_running_loop().create_task(self._watched(work))
        self._running.add(task)
        task.add_done_callback(self._ended)
        task.add_done_callback(lambda _: work.close())  # in case it was cancelled before it began
        return task

    def begin_once(self, name: str, work: Callable[[], Coroutine[Any, Any, Any]]) -> bool:
        """Start work under this name, unless it is under way; whether it was started."""
        if name in self._named and not self._named[name].done():
            return False
        self._named[name] = self.begin(work())
        return True

    async def cancel(self) -> None:
        """Cancel all of it."""
        dropped = list(self._running)
        for task in dropped:
            task.cancel()
        await asyncio.gather(*dropped, return_exceptions=True)

    async def _watched(self, work: Coroutine[Any, Any, Any]) -> None:
        """Tell a fault in the same step as everything else the work tells: whoever hears one hears both."""
        try:
            await work
        except Exception as error:
            self._events.put(Failed(error))

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        self._events.put(Woken())
