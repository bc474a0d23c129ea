"""An event loop in a thread of its own, where synchronous code has asynchronous work done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from threading import Lock, Thread
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")


class OwnLoop:
    """Starts with the first work, and may be closed and used again; any threads may use it at once."""

    def __init__(self, needed: Callable[[], AbstractAsyncContextManager[None]]) -> None:
        """The loop opens what is `needed` before the first work, and closes it at the end."""
        self._needed = needed
        self._lock = Lock()
        self._running: _Running | None = None

    def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Wait for some work; its result. Raises `concurrent.futures.CancelledError` if the loop is closed before."""
        with self._lock:
            self._running = self._running or self._start()
            done = asyncio.run_coroutine_threadsafe(work(), self._running.loop)
        try:
            return done.result()
        except BaseException:
            done.cancel()
            raise

    def close(self) -> None:
        """Give up the work that is being done, and end."""
        with self._lock:
            running, self._running = self._running, None
        if running is not None:
            running.loop.call_soon_threadsafe(running.stop.set)
            running.thread.join()

    def _start(self) -> _Running:
        ready = Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]()
        thread = Thread(target=lambda: asyncio.run(self._serve(ready)), name="own loop", daemon=True)
        thread.start()
        return _Running(thread, *ready.result())

    async def _serve(self, ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]) -> None:
        stop = asyncio.Event()
        try:
            async with self._needed():
                ready.set_result((asyncio.get_running_loop(), stop))
                await stop.wait()
                await _give_up_all()
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)


class _Running(NamedTuple):
    thread: Thread
    loop: asyncio.AbstractEventLoop
    stop: asyncio.Event


async def _give_up_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
