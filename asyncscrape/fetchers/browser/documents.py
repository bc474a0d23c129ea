"""The documents of one open page: the one it begins with, and those that it goes on to.

The first is here already. Any other (by a script, a link, a form) is fetched by plain HTTP, under the rules for all
documents: scope, robots.txt, the turn of its host, limits, challenges. A redirect is carried out inside the page, so
that its target is judged in turn.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

from playwright.async_api import Route

from asyncscrape.errors import FetchError, Reason
from asyncscrape.fetchers.base import Leave
from asyncscrape.fetchers.browser.outside import Outside, as_sent
from asyncscrape.model import Response
from asyncscrape.urls import canonical

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
MOVED = "<!doctype html><script>location.replace({})</script>"
HTML = "text/html; charset=utf-8"


class Documents:
    """The documents of one page."""

    def __init__(self, outside: Outside, first: Response, leave: Leave | None, fail: Callable[[FetchError], None]):
        self._outside = outside
        self._url = first.url
        self._first: Response | None = first
        self._leave = leave
        self._fail = fail
        self._left = MOST

    async def serve(self, route: Route, url: str) -> None:
        """Answer the page's request for a document."""
        first = self._first
        if first is not None and url == first.url and route.request.method == "GET":
            self._first = None
            headers = {name: value for name, value in headers_of(first).items() if name != SAVED_AS}
            await route.fulfill(status=first.status, headers=headers, body=first.body)
            return
        try:
            await answered(route, await self._next(route, url))
        except FetchError as error:
            log.info("%s stays open and does not go on to %s: %s", self._url, url, error.detail)
            await route.fulfill(status=NO_CONTENT)
            if error.reason == Reason.BLOCKED:
                self._fail(error)

    async def _next(self, route: Route, url: str) -> Response:
        """The document that the page goes on to. Raises FetchError if it may not, or cannot."""
        if self._leave is None or self._left <= 0:
            raise FetchError(
                Reason.BROWSER, f"it may go on to {MOST if self._leave else 0} documents", transient=False
            )
        self._left -= 1
        asked = await as_sent(route.request, url)
        answer = await self._leave(url, self._url, lambda sent: self._outside.send(asked, sent))
        target = redirect_of(answer)
        if target is None and (SAVED_AS in answer.headers or not is_shown(answer)):
            raise FetchError(Reason.BROWSER, f"it is a download ({answer.content_type})", transient=False)
        if target and asked.method != "GET" and answer.status in (307, 308):
            raise FetchError(Reason.REDIRECT, f"the form is redirected to {target}", transient=False)
        return answer


def is_shown(answer: Response) -> bool:
    """Whether a page can become this."""
    return not answer.content_type or answer.content_type.startswith(SHOWN)


def redirect_of(answer: Response) -> str | None:
    """Where an answer sends a browser."""
    location = answer.headers.get("Location")
    return canonical(location, answer.url) if location and 300 <= answer.status < 400 else None


async def answered(route: Route, answer: Response) -> None:
    """Give the browser a document; of a redirect one whose script goes on, since the browser asks nobody about it."""
    headers, target = headers_of(answer), redirect_of(answer)
    if target is None:
        await route.fulfill(status=answer.status, headers=headers, body=answer.body)
        return
    kept = {name: value for name, value in headers.items() if name == "set-cookie"}
    script = MOVED.format(json.dumps(target).replace("<", "\\u003c"))
    await route.fulfill(status=200, headers={**kept, "content-type": HTML}, body=script)


def headers_of(answer: Response) -> dict[str, str]:
    """The headers of an answer that still hold for its body."""
    kept: dict[str, str] = {}
    for name, value in answer.headers.items():
        if (key := name.lower()) not in OF_THE_CONNECTION:
            between = "\n" if key == "set-cookie" else ", "
            kept[key] = f"{kept[key]}{between}{value}" if key in kept else value
    return kept
