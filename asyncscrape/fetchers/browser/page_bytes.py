"""The bytes that one page brings. Exact counting is dear, so it begins once the gate has seen many."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from playwright.async_api import CDPSession, Error, Page

from asyncscrape.errors import FetchError, Reason
from asyncscrape.fetchers.browser.gate import Gate


class PageBytes:
    """Counts what the pages of one tab bring, one after the other."""

    def __init__(self, page: Page, gate: Gate, most: int, fail: Callable[[FetchError], None]) -> None:
        """`fail` is told of a page that brings more than `most` bytes."""
        self._page = page
        self._gate = gate
        self._most = most
        self._fail = fail
        self._brought = 0
        self._session: CDPSession | None = None
        self._opening: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """A page is opened."""
        self._brought = 0
        self._gate.alarm(self, self._most // 2, self._look_closely)

    def end(self) -> None:
        """It has been read."""
        self._gate.silence(self)

    def count(self, size: int) -> None:
        """Bytes have come."""
        self._brought += size
        if self._brought > self._most:
            self._fail(
                FetchError(Reason.TOO_LARGE, f"the page has brought more than {self._most:,} bytes", transient=False)
            )

    def _look_closely(self) -> None:
        """So much has come, for all pages together, that this one may be half way to its limit."""
        self.count(self._most // 2)
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())

    async def _open(self) -> None:
        with suppress(Error):
            self._session = await self._page.context.new_cdp_session(self._page)
            self._session.on("Network.dataReceived", self._received)
            await self._session.send("Network.enable")

    def _received(self, event: dict[str, Any]) -> None:
        self.count(event["dataLength"])
