"""What people want to know of one open page: the requests it made, and how it looks in the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import msgspec
from playwright.async_api import Error, Page, Request, WebSocket
from playwright.async_api import Response as Answer

from asyncscrape.browsing import SeenRequest

MOST = 300
"""Requests that are kept."""
LOOKS_WITHIN = 15.0
MAY_BE_DATA = frozenset({"fetch", "xhr"})
"""Kinds of requests of which the bodies are kept."""
LARGEST_DATA = 16_000_000
BLOCKED = "net::ERR_BLOCKED_BY_CLIENT"


class PageObserver:
    """Watches a page that is tried."""

    def __init__(self, *, picture: bool = False, stays: Callable[[], Awaitable[None]] | None = None) -> None:
        self.requests: Sequence[SeenRequest] = ()
        self.picture = b""
        """The whole page as PNG, if it was wanted."""
        self._pictured = picture
        self._stays = stays
        """Returns when the page may be closed."""

    @asynccontextmanager
    async def watch(self, page: Page) -> AsyncIterator[None]:
        """See what the page asks for, and what it looks like afterwards, be it that it failed."""
        log = PageLog(page)
        try:
            yield
        finally:
            with suppress(Error, TimeoutError):
                async with asyncio.timeout(LOOKS_WITHIN):
                    self.requests = [await log.told(one) for one in log.all]
                    if self._pictured:
                        self.picture = await page.screenshot(full_page=True)
            if self._stays is not None:
                await self._stays()


class PageLog:
    """The requests of a page, and their answers."""

    def __init__(self, page: Page) -> None:
        self.all: list[Request | WebSocket] = []
        self._answers: dict[Request, Answer] = {}
        self._complete: set[Request] = set()
        page.on("request", self._note)
        page.on("websocket", self._note)
        page.on("response", self._note_answer)
        page.on("requestfinished", self._note_end)

    async def told(self, asked: Request | WebSocket) -> SeenRequest:
        """A request and what came of it, without waiting for what has not come."""
        if isinstance(asked, WebSocket):
            return SeenRequest("GET", "websocket", asked.url)
        base = SeenRequest(asked.method, asked.resource_type, asked.url)
        answer = self._answers.get(asked)
        if answer is None:
            return msgspec.structs.replace(base, failure=_why(asked.failure))
        body = await _body(answer) if asked in self._complete else b""
        type_ = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        kept = body if base.kind in MAY_BE_DATA and len(body) <= LARGEST_DATA else b""
        return msgspec.structs.replace(base, status=answer.status, content_type=type_, size=len(body), body=kept)

    def _note(self, asked: Request | WebSocket) -> None:
        if len(self.all) < MOST:
            self.all.append(asked)

    def _note_answer(self, answer: Answer) -> None:
        self._answers[answer.request] = answer

    def _note_end(self, asked: Request) -> None:
        self._complete.add(asked)


def _why(failure: str | None) -> str:
    """Why there is no answer, as far as the browser says."""
    if failure and failure.startswith(BLOCKED):
        return "blocked"
    return (failure or "no answer yet").removeprefix("net::ERR_").lower().replace("_", " ")


async def _body(answer: Answer) -> bytes:
    """Its body; empty if the browser has none, as for redirects."""
    with suppress(Error):
        return await answer.body()
    return b""
