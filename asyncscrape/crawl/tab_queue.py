"""Answers that wait for a tab of the browser, and those that have one."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

MOST_ANSWERS = 1_000
MOST_BYTES = 64_000_000
"""Answers, and bytes of their bodies, that may be with the browser without counting as open requests."""


class TabQueue:
    """Gives so many tabs at once, to whoever came first; behind others to those of which little is hoped for."""

    def __init__(self, tabs: int) -> None:
        self._free = tabs
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()
        self._answers = 0
        self._bytes = 0

    @property
    def apart(self) -> int:
        """Answers that wait or are open, as long as they are few and small enough together."""
        return min(self._answers, MOST_ANSWERS) if self._bytes <= MOST_BYTES else 0

    @asynccontextmanager
    async def tab(self, size: int, *, last: bool) -> AsyncIterator[None]:
        """A tab for an answer of this size; `last` behind the others."""
        self._answers += 1
        self._bytes += size
        try:
            await self._turn(last)
            try:
                yield
            finally:
                self._give_back()
        finally:
            self._answers -= 1
            self._bytes -= size

    async def _turn(self, last: bool) -> None:
        if self._free:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (last, next(self._numbers), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give_back()
            raise

    def _give_back(self) -> None:
        while self._waiting:
            turn = heapq.heappop(self._waiting)[2]
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
