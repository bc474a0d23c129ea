"""One timer for a whole exchange: how long to connect, how long a silence, how long all in all.

The timeouts of aiohttp and asyncio would set and cancel three timers or more for every page. Here one is set, for the
earliest end there could be; when it rings too early, because something has happened since, it is set again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from math import inf
from types import TracebackType
from typing import Literal, Self

Limit = Literal["timeout", "connect_timeout", "read_timeout"]


class Late(Exception):
    """The time is up; says by which limit."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(limit)
        self.limit = limit


class Clock:
    """Cancels the task inside it when a limit passes, and raises Late then. A cancellation from outside stays one.

    It begins with the wait for a connection; `sent` ends that and begins the wait for an answer, which every
    `progress` renews.
    """

    __slots__ = (
        "_cancelling",
        "_end",
        "_late",
        "_limit",
        "_loop",
        "_patience",
        "_read_timeout",
        "_since",
        "_task",
        "_timeout",
        "_timer",
    )

    def __init__(self, timeout: float, connect_timeout: float, read_timeout: float) -> None:
        self._timeout = timeout
        self._read_timeout = read_timeout
        self._limit: Limit = "connect_timeout"
        self._patience = connect_timeout
        self._late: Limit | None = None

    def __enter__(self) -> Self:
        """Starts it, in the task that runs."""
        self._loop = asyncio.get_running_loop()
        task = asyncio.current_task(self._loop)
        assert task is not None
        self._task = task
        self._cancelling = task.cancelling()
        self._since = self._loop.time()
        self._end = self._since + self._timeout
        self._arm(self._since)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops it; a cancellation that was its own becomes Late."""
        self._timer.cancel()
        if self._late and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise Late(self._late) from error

    def sent(self) -> None:
        """The request is out."""
        self._limit = "read_timeout"
        self._patience = self._read_timeout
        self._since = self._loop.time()

    def progress(self) -> None:
        """Something came."""
        self._since = self._loop.time()

    def prolong(self) -> None:
        """Gives the whole time once more."""
        self._end = self._loop.time() + self._timeout

    async def stopped(self, wait: Awaitable[object]) -> None:
        """A wait that is not the server's fault and does not count."""
        began, end = self._loop.time(), self._end
        self._end = self._since = inf
        try:
            await wait
        finally:
            self._since = self._loop.time()
            self._end = end + self._since - began

    def _arm(self, now: float) -> None:
        # Never further ahead than the shorter patience, so that no change of what is waited for needs a new timer.
        latest = now + min(self._patience, self._read_timeout)
        self._timer = self._loop.call_at(min(self._end, self._since + self._patience, latest), self._ring)

    def _ring(self) -> None:
        now, silence = self._loop.time(), self._since + self._patience
        if now < min(self._end, silence):
            self._arm(now)
            return
        self._late = "timeout" if self._end <= silence else self._limit
        self._task.cancel()
