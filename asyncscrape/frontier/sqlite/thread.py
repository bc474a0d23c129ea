"""The thread that works with a frontier's file: SQLite blocks, and the event loop must not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from typing import ParamSpec, TypeVar

from asyncscrape.frontier.sqlite.database import explained

P = ParamSpec("P")
T = TypeVar("T")


class FrontierThread:
    """Calls functions one after the other, and turns their errors with the state file into plain words."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, "frontier")

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function in the thread and wait for its result."""
        return await asyncio.wrap_future(self._executor.submit(lambda: _explained_call(function, *args, **kwargs)))

    async def close(self) -> None:
        """End the thread once it has run all calls."""
        await asyncio.to_thread(self._executor.shutdown)


def _explained_call(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    with explained():
        return function(*args, **kwargs)


@asynccontextmanager
async def in_thread(context: AbstractContextManager[T]) -> AsyncIterator[tuple[FrontierThread, T]]:
    """A thread of its own for a context, which is entered and left there."""
    thread, stack = FrontierThread(), ExitStack()
    try:
        yield thread, await thread.call(stack.enter_context, context)
    finally:
        # Calls run in order, so even what a cancelled call was opening is open by now.
        try:
            await thread.call(stack.close)
        finally:
            await thread.close()
