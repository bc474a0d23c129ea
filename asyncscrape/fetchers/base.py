"""The interface of a fetcher: one exchange for one request, and nothing else.

A fetcher does not follow redirects or ask anything twice, and knows nothing of queues, hosts' clocks or robots.txt.
It is an asynchronous context: opened before the first request, closed after the last; opening one that shows
credentials raises `AccessRefused` if a host refuses them. robots.txt is always fetched over plain HTTP and without
credentials, whatever fetches the pages.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from asyncscrape.browsing import PagePlan
from asyncscrape.model import Request, Response
from asyncscrape.urls import canonical


class Sink(Protocol):
    """The destination for the bytes of a file."""

    async def write(self, chunk: bytes) -> None:
        """Take the next bytes; meanwhile the network waits."""


class Fetcher(AbstractAsyncContextManager["Fetcher"], Protocol):
    """Fetch the answer to one request at a time."""

    async def fetch(
        self,
        request: Request,
        *,
        user_agent: str | None = None,
        on_sent: Callable[[], None] | None = None,
        sink: Sink | None = None,
    ) -> Response:
        """Make one exchange; redirects and error statuses come back as they are. Raises `FetchError`.

        `on_sent` is called once the request is on the wire, and never if it does not get there. With a sink, the body
        of a good answer goes into it and the response's own body stays empty; if this raises, the sink may hold part
        of the body. `Postponed` means that the request is to be made again when its host's credentials can be had.
        """


Exchanging = Callable[[Callable[[], None]], Awaitable[Response]]
"""One exchange. It gets what it is to call once its request is on the wire."""


class Leave(Protocol):
    """The rules for an open page that goes on to another document: those for all documents."""

    @property
    def waiting(self) -> int:
        """Open pages that wait for another document, and hold up nothing meanwhile."""

    async def __call__(self, url: str, page: str, exchange: Exchanging) -> Response:
        """Make the exchange for a URL when its host has its turn; `page` is the document that was opened.

        Raises `FetchError` if it may not be made, brings nothing, or is answered by an error or a bot challenge.
        Redirects come back as they are.
        """


class Browser(Protocol):
    """Opens answers that have been fetched and judged, so that their scripts run."""

    async def open(
        self, document: Response, plan: PagePlan, user_agent: str, leave: Leave | None = None
    ) -> Sequence[Response]:
        """What becomes of a document: its contents, after each turn, and what it captures. Raises `FetchError`.

        Without `leave` the page may not go on to another document.
        """


def redirect_of(answer: Response) -> str | None:
    """Where an answer sends whoever asked."""
    location = answer.headers.get("Location")
    return canonical(location, answer.url) if location and 300 <= answer.status < 400 else None
