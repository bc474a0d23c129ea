"""Opens pages: in tabs of one window, or each in a window of its own.

Chromium draws a tab that lies behind another one only a few times a second, which saves a third of the CPU; but lists
that grow when their end comes into view would hardly grow. A window of a context shares its cache and its cookies all
the same; Playwright itself opens only tabs.
"""

from __future__ import annotations

from secrets import token_hex

from playwright.async_api import Browser, BrowserContext, CDPSession, Page

NOWHERE = "about:blank"


class Windows:
    """The windows of one context."""

    def __init__(self, browser: Browser, context: BrowserContext) -> None:
        self._browser = browser
        self._context = context
        self._id = ""
        """What the browser calls the context."""
        self._session: CDPSession | None = None

    async def tab(self) -> Page:
        """An empty page that is drawn now and then."""
        return await self._context.new_page()

    async def open(self) -> Page:
        """An empty page in a window of its own."""
        session = self._session or await self._begin()
        mark = f"{NOWHERE}#{token_hex(8)}"  # so it cannot be taken for one that a page opens
        async with self._context.expect_page(lambda page: page.url == mark) as opened:
            where = {"url": mark, "newWindow": True, "browserContextId": self._id}
            await session.send("Target.createTarget", where)
        return await opened.value

    async def _begin(self) -> CDPSession:
        page = await self._context.new_page()  # a page knows what the browser calls its context
        about = await self._context.new_cdp_session(page)
        self._id = (await about.send("Target.getTargetInfo"))["targetInfo"]["browserContextId"]
        await page.close()
        self._session = await self._browser.new_browser_cdp_session()
        return self._session
