"""Answers that an open page gets for itself, and that rules read as pages of their own.

Each is kept as soon as it is whole: once the page has gone on to another document, the browser has forgotten it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from playwright.async_api import Error, Request

from asyncscrape.errors import FetchError, Reason
from asyncscrape.urls import canonical, glob, path_and_query

log = logging.getLogger(__name__)

COMES_WITHIN = 5.0
LATER = (429, 500)
"""Too many requests; and from here on the server's own faults: they may be gone the next time."""


class Captured(NamedTuple):
    """One such answer."""

    url: str
    headers: Mapping[str, str]
    body: bytes


class Captures:
    """What one page after the other captures."""

    def __init__(self, most: int) -> None:
        """`most` is the largest body."""
        self._most = most
        self._wanted: Sequence[str] = ()
        self._found: list[asyncio.Task[Captured | None]] = []

    def begin(self, wanted: Sequence[str]) -> None:
        """A page is opened, and these globs say what it captures."""
        self._wanted = wanted
        self._found = []

    def end(self) -> None:
        """It is over."""
        self._wanted = ()
        for found in self._found:
            if not found.cancel() and not found.cancelled():
                found.exception()  # the page has failed anyway, and nobody asks for this reason

    def take(self, request: Request) -> None:
        """The page asks for something."""
        url = canonical(request.url)
        if url and any(glob(one).search(path_and_query(url)) for one in self._wanted):
            self._found.append(asyncio.create_task(self._keep(url, request)))

    async def settle(self) -> None:
        """Wait for what is coming, since the page is about to go on; not for what never ends."""
        if self._found:
            await asyncio.wait(self._found, timeout=COMES_WITHIN)

    async def kept(self) -> Sequence[Captured]:
        """All of them. Raises FetchError if one cannot be had: its page would lack records, and nobody would know."""
        await asyncio.gather(*self._found, return_exceptions=True)
        return [captured for task in self._found if (captured := task.result()) is not None]

    async def _keep(self, url: str, request: Request) -> Captured | None:
        try:
            answer = await request.response()
            if answer is None or not is_kept(url, answer.status):
                return None
            body = await answer.body()
        except Error as error:
            why = f"{url} was not kept by the browser, as it is too large or the page went on at once"
            raise FetchError(Reason.BROWSER, why, transient=True) from error
        if len(body) > self._most:
            raise FetchError(Reason.TOO_LARGE, f"{url} is larger than max_body", transient=False)
        return Captured(url, answer.headers, body)


def is_kept(url: str, status: int) -> bool:
    """Whether an answer with this status is data. Raises FetchError if it may be the next time."""
    if status == LATER[0] or status >= LATER[1]:
        raise FetchError(Reason.BROWSER, f"{url} answered {status}", transient=True)
    good = 200 <= status < 300
    if not good:
        log.info("%s answered %d, and is not captured", url, status)
    return good
