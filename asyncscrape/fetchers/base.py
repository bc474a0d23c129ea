"""What the crawl knows of a fetcher: one exchange for one request, and nothing else.

A fetcher follows no redirects, asks nothing twice and knows no queue, no host's clock and no robots.txt. It is an
asynchronous context: opened before the first request, closed after the last. robots.txt is always fetched over plain
HTTP, whatever fetches the pages.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from asyncscrape.model import Request, Response


class Sink(Protocol):
    """Where the bytes of a file go."""

    async def write(self, chunk: bytes) -> None:
        """Take the next bytes; the network waits meanwhile."""


class Fetcher(AbstractAsyncContextManager["Fetcher"], Protocol):
    """Brings the answer to one request."""

    async def fetch(
        self,
        request: Request,
        *,
        user_agent: str | None = None,
        on_sent: Callable[[], None] | None = None,
        sink: Sink | None = None,
    ) -> Response:
        """One exchange; redirects and error statuses come back as they are. Raises `FetchError`.

        `on_sent` is called once, when the request is on the wire; not at all if it never gets there. With a sink the
        body of a good answer goes there and the response's own stays empty; when this raises, the sink may hold a
        part of it.
        """
