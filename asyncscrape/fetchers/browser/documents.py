"""The documents of one open page: the one it begins with, and those that it goes on to.

The first is here already. Any other (by a script, a link, a form) is fetched by plain HTTP, under the rules for all
documents: scope, robots.txt, the turn of its host, limits, challenges. Redirects are followed here, each hop under
the same rules; then the page is sent to the last one, whose answer waits for it.

Where a rule forbids the document, or it is a download, the page stays as it is. Where it is asked for and brings
nothing good, the page fails: what it shows then is no contents.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from urllib.parse import unquote

from playwright.async_api import Request, Route

from asyncscrape.errors import FetchError, Reason
from asyncscrape.fetchers.base import Leave, redirect_of
from asyncscrape.fetchers.browser.outside import Outside, PageRequest, as_sent
from asyncscrape.model import Response

log = logging.getLogger(__name__)

MOST = 100
"""Documents that one page may go on to."""
NO_CONTENT = 204
"""The status of an answer that leaves a page as it is."""
SHOWN = ("text/", "image/", "application/json", "application/xml", "application/xhtml+xml")
"""Types of documents that a page can become; others are downloads."""
OF_THE_CONNECTION = frozenset(
    {"connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding", "trailer", "upgrade"}
)
"""Headers that do not go with a body that has arrived."""
SAVED_AS = "content-disposition"
STAYS = frozenset({Reason.ADDRESS, Reason.ROBOTS, Reason.SCOPE, Reason.REDIRECT})
"""Reasons why a document is not asked for."""
MOST_HOPS = 10
MOVED = "<!doctype html><script>location.replace({})</script>"
HTML = "text/html; charset=utf-8"


class Unopened(FetchError):
    """The page stays as it is."""

    def __init__(self, why: str) -> None:
        super().__init__(Reason.BROWSER, why, transient=False)


class Documents:
    """The documents of one page."""

    def __init__(self, outside: Outside, first: Response, leave: Leave | None, fail: Callable[[FetchError], None]):
        self._outside = outside
        self._url = first.url
        self._ready: Response | None = first
        """An answer that waits for the page to ask for it."""
        self._leave = leave
        self._fail = fail
        self._left = MOST
        self._asked: set[asyncio.Future[Response]] = set()
        self._shown = [first.url]

    @property
    def now(self) -> str:
        """The URL of the document that was shown last."""
        return self._shown[-1]

    def was_shown(self, url: str) -> bool:
        """Whether the page has been at this document."""
        return url in self._shown

    def end(self) -> None:
        """The page is over: what it still waits for is asked for no more."""
        for asked in self._asked:
            asked.cancel()

    def has(self, request: Request, url: str) -> bool:
        """Whether the answer to a request is here already."""
        # A browser writes some characters of a URL in another way.
        return self._ready is not None and unquote(url) == unquote(self._ready.url) and request.method == "GET"

    async def serve(self, route: Route, url: str) -> None:
        """Answer the page's request for a document."""
        if self._ready is not None and self.has(route.request, url):
            ready, self._ready = self._ready, None
            await self._show(route, ready)
            return
        try:
            answer = await self._next(await as_sent(route.request, url))
        except FetchError as error:
            await route.fulfill(status=NO_CONTENT)
            self._heed(url, error)
            return
        if answer.url == url:
            await self._show(route, answer)
        else:
            self._ready = answer
            await send_on(route, answer.url)

    async def _show(self, route: Route, answer: Response) -> None:
        self._shown.append(answer.url)
        await show(route, answer)

    def _heed(self, url: str, error: FetchError) -> None:
        """A document cannot be had."""
        if isinstance(error, Unopened) or error.reason in STAYS:
            log.info("%s stays open and does not go on to %s: %s", self._url, url, error.detail)
        elif error.reason == Reason.BLOCKED:
            self._fail(error)
        else:  # it tells nothing of the page's own host
            why = f"it goes on to {url}: {error.detail}"
            self._fail(FetchError(Reason.BROWSER, why, transient=error.transient))

    async def _next(self, asked: PageRequest) -> Response:
        """The document that the page goes on to. Raises FetchError if it may not, or cannot."""
        answer = await followed(asked, self._hop)
        if SAVED_AS in answer.headers or not is_shown(answer):
            raise Unopened(f"it is a download ({answer.content_type})")
        return answer

    async def _hop(self, asked: PageRequest) -> Response:
        if self._leave is None or self._left <= 0:
            raise Unopened(f"it may go on to {MOST if self._leave else 0} documents")
        self._left -= 1
        hop = asyncio.ensure_future(self._leave(asked.url, self._url, lambda sent: self._outside.send(asked, sent)))
        self._asked.add(hop)
        try:
            await asyncio.wait([hop])
        finally:
            self._asked.discard(hop)
        if hop.cancelled():
            raise Unopened("the page has ended")
        return hop.result()


def is_shown(answer: Response) -> bool:
    """Whether a page can become this."""
    return not answer.content_type or answer.content_type.startswith(SHOWN)


async def followed(asked: PageRequest, hop: Callable[[PageRequest], Awaitable[Response]]) -> Response:
    """The answer at the end of a request's redirects, each followed from the one before. Raises FetchError."""
    for _ in range(MOST_HOPS):
        answer = await hop(asked)
        if (target := redirect_of(answer)) is None:
            return answer
        asked = redirected(asked, target, answer.status)
    raise Unopened(f"it is redirected more than {MOST_HOPS} times")


def redirected(asked: PageRequest, target: str, status: int) -> PageRequest:
    """The request that follows a redirect."""
    if status in (307, 308) or asked.method in ("GET", "HEAD"):
        return asked._replace(url=target)
    headers = {name: value for name, value in asked.headers.items() if name.lower() != "content-type"}
    return PageRequest(target, "GET", headers)


async def show(route: Route, answer: Response) -> None:
    """Give the browser a document."""
    headers = {name: value for name, value in headers_of(answer).items() if name != SAVED_AS}
    await route.fulfill(status=answer.status, headers=headers, body=answer.body)


async def send_on(route: Route, target: str) -> None:
    """Let a script send the page on: of redirects the browser asks nobody."""
    script = MOVED.format(json.dumps(target).replace("<", "\\u003c"))
    await route.fulfill(status=200, content_type=HTML, body=script)


def headers_of(answer: Response) -> dict[str, str]:
    """The headers of an answer that still hold for its body."""
    kept: dict[str, str] = {}
    for name, value in answer.headers.items():
        if (key := name.lower()) not in OF_THE_CONNECTION:
            between = "\n" if key == "set-cookie" else ", "
            kept[key] = f"{kept[key]}{between}{value}" if key in kept else value
    return kept
