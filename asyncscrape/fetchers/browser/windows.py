"""Opens pages, each in a window of its own.

Chromium draws a tab that lies behind another one only a few times a second, and lists that grow when their end comes
into view would hardly grow. A window of a context shares its cache and its cookies all the same; Playwright itself
opens only tabs.
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

    async def open(self) -> Page:
        """A new one, with an empty page."""
        if self._session is None:
            return await self._first()
        mark = f"{NOWHERE}#{token_hex(8)}"  # so it cannot be taken for one that a page opens
        async with self._context.expect_page(lambda page: page.url == mark) as opened:
            where = {"url": mark, "newWindow": True, "browserContextId": self._id}
            await self._session.send("Target.createTarget", where)
        return await opened.value

    async def _first(self) -> Page:
        page = await self._context.new_page()
        about = await self._context.new_cdp_session(page)
        self._id = (await about.send("Target.getTargetInfo"))["targetInfo"]["browserContextId"]
        await about.detach()
        self._session = await self._browser.new_browser_cdp_session()
        return page
