"""Answers get tabs in order, and do not hold up pages that need none."""

from __future__ import annotations

import asyncio

from support.command import PATIENCE

from asyncscrape.crawl.tab_queue import MOST_ANSWERS, MOST_BYTES, TabQueue


class Pages:
    """Pages that use a queue, each until it is told to end."""

    def __init__(self, queue: TabQueue) -> None:
        self._queue = queue
        self.opened: list[str] = []
        self._ends: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def come(self, name: str, *, last: bool = False, size: int = 1) -> None:
        self._ends[name] = asyncio.Event()
        self._tasks[name] = asyncio.create_task(self._use(name, last, size))
        await asyncio.sleep(0)

    async def end(self, name: str) -> None:
        self._ends[name].set()
        await self._tasks[name]
        await asyncio.sleep(0)

    async def cancel(self, name: str) -> None:
        self._tasks[name].cancel()
        await asyncio.wait([self._tasks[name]])
        await asyncio.sleep(0)

    async def _use(self, name: str, last: bool, size: int) -> None:
        async with self._queue.tab(size, last=last):
            self.opened.append(name)
            await self._ends[name].wait()


async def test_tabs_are_given_in_order_and_last_to_pages_of_which_little_is_hoped_for() -> None:
    pages = Pages(TabQueue(1))
    for name in ("a", "vain", "b", "c"):
        await pages.come(name, last=name == "vain")
    for name in ("a", "b", "c", "vain"):
        await pages.end(name)
    assert ["a", "b", "c", "vain"] == pages.opened


async def test_a_page_that_is_cancelled_takes_no_tab_with_it() -> None:
    queue = TabQueue(1)
    pages = Pages(queue)
    for name in ("a", "b", "c"):
        await pages.come(name)
    await pages.cancel("b")
    await pages.cancel("a")
    assert ["a", "c"] == pages.opened
    await pages.end("c")
    await pages.come("d")
    assert (["a", "c", "d"], 1) == (pages.opened, queue.apart)
    await pages.end("d")
    assert 0 == queue.apart


async def test_a_page_that_is_cancelled_just_as_it_gets_a_tab_passes_it_on() -> None:
    queue = TabQueue(1)
    async with queue.tab(1, last=False):
        waiting = asyncio.create_task(_use(queue))
        await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    async with asyncio.timeout(PATIENCE):
        await _use(queue)


async def _use(queue: TabQueue) -> None:
    async with queue.tab(1, last=False):
        pass


async def test_answers_with_the_browser_are_no_open_requests_while_they_are_few_and_small() -> None:
    queue = TabQueue(2)
    pages = Pages(queue)
    for n in range(MOST_ANSWERS + 1):
        await pages.come(str(n))
    assert (MOST_ANSWERS, 2) == (queue.apart, len(pages.opened))
    await pages.come("large", size=MOST_BYTES)
    assert 0 == queue.apart
    for n in range(MOST_ANSWERS + 1):
        await pages.end(str(n))
    assert 1 == queue.apart
    await pages.end("large")
    assert 0 == queue.apart
