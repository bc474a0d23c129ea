"""What becomes of each request of a page.

documents of the page itself     by plain HTTP, under the rules for all documents (`documents`)
blocked by the config            refused
what the config maps to another origin or has credentials for, and what rules capture
                                 by plain HTTP, which knows about all three
all else                         by the browser, through the gate
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from fnmatch import fnmatchcase
from time import monotonic
from weakref import WeakKeyDictionary

from playwright.async_api import BrowserContext, Error, Page, Request, Route, WebSocket

from asyncscrape.browsing import BLOCKABLE
from asyncscrape.errors import FetchError, Reason
from asyncscrape.fetchers.base import Leave
from asyncscrape.fetchers.browser.captures import Captures
from asyncscrape.fetchers.browser.context_cookies import ContextCookies
from asyncscrape.fetchers.browser.documents import Documents, followed, headers_of
from asyncscrape.fetchers.browser.gate import Gate
from asyncscrape.fetchers.browser.outside import Outside, as_sent
from asyncscrape.fetchers.browser.page_bytes import PageBytes
from asyncscrape.model import Response
from asyncscrape.urls import authority, canonical

log = logging.getLogger(__name__)

BLOCKED, FAILED = "blockedbyclient", "failed"
STREAM = "eventsource"
"""A request that never ends, and has no body that could be kept."""
ENDLESS = 10.0
"""Seconds after which a request counts as one that never ends: nobody waits for it any more."""
DOCUMENTS = 8
"""A page may bring as many bytes as this many documents of the largest size."""
MOST_REQUESTS = 3_000
"""Of one page: a script in a loop would ask a host without end, and at no pace."""
EVERYTHING = "**/*"


class TrafficRules:
    """What pages may ask for, in a whole run."""

    def __init__(self, gate: Gate, outside: Outside, block: Sequence[str]) -> None:
        self.gate = gate
        self.outside = outside
        self.most = DOCUMENTS * outside.most
        self._kinds = frozenset(BLOCKABLE).intersection(block)
        self._patterns = [pattern for pattern in block if pattern not in BLOCKABLE]
        self._cookies: WeakKeyDictionary[BrowserContext, ContextCookies] = WeakKeyDictionary()

    async def guard(self, context: BrowserContext) -> None:
        """Let the windows that pages open in a context ask for nothing."""
        await context.route(EVERYTHING, lambda route: route.abort(BLOCKED))

    def cookies(self, context: BrowserContext) -> ContextCookies:
        """The cookies of a context."""
        if context not in self._cookies:
            self._cookies[context] = ContextCookies(context, self.outside.jar)
        return self._cookies[context]

    def blocks(self, request: Request) -> bool:
        """Whether the user does not want this."""
        return request.resource_type in self._kinds or any(fnmatchcase(request.url, one) for one in self._patterns)

    def want(self, url: str) -> None:
        """Let the browser connect to the host of a URL. Raises FetchError if its name alone forbids that."""
        place = authority(url)
        self.outside.guard.check_name(place)
        self.gate.want(place)


class Traffic:
    """The requests of one page."""

    def __init__(self, page: Page, rules: TrafficRules) -> None:
        self._page = page
        self._rules = rules
        self._cookies = rules.cookies(page.context)
        self._meter = PageBytes(page, rules.gate, rules.most, self._fail)
        self._documents: Documents | None = None
        self._reading: asyncio.Task[None] | None = None
        self._failure: FetchError | None = None
        self._url = ""
        self._captures = Captures()
        self._left = 0
        """Requests that the page may still make."""
        self._open: dict[Request, float] = {}
        """Requests without an end so far, with the times they began."""
        self._stirred = asyncio.Event()
        self._changed = monotonic()
        page.on("request", self._begun)
        page.on("requestfinished", self._ended)
        page.on("requestfailed", self._ended)
        page.on("websocket", self._connected)

    async def attach(self) -> None:
        """See every request of the page before it is made."""
        await self._page.route(EVERYTHING, self._decide)

    @asynccontextmanager
    async def of(self, document: Response, capture: Sequence[str], leave: Leave | None) -> AsyncIterator[None]:
        """Meanwhile a page is open. Raises FetchError if it does what no page may do."""
        task = asyncio.current_task()
        assert task is not None
        cancelled = task.cancelling()
        self._begin(document, capture, leave, task)
        try:
            await self._cookies.lend(document.url)
            yield
            await self._take_back()
        except asyncio.CancelledError:
            if self._failure is None or task.uncancel() > cancelled:
                raise
            raise self._failure from None
        finally:
            if self._documents is not None:
                self._documents.end()
            self._documents = self._reading = None
            self._meter.end()

    def _begin(
        self, document: Response, capture: Sequence[str], leave: Leave | None, task: asyncio.Task[None]
    ) -> None:
        self._documents = Documents(self._rules.outside, document, leave, self._fail)
        self._url, self._failure, self._reading = document.url, None, task
        self._captures.begin(capture)
        self._open.clear()
        self._left = MOST_REQUESTS
        self._meter.begin()

    async def _take_back(self) -> None:
        """Let plain HTTP know the cookies that the page has now."""
        await self._cookies.take_back(canonical(self._page.url) or self._url)

    def _fail(self, error: FetchError) -> None:
        """End the page."""
        if self._failure is None and self._reading is not None:
            self._failure = error
            self._reading.cancel()

    @property
    def idle(self) -> bool:
        """Whether the page waits for no answer now."""
        return not self._open

    async def quiet(self, seconds: float) -> None:
        """Wait until the page has waited for no answer for this long, from now on. Endless answers do not count."""
        self._changed = monotonic()
        while True:
            self._stirred.clear()
            now = monotonic()
            ends = max(self._open.values(), default=-ENDLESS) + ENDLESS
            left = ends - now if ends > now else self._changed + seconds - now
            if left <= 0:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._stirred.wait()

    def captured(self) -> Sequence[Response]:
        """The answers that the page's plan wants. Raises FetchError if one cannot be had."""
        return self._captures.kept()

    def document_at(self, url: str) -> str:
        """The document that the page is at, where its scripts say it is at this one."""
        documents = self._documents
        return url if documents is None or documents.was_shown(url) else documents.now

    # What happens on the page

    def _begun(self, request: Request) -> None:
        if request.redirected_from is not None:
            self._open.pop(request.redirected_from, None)
            self._wish(request.url)
        if request.resource_type != STREAM:
            self._open[request] = monotonic()
        self._stir()

    def _ended(self, request: Request) -> None:
        self._open.pop(request, None)
        self._stir()

    def _stir(self) -> None:
        self._changed = monotonic()
        self._stirred.set()

    def _connected(self, socket: WebSocket) -> None:
        self._wish(f"http{socket.url.removeprefix('ws')}")

    def _wish(self, asked: str) -> None:
        """The browser is about to connect, and asks nobody but the gate."""
        url = canonical(asked)
        if url and self._documents is not None:
            try:
                self._rules.want(url)
            except FetchError as error:
                log.info("%s wants %s, which is refused: %s", self._url, url, error.detail)

    # What it may ask for

    async def _decide(self, route: Route) -> None:
        with suppress(Error):  # the page is gone
            try:
                await self._carry_out(route)
            except FetchError as error:
                log.info("%s wants %s, which is refused: %s", self._url, route.request.url, error.detail)
                await route.abort(BLOCKED)

    async def _carry_out(self, route: Route) -> None:
        request, documents = route.request, self._documents
        url = canonical(request.url)
        self._left -= 1
        if self._left == 0:
            log.info("%s has made %d requests and may make no more", self._url, MOST_REQUESTS)
        if documents is None or url is None or self._left < 0 or self._rules.blocks(request):
            await route.abort(BLOCKED)
        elif request.is_navigation_request() and request.frame == self._page.main_frame:
            await (self._cookies.lend(url) if documents.has(request, url) else self._take_back())
            await documents.serve(route, url)
        else:
            await self._pass_on(route, url)

    async def _pass_on(self, route: Route, url: str) -> None:
        """Let a request of the page go out. Raises FetchError if it must not."""
        outside, request = self._rules.outside, route.request
        if (outside.sends(url) or self._captures.wants(url)) and request.resource_type != STREAM:
            await self._send(route, url)
            return
        self._rules.want(url)
        await self._cookies.lend(url)
        agent = outside.agent(authority(url))
        own = request.headers.get("user-agent", agent) == agent
        await route.continue_(headers=None if own else {**request.headers, "user-agent": agent})

    async def _send(self, route: Route, url: str) -> None:
        """Make a request over plain HTTP, with its redirects: of those the browser would ask nobody."""
        asked = await as_sent(route.request, url)
        await self._take_back()
        try:
            answer = await followed(asked, lambda one: self._rules.outside.send(one, _nobody))
        except FetchError as error:
            log.info("%s wants %s, which fails: %s", self._url, url, error.detail)
            if self._captures.wants(url):
                self._captures.miss(error)
            await route.abort(BLOCKED if error.reason == Reason.ADDRESS else FAILED)
            return
        self._meter.count(len(answer.body))
        if self._captures.wants(url):
            self._captures.keep(url, answer)
        await route.fulfill(status=answer.status, headers=headers_of(answer), body=answer.body)


def _nobody() -> None:
    """Only documents wait for the turn of their host."""
