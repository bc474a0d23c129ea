"""Time limits of exchanges: for connecting, for silence, and for the whole exchange.

aiohttp and asyncio would set and cancel three timers or more for every page, which takes up to a tenth of a page's
time. Here one timer serves all exchanges. It is set for the earliest possible end; if it rings too early, because
something has happened since, it is set again.

Whoever is late has one moment more: if this process stood still itself, what the server has sent long ago lies there
to be read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from math import inf
from types import TracebackType
from typing import Literal, Self

Limit = Literal["timeout", "connect_timeout", "read_timeout"]
MOMENT = 0.1
"""Seconds."""


class Late(Exception):
    """The time is up; `limit` says which one."""

    def __init__(self, limit: Limit, seconds: float) -> None:
        super().__init__(limit, seconds)
        self.limit = limit
        self.seconds = seconds


class Clocks:
    """The limits, and the timer that all exchanges share."""

    def __init__(self, timeout: float, connect_timeout: float, read_timeout: float) -> None:
        self.timeout = timeout
        self.connect_timeout = connect_timeout
        self.read_timeout = read_timeout
        self.running: set[Clock] = set()
        self._late: dict[Clock, float] = {}
        """Those whose time was up at the last look, and since when."""
        self._shortest = min(timeout, connect_timeout, read_timeout)
        self._timer: asyncio.TimerHandle | None = None

    def add(self, clock: Clock) -> None:
        """Watch one more exchange."""
        self.running.add(clock)
        if self._timer is None:
            self._set(clock.loop)

    def close(self) -> None:
        """Cancel the timer."""
        if self._timer is not None:
            self._timer.cancel()

    def _set(self, loop: asyncio.AbstractEventLoop) -> None:
        # Never further ahead than the shortest limit, so that an exchange that begins meanwhile cannot end sooner.
        now = loop.time()
        ends = [now + MOMENT if clock in self._late else clock.end for clock in self.running]
        self._timer = loop.call_at(min(*ends, now + self._shortest), self._ring, loop)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        late = {clock: clock.end for clock in self.running if clock.end <= now}
        struck = [clock for clock, end in late.items() if self._late.get(clock) == end]
        self._late = {clock: end for clock, end in late.items() if clock not in struck}
        for clock in struck:
            self.running.discard(clock)
            clock.strike()
        if self.running:
            self._set(loop)


class Clock:
    """Cancel the task inside when a limit passes, and raise Late. A cancellation from outside stays a cancellation.

    It begins with the wait for a connection; `sent` ends that and begins the wait for an answer, which each
    `progress` renews.
    """

    __slots__ = ("_cancelling", "_clocks", "_last", "_late", "_limit", "_patience", "_since", "_task", "loop")

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._limit: Limit = "connect_timeout"
        self._patience = clocks.connect_timeout
        self._late: Limit | None = None

    def __enter__(self) -> Self:
        """Start it in the current task."""
        self.loop = asyncio.get_running_loop()
        task = asyncio.current_task(self.loop)
        assert task is not None
        self._task = task
        self._cancelling = task.cancelling()
        self._since = self.loop.time()
        self._last = self._since + self._clocks.timeout
        self._clocks.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it; its own cancellation becomes Late."""
        self._clocks.running.discard(self)
        task = self._task
        # The task holds its context, the context the exchange, and the exchange this clock: this breaks the ring.
        del self._task
        if self._late and task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise Late(self._late, getattr(self._clocks, self._late)) from error

    @property
    def end(self) -> float:
        """When the time is up if nothing more happens."""
        return min(self._last, self._since + self._patience)

    def sent(self) -> None:
        """Note that the request is on the wire."""
        self._limit = "read_timeout"
        self._patience = self._clocks.read_timeout
        self._since = self.loop.time()

    def progress(self) -> None:
        """Note that something came."""
        self._since = self.loop.time()

    def prolong(self) -> None:
        """Give the whole time once more."""
        self._last = self.loop.time() + self._clocks.timeout

    async def stopped(self, wait: Awaitable[object]) -> None:
        """Wait with the clock stopped, where the wait is not the server's fault."""
        began, last = self.loop.time(), self._last
        self._last = self._since = inf
        try:
            await wait
        finally:
            self._since = self.loop.time()
            self._last = last + self._since - began

    def strike(self) -> None:
        """End the exchange because its time is up."""
        self._late = "timeout" if self._last <= self._since + self._patience else self._limit
        self._task.cancel()
