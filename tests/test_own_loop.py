"""Asynchronous work in a loop of its own, asked for by synchronous code."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import asynccontextmanager

import pytest

from asyncscrape.own_loop import OwnLoop


class Shop:
    """Is open while a loop needs it."""

    def __init__(self, mishap: Exception | None = None) -> None:
        self.told: list[str] = []
        self.meeting: asyncio.Barrier | None = None
        self._mishap = mishap

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        if self._mishap:
            raise self._mishap
        self.meeting = asyncio.Barrier(3)
        self.told.append("open")
        yield
        self.told.append("closed")

    async def meet(self) -> str:
        assert self.meeting is not None
        await self.meeting.wait()
        return "met"

    async def wait(self) -> None:
        self.told.append("waits")
        await asyncio.Event().wait()

    async def fail(self) -> None:
        raise ValueError("of the work")


def test_threads_use_it_at_once_and_it_can_be_used_again() -> None:
    shop = Shop()
    loop = OwnLoop(shop.opened)
    with ThreadPoolExecutor(3) as threads:
        for _ in range(2):
            assert ["met"] * 3 == list(threads.map(loop.run, [shop.meet] * 3))
            loop.close()
            loop.close()
    assert ["open", "closed"] * 2 == shop.told


def test_closing_gives_up_the_work() -> None:
    shop = Shop()
    loop = OwnLoop(shop.opened)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(loop.run, shop.wait)
        while "waits" not in shop.told:
            time.sleep(0.001)
        loop.close()
        with pytest.raises(CancelledError):
            waiting.result(5)
    assert ["open", "waits", "closed"] == shop.told


def test_errors_reach_those_who_asked() -> None:
    loop = OwnLoop(Shop().opened)
    with pytest.raises(ValueError, match="of the work"):
        loop.run(Shop().fail)
    loop.close()
    refusing = OwnLoop(Shop(ValueError("at the door")).opened)
    for _ in range(2):
        with pytest.raises(ValueError, match="at the door"):
            refusing.run(Shop().fail)
    refusing.close()
