"""Pages that are opened in a real browser, without a crawl around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from multidict import CIMultiDict

from asyncscrape.addresses import Guard
from asyncscrape.browsing import BrowserSettings, PagePlan, Use
from asyncscrape.errors import FetchError
from asyncscrape.fetchers.browser.chromium import Chromium
from asyncscrape.fetchers.browser.outside import Outside, PageRequest
from asyncscrape.fetchers.cookies import Jar
from asyncscrape.model import Request, Response
from support.memory import tree

AT_ONCE = PagePlan(Use.ALWAYS)


def document(html: str, url: str = "http://page.example/") -> Response:
    headers = CIMultiDict({"Content-Type": "text/html; charset=utf-8"})
    return Response(Request(url), 200, headers, html.encode(), datetime.now(UTC), 0.1)


def browser(debug: Path | None = None, **settings: object) -> Chromium:
    """A browser whose pages reach nothing: each is all that there is."""

    async def nothing(asked: PageRequest, sent: Callable[[], None]) -> Response:
        raise FetchError("connection", f"nothing is at {asked.url}", transient=False)

    outside = Outside(Guard.of(()), nothing, lambda url: False, lambda host: "asyncscrape", Jar(()), 5_000_000)
    return Chromium(BrowserSettings(**settings), outside, debug)  # type: ignore[arg-type]


async def read(chromium: Chromium, html: str, plan: PagePlan = AT_ONCE) -> str:
    """What becomes of a page."""
    opened = await chromium.open(document(html), plan, "asyncscrape")
    return opened[0].body.decode()


def started_by(process: int, kind: bytes) -> Iterator[int]:
    """Processes that this one has started, and those that they have, with this in their command lines."""
    for one in tree(process):
        try:
            if one != process and kind in Path(f"/proc/{one}/cmdline").read_bytes():
                yield one
        except OSError:
            continue
