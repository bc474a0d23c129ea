"""The browser of a run: started when the first page needs it, started anew now and then, and after accidents."""

from __future__ import annotations

import asyncio
import logging
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any, Self

from playwright.async_api import Error, Playwright, async_playwright

from asyncscrape.browsing import BrowserSettings, PagePlan
from asyncscrape.errors import FetchError, Reason
from asyncscrape.fetchers.base import Leave
from asyncscrape.fetchers.browser.browser_process import BrowserProcess, Common, TabLost, Watch
from asyncscrape.fetchers.browser.failed_pages import FailedPages
from asyncscrape.fetchers.browser.gate import Gate
from asyncscrape.fetchers.browser.launching import STARTS_WITHIN, Launcher, does_not_start
from asyncscrape.fetchers.browser.memory_watch import MemoryWatch
from asyncscrape.fetchers.browser.outside import Outside
from asyncscrape.fetchers.browser.process_tree import end, of_browsers
from asyncscrape.fetchers.browser.profile_folder import ProfileFolder
from asyncscrape.fetchers.browser.proxied_gate import ProxiedGate
from asyncscrape.fetchers.browser.traffic import TrafficRules
from asyncscrape.model import Response

log = logging.getLogger(__name__)

ALL_END_WITHIN = 5.0
ALL_START_WITHIN = STARTS_WITHIN + 15
"""Seconds for a browser with its driver, which may be the one that does not answer."""


class Chromium:
    """Opens pages; an async context manager, one for each job."""

    def __init__(
        self, settings: BrowserSettings, outside: Outside, debug: Path | None = None, watch: Watch | None = None
    ) -> None:
        """`debug` is the folder for looks of pages that fail; `watch` is there while each page is open."""
        self._gate = ProxiedGate(outside.guard, outside.proxy) if outside.proxy else Gate(outside.guard)
        rules = TrafficRules(self._gate, outside, settings.block)
        watch = watch or nullcontext
        self._common = Common(settings, rules, outside.most, MemoryWatch(settings.memory), FailedPages(debug), watch)
        self._places = asyncio.Semaphore(settings.tabs)
        self._starting = asyncio.Lock()
        self._alone = asyncio.Lock()
        self._driver: Playwright | None = None
        self._folder: ProfileFolder | None = None
        self._now: BrowserProcess | None = None
        self._old: list[BrowserProcess] = []
        self._ending: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Open the gate; the browser itself starts with the first page."""
        await self._gate.__aenter__()
        logging.getLogger("asyncio").addFilter(_matters)
        settings = self._common.settings
        self._launcher = Launcher(settings.executable, self._gate.url, headed=settings.headed)
        return self

    async def __aexit__(self, *problem: Any) -> None:
        """End the browser."""
        try:
            async with asyncio.timeout(ALL_END_WITHIN):
                await self._end_all()
        except TimeoutError:
            await _kill_all()
        finally:
            if self._folder is not None:
                await asyncio.to_thread(self._folder.close)
            await self._gate.__aexit__(*problem)

    async def open(
        self, document: Response, plan: PagePlan, user_agent: str, leave: Leave | None = None
    ) -> list[Response]:
        """What the scripts of a page make of it, after each turn; and what it captures. Raises FetchError.

        A page under which its tab or the browser ends is opened once more, in a browser of its own: if it is to
        blame, others are spared.
        """
        lost = 0
        async with self._places:
            while True:
                try:
                    read = self._read_alone if lost else self._read
                    return await read(document, plan, user_agent, leave)
                except TabLost as accident:
                    lost += 1
                    log.info("%s: %s", document.url, accident.why)
                    if lost >= accident.most:
                        raise await self._given_up(document, accident) from None

    async def _given_up(self, document: Response, accident: TabLost) -> FetchError:
        looks = await self._common.failed.keep(document, None)
        why = f"{accident.why}; it was opened {accident.most} times{looks}"
        return FetchError(Reason.BROWSER, why, transient=accident.passing)

    async def _read(self, document: Response, plan: PagePlan, agent: str, leave: Leave | None) -> list[Response]:
        return await (await self._process()).read(document, plan, agent, leave)

    async def _read_alone(
        self, document: Response, plan: PagePlan, agent: str, leave: Leave | None
    ) -> list[Response]:
        async with self._alone:
            async with self._starting:
                process = await self._started()
            try:
                return await process.read(document, plan, agent, leave)
            finally:
                self._end_soon(process)

    # Processes

    async def _process(self) -> BrowserProcess:
        async with self._starting:
            if self._now is None or not self._now.fresh:
                if self._now is not None:
                    self._old.append(self._now)
                    self._now = None
                self._now = await self._started()
            for old in [old for old in self._old if not old.busy]:
                self._old.remove(old)
                self._end_soon(old)
            return self._now

    async def _started(self) -> BrowserProcess:
        """A new browser. If it does not start, or if its driver has ended as well, once more with a new driver."""
        with suppress(Error):
            return await self._launched()
        if self._driver is not None:
            await self._stop(self._driver)
            self._driver = None
        try:
            return await self._launched()
        except Error as error:
            raise does_not_start(self._launcher.program, error) from error

    async def _launched(self) -> BrowserProcess:
        try:
            async with asyncio.timeout(ALL_START_WITHIN):
                if self._driver is None:
                    self._driver = await self._new_driver()
                return BrowserProcess(await self._launcher.start(self._driver), self._common)
        except TimeoutError:
            raise Error("its driver does not answer") from None

    async def _new_driver(self) -> Playwright:
        if self._folder is None:
            self._folder = await asyncio.to_thread(ProfileFolder)
        with self._folder.for_new_processes():
            return await async_playwright().start()

    async def _stop(self, driver: Playwright) -> None:
        try:
            async with asyncio.timeout(ALL_END_WITHIN):
                with suppress(Error):
                    await driver.stop()
        except TimeoutError:
            await _kill_all()

    def _end_soon(self, process: BrowserProcess) -> None:
        ending = asyncio.create_task(process.close())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    async def _end_all(self) -> None:
        for process in (*self._old, *([self._now] if self._now else ())):
            self._end_soon(process)
        await asyncio.gather(*self._ending)
        if self._driver is not None:
            with suppress(Error):
                await self._driver.stop()


async def _kill_all() -> None:
    """End what does not end by itself."""
    for process in await asyncio.to_thread(of_browsers):
        end(process)


def _matters(record: logging.LogRecord) -> bool:
    """Playwright leaves an exception behind when its driver is killed, and asyncio would complain about that."""
    return "while reading from the driver" not in record.getMessage()
