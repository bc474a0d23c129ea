"""What becomes of each request of a page."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from time import monotonic

from playwright.async_api import Error, Page, Request, Route
from playwright.async_api import Response as Answer

from asyncscrape.addresses import Guard
from asyncscrape.errors import FetchError
from asyncscrape.fetchers.browser.gate import Gate
from asyncscrape.model import Response
from asyncscrape.urls import authority, canonical, glob, path_and_query

log = logging.getLogger(__name__)

KINDS = frozenset({"image", "font", "media", "stylesheet"})
"""What may be blocked by kind; everything else in `block` is a pattern for URLs."""
BLOCKED, FAILED = "blockedbyclient", "failed"
OF_THE_CONNECTION = frozenset(
    {"connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding", "trailer", "upgrade"}
)
"""Headers that do not go with a body that has arrived."""

Bring = Callable[[str], Awaitable[Response]]
"""Fetch a URL by plain HTTP."""


class TrafficRules:
    """What pages may ask for, in a whole run."""

    def __init__(
        self, gate: Gate, guard: Guard, block: Sequence[str], bring: Bring, mapped: Callable[[str], bool]
    ) -> None:
        self.gate = gate
        self.guard = guard
        self.bring = bring
        self.mapped = mapped
        """Whether a URL is of an origin that [fetch.origins] maps: the browser knows nothing of that."""
        self._kinds = KINDS.intersection(block)
        self._patterns = [pattern for pattern in block if pattern not in KINDS]

    def blocks(self, request: Request) -> bool:
        """Whether the user does not want this."""
        return request.resource_type in self._kinds or any(fnmatchcase(request.url, one) for one in self._patterns)


class Traffic:
    """The requests of one page."""

    def __init__(self, page: Page, rules: TrafficRules) -> None:
        self._page = page
        self._rules = rules
        self._document: Response | None = None
        self._capture: Sequence[str] = ()
        self._captured: list[Answer] = []
        self._open: set[Request] = set()
        self._none_open = asyncio.Event()
        self._none_open.set()
        self._changed = monotonic()
        page.on("request", self._begun)
        page.on("requestfinished", self._ended)
        page.on("requestfailed", self._ended)
        page.on("response", self._answered)

    async def attach(self) -> None:
        """See every request of the page before it is made."""
        await self._page.route("**/*", self._decide)

    def begin(self, document: Response, capture: Sequence[str]) -> None:
        """A page is opened."""
        self._document, self._capture = document, capture
        self._captured.clear()
        self._open.clear()
        self._none_open.set()

    def end(self) -> None:
        """The page has been read: it gets nothing more."""
        self._document = None

    async def quiet(self, seconds: float) -> None:
        """Wait until the page has waited for no answer for this long, from now on."""
        self._changed = monotonic()
        while self._open or monotonic() < self._changed + seconds:
            await self._none_open.wait()
            await asyncio.sleep(max(0.0, self._changed + seconds - monotonic()))

    async def captured(self) -> list[tuple[str, dict[str, str], bytes]]:
        """URL, headers and body of each answer that the page's plan wants."""
        found = []
        for answer in self._captured:
            with suppress(Error):
                found.append((answer.url, await answer.all_headers(), await answer.body()))
        return found

    def _begun(self, request: Request) -> None:
        self._open.add(request)
        self._none_open.clear()
        self._changed = monotonic()

    def _ended(self, request: Request) -> None:
        self._open.discard(request)
        if not self._open:
            self._none_open.set()
        self._changed = monotonic()

    def _answered(self, answer: Answer) -> None:
        url = canonical(answer.url)
        if url and self._capture and any(glob(one).search(path_and_query(url)) for one in self._capture):
            self._captured.append(answer)

    async def _decide(self, route: Route) -> None:
        with suppress(Error):  # the page is gone
            await self._carry_out(route)

    async def _carry_out(self, route: Route) -> None:
        request, document = route.request, self._document
        url = canonical(request.url)
        if document is None or url is None or self._rules.blocks(request):
            await route.abort(BLOCKED)
            return
        if request.is_navigation_request() and request.frame.parent_frame is None:
            if url == document.url:
                await route.fulfill(status=document.status, headers=headers_of(document), body=document.body)
            else:  # documents are for the crawl to fetch: it knows robots.txt, the scope and the host's pace
                log.info("%s may not go on to %s", document.url, url)
                await route.abort(BLOCKED)
            return
        try:
            self._rules.guard.check_name(authority(url))
        except FetchError as error:
            log.info("%s wants %s, which is refused: %s", document.url, url, error.detail)
            await route.abort(BLOCKED)
            return
        if self._rules.mapped(url):
            await self._bring(route, url)
            return
        self._rules.gate.want(authority(url))
        await route.continue_()

    async def _bring(self, route: Route, url: str) -> None:
        try:
            answer = await self._rules.bring(url)
        except FetchError as error:
            log.info("%s: %s", url, error.detail)
            await route.abort(FAILED)
            return
        await route.fulfill(status=answer.status, headers=headers_of(answer), body=answer.body)


def headers_of(answer: Response) -> dict[str, str]:
    """The headers of an answer that still hold for its body."""
    kept: dict[str, str] = {}
    for name, value in answer.headers.items():
        if (key := name.lower()) not in OF_THE_CONNECTION:
            between = "\n" if key == "set-cookie" else ", "
            kept[key] = f"{kept[key]}{between}{value}" if key in kept else value
    return kept
