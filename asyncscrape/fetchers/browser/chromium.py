"""The browser of a run: its tabs, started when the first page needs one, and started anew now and then."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from typing import Any, Self

from playwright.async_api import Browser, BrowserContext, Error, Page, Playwright, async_playwright

from asyncscrape.addresses import Guard
from asyncscrape.browsing import BrowserSettings, PagePlan
from asyncscrape.errors import FetchError, Reason, UsageError
from asyncscrape.fetchers.browser.executable import executable
from asyncscrape.fetchers.browser.gate import Gate
from asyncscrape.fetchers.browser.tab import Tab
from asyncscrape.fetchers.browser.traffic import Bring, TrafficRules
from asyncscrape.model import Response

log = logging.getLogger(__name__)

FLAGS = (
    # Neither WebRTC nor anything else may go round the gate.
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
)
ENDS_WITHIN = 10.0

Watch = Callable[[Page], AbstractAsyncContextManager[object]]
"""Watches a page while it is open; by default nobody does."""


class BrowserProcess:
    """One process of the browser, from its start to its end."""

    def __init__(self, browser: Browser, settings: BrowserSettings, rules: TrafficRules, most: int) -> None:
        self._browser = browser
        self._settings = settings
        self._rules = rules
        self._most = most
        self._contexts: dict[str, BrowserContext] = {}
        """By user agent."""
        self._idle: defaultdict[str, list[Tab]] = defaultdict(list)
        self.pages = 0
        self.busy = 0

    async def tab(self, agent: str) -> Tab:
        """A tab for this user agent."""
        self.pages += 1
        self.busy += 1
        if self._idle[agent]:
            return self._idle[agent].pop()
        context = self._contexts.get(agent) or await self._context(agent)
        page = await context.new_page()
        tab = Tab(page, self._rules, self._settings.timeout, self._most)
        await tab.attach()
        return tab

    async def give_back(self, agent: str, tab: Tab) -> None:
        """A page has been read."""
        self.busy -= 1
        with suppress(Error, TimeoutError):
            await tab.leave()
            self._idle[agent].append(tab)

    async def discard(self, tab: Tab) -> None:
        """Something went wrong with a page: its tab is not used again."""
        self.busy -= 1
        try:
            await tab.close()
        except (Error, TimeoutError):
            await self.close()

    async def close(self) -> None:
        """End the browser."""
        with suppress(Error, TimeoutError):
            async with asyncio.timeout(ENDS_WITHIN):
                await self._browser.close()

    @property
    def fresh(self) -> bool:
        """Whether it takes more pages."""
        return self._browser.is_connected() and self.pages < self._settings.recycle_after

    async def _context(self, agent: str) -> BrowserContext:
        width, height = self._settings.viewport
        more: dict[str, Any] = {}
        if self._settings.locale:
            more["locale"] = self._settings.locale
        if self._settings.timezone:
            more["timezone_id"] = self._settings.timezone
        context = await self._browser.new_context(
            user_agent=agent,
            viewport={"width": width, "height": height},
            accept_downloads=False,
            service_workers="block",
            **more,
        )
        context.set_default_timeout(0)
        context.on("page", _close_popup)
        self._contexts[agent] = context
        return context


async def _close_popup(page: Page) -> None:
    """Windows that a page opens are closed."""
    if await page.opener() is not None:
        await page.close()


class Chromium:
    """Opens pages; an async context manager, one for each job."""

    def __init__(
        self,
        settings: BrowserSettings,
        guard: Guard,
        bring: Bring,
        mapped: Callable[[str], bool],
        most: int,
        watch: Watch = nullcontext,
    ) -> None:
        self._settings = settings
        self._gate = Gate(guard)
        self._rules = TrafficRules(self._gate, guard, settings.block, bring, mapped)
        self._most = most
        self._watch = watch
        self._places = asyncio.Semaphore(settings.tabs)
        self._starting = asyncio.Lock()
        self._playwright: Playwright | None = None
        self._now: BrowserProcess | None = None
        self._old: list[BrowserProcess] = []

    async def __aenter__(self) -> Self:
        """Open the gate; the browser itself starts with the first page."""
        await self._gate.__aenter__()
        return self

    async def __aexit__(self, *problem: Any) -> None:
        """End the browser."""
        for generation in (*self._old, *([self._now] if self._now else ())):
            await generation.close()
        if self._playwright is not None:
            await self._playwright.stop()
        await self._gate.__aexit__(*problem)

    async def open(self, document: Response, plan: PagePlan, user_agent: str) -> list[Response]:
        """What the scripts of a page make of it, after each turn; and what it captures. Raises FetchError."""
        async with self._places:
            generation = await self._generation()
            try:
                tab = await generation.tab(user_agent)
            except Error as error:
                generation.busy -= 1
                raise FetchError(
                    Reason.BROWSER, f"the browser opens no tab: {error.message}", transient=True
                ) from error
            try:
                async with self._watch(tab.page):
                    found = await tab.read(document, plan)
            except BaseException:
                await generation.discard(tab)
                raise
            await generation.give_back(user_agent, tab)
            return found

    async def _generation(self) -> BrowserProcess:
        async with self._starting:
            if self._now is None or not self._now.fresh:
                if self._now is not None:
                    self._old.append(self._now)
                self._now = await self._started()
            for old in [old for old in self._old if not old.busy]:
                self._old.remove(old)
                await old.close()
            return self._now

    async def _started(self) -> BrowserProcess:
        if self._playwright is None:
            self._playwright = await async_playwright().start()
        own = self._playwright.chromium.executable_path
        program = await asyncio.to_thread(executable, self._settings.executable, own)
        try:
            browser = await self._playwright.chromium.launch(
                executable_path=program,
                args=FLAGS,
                headless=not self._settings.headed,
                proxy={"server": self._gate.url},
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
            )
        except Error as error:
            raise UsageError(f"the browser {program} does not start: {error.message}") from error
        return BrowserProcess(browser, self._settings, self._rules, self._most)
