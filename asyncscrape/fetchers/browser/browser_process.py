"""One process of the browser, from its start to its end, with its tabs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, NamedTuple, TypeVar

from playwright.async_api import Browser, BrowserContext, Error, Page

from asyncscrape.browsing import BrowserSettings, PagePlan
from asyncscrape.errors import FetchError, Reason
from asyncscrape.fetchers.base import Leave
from asyncscrape.fetchers.browser.failed_pages import FailedPages
from asyncscrape.fetchers.browser.memory_watch import MemoryWatch
from asyncscrape.fetchers.browser.tab import Tab
from asyncscrape.fetchers.browser.traffic import TrafficRules
from asyncscrape.fetchers.browser.windows import Windows
from asyncscrape.model import Response

ENDS_WITHIN = 4.0
OPENS_WITHIN = 20.0
SETTLES = 0.1
"""Seconds in which everything that belongs to one accident has been told."""
MOST_ENDS = 3
"""Browsers that may end under one page."""
MOST_OVERRUNS = 2
"""The same where other pages may be the cause, but only once: it took too much memory, or was not opened at all."""
MOST_FAILURES = 5
"""Pages in a row that may fail before the browser itself is in doubt."""
ANSWERS_WITHIN = 5.0
"""Seconds after which a page or a browser counts as deaf; a slow machine is not."""
DEAF = "; its scripts run without end, or its window is closed"
RESTS = 0.1
"""Seconds after which the scripts of a page that was read are stopped; sooner, if another page takes its tab."""

Found = TypeVar("Found")
Watch = Callable[[Page], AbstractAsyncContextManager[object]]
"""Watches a page while it is open; by default nobody does."""


class TabLost(Exception):
    """The tab of a page, or the whole browser, has ended under it: it may be opened once more, in a new one."""

    def __init__(self, why: str, most: int = MOST_ENDS, *, passing: bool = True) -> None:
        super().__init__(why)
        self.why = why
        self.most = most
        """How often this may happen to a page."""
        self.passing = passing
        """Whether it may go well later."""


class Common(NamedTuple):
    """What all processes of a run share."""

    settings: BrowserSettings
    rules: TrafficRules
    most: int
    """Characters of a page."""
    watch: MemoryWatch
    failed: FailedPages
    looks_on: Watch


class TabKind(NamedTuple):
    """What a page needs of a tab."""

    agent: str
    drawn: bool
    """Whether it is always drawn: what a page does as one scrolls often begins with that."""


class OpenTab:
    """A tab, and whether it still is one."""

    def __init__(self, kind: TabKind, page: Page, tab: Tab) -> None:
        self.kind = kind
        self.page = page
        self.tab = tab
        self.crashed = False
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        page.on("crash", self._crash)
        page.on("close", self.lose)

    def lose(self, *_: object) -> None:
        """It is gone."""
        if not self.lost.done():
            self.lost.set_result(None)

    async def read(self, document: Response, plan: PagePlan, leave: Leave | None) -> list[Response] | None:
        """What its page says; None if the tab is lost before. Raises FetchError."""
        return await before(self.lost, self.tab.read(document, plan, leave))

    def _crash(self, *_: object) -> None:
        self.crashed = True
        self.lose()


class BrowserProcess:
    """One process of the browser."""

    def __init__(self, browser: Browser, common: Common) -> None:
        self._browser = browser
        self._common = common
        self._windows: dict[str, Windows] = {}
        """By user agent."""
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._idle: list[OpenTab] = []
        """Tabs for the next pages, the one that was used last at the end."""
        self._resting: dict[OpenTab, asyncio.Task[None]] = {}
        self._own: set[Page] = set()
        """The tabs that are not windows opened by pages."""
        self._opening = asyncio.Lock()
        self._begun = 0
        self._failed = 0
        """Pages in a row that have failed."""
        self._retired = False
        self.busy = 0
        browser.on("disconnected", self._lose_all)

    async def read(
        self, document: Response, plan: PagePlan, agent: str, leave: Leave | None = None
    ) -> list[Response]:
        """What becomes of a page. Raises FetchError, and TabLost if the page may be opened once more."""
        self._begun += 1
        self.busy += 1
        try:
            with self._common.watch:
                place = await self._tab(TabKind(agent, bool(plan.steps)))
                return await self._read(place, document, plan, leave)
        finally:
            self.busy -= 1

    @property
    def fresh(self) -> bool:
        """Whether it takes more pages."""
        enough = self._begun >= self._common.settings.recycle_after
        return self._browser.is_connected() and not self._retired and not enough

    async def close(self) -> None:
        """End the browser."""
        self._retired = True
        for resting in self._resting.values():
            resting.cancel()
        with suppress(Error, TimeoutError):
            async with asyncio.timeout(ENDS_WITHIN):
                await self._browser.close()

    # A page

    async def _read(self, place: OpenTab, document: Response, plan: PagePlan, leave: Leave | None) -> list[Response]:
        try:
            async with self._common.looks_on(place.page):
                found = await place.read(document, plan, leave)
            if found is None:
                raise FetchError(Reason.BROWSER, "the page has closed its window", transient=True)
        except FetchError as error:
            unopened = error.reason == Reason.BROWSER and not place.tab.opened
            await asyncio.sleep(SETTLES)
            self._count_failure()
            self._raise_if_lost(place, alive=await self._alive())
            if unopened:
                await self._end(place)
                raise TabLost("the browser did not get to open the page", MOST_OVERRUNS) from error
            listens = await _listens(place.page)
            more = await self._common.failed.keep(document, place.page if listens else None, plan.steps)
            detail = f"{error.detail}{'' if listens else DEAF}{more}"
            await self._end(place)
            raise FetchError(error.reason, detail, transient=error.transient) from error
        except BaseException:  # the run ends: so will the browser
            self._retired = True
            raise
        self._failed = 0
        self._give_back(place)
        return found

    async def _alive(self) -> bool:
        """Whether the browser answers; that its driver has ended is not told otherwise."""
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                await (await self._browser.new_browser_cdp_session()).detach()
        except Error:
            self._retired = True
            return False
        except TimeoutError:  # it is busy
            pass
        return True

    def _count_failure(self) -> None:
        self._failed += 1
        self._retired = self._retired or self._failed >= MOST_FAILURES

    def _raise_if_lost(self, place: OpenTab, *, alive: bool) -> None:
        if alive and not (place.crashed or place.page.is_closed()):
            return
        if self._common.watch.struck:
            most = self._common.settings.memory // 10**6
            why = f"the page took more than {most} MB of memory, see [fetch.browser] memory"
            raise TabLost(why, MOST_OVERRUNS, passing=False)
        if not alive:
            raise TabLost("the browser ended while the page was open")
        if place.crashed:
            raise TabLost("the tab crashed while the page was open")

    def _give_back(self, place: OpenTab) -> None:
        self._keep(place)
        self._do_beside(place, self._rest(place))

    def _keep(self, place: OpenTab) -> None:
        """Keep a tab for the next pages, and no more of them than pages are open at once: some kinds are rare."""
        self._idle.append(place)
        if len(self._idle) > self._common.settings.tabs:
            oldest = self._idle.pop(0)
            self._stop_resting(oldest)
            self._do_beside(oldest, self._end(oldest))

    def _do_beside(self, place: OpenTab, what: Coroutine[Any, Any, None]) -> None:
        task = self._resting[place] = asyncio.create_task(what)
        task.add_done_callback(lambda _: self._resting.get(place) is task and self._resting.pop(place))

    def _stop_resting(self, place: OpenTab) -> None:
        if (resting := self._resting.pop(place, None)) is not None:
            resting.cancel()

    async def _rest(self, place: OpenTab) -> None:
        """Stop the scripts of a page that no other follows. Until that is done, none can."""
        await asyncio.sleep(RESTS)
        self._idle.remove(place)
        try:
            await place.tab.leave()
        except (Error, TimeoutError):
            await self._end(place)
        else:
            self._keep(place)

    async def _end(self, place: OpenTab) -> None:
        """Something went wrong with a page: its tab is not used again."""
        self._own.discard(place.page)
        try:
            await place.tab.close()
        except (Error, TimeoutError):
            self._retired = True  # the tab goes with the browser, once other pages have been read

    # Tabs

    async def _tab(self, kind: TabKind) -> OpenTab:
        """A tab of this kind."""
        for place in reversed(self._idle):
            if place.kind == kind and not place.lost.done():
                self._idle.remove(place)
                self._stop_resting(place)
                return place
        new = None
        with suppress(Error, TimeoutError):
            async with self._opening, asyncio.timeout(OPENS_WITHIN):
                new = await before(self._ended, self._new_tab(kind))
        if new is None:
            self._retired = True
            raise TabLost("the browser opened no tab")
        return new

    async def _new_tab(self, kind: TabKind) -> OpenTab:
        windows = self._windows.get(kind.agent)
        if windows is None:
            windows = self._windows[kind.agent] = Windows(self._browser, await self._context(kind.agent))
        page = await (windows.open() if kind.drawn else windows.tab())
        self._own.add(page)
        common = self._common
        tab = Tab(page, common.rules, common.settings.timeout, common.most)
        await tab.attach()
        return OpenTab(kind, page, tab)

    async def _context(self, agent: str) -> BrowserContext:
        settings = self._common.settings
        width, height = settings.viewport
        more: dict[str, Any] = {}
        if settings.locale:
            more["locale"] = settings.locale
        if settings.timezone:
            more["timezone_id"] = settings.timezone
        context = await self._browser.new_context(
            user_agent=agent,
            viewport={"width": width, "height": height},
            accept_downloads=False,
            service_workers="block",
            **more,
        )
        context.set_default_timeout(0)
        await self._common.rules.guard(context)
        context.on("page", self._close_popup)
        return context

    async def _close_popup(self, page: Page) -> None:
        """Windows that a page opens are closed. A tab of ours comes as such a window too, before it is known."""
        async with self._opening:
            if page in self._own:
                return
        with suppress(Error):
            await page.close()

    def _lose_all(self, *_: object) -> None:
        """The browser has ended. Calls that wait for it are not all told."""
        if not self._ended.done():
            self._ended.set_result(None)
        for place in self._idle:
            place.lose()


async def before(end: asyncio.Future[None], work: Coroutine[Any, Any, Found]) -> Found | None:
    """What comes of some work; None if the end comes first."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait((task, end), return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _listens(page: Page) -> bool:
    """Whether a page answers between its scripts."""
    try:
        async with asyncio.timeout(ANSWERS_WITHIN):
            await page.evaluate("0")
    except TimeoutError:
        return False
    except Error:
        return not page.is_closed()
    return True
