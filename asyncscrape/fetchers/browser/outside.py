"""What the browser of a run shares with its HTTP fetcher: rules, cookies, and requests that only that can make."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from playwright.async_api import Request

from asyncscrape.addresses import Guard
from asyncscrape.fetchers.cookies import Jar
from asyncscrape.model import Response

LEFT_OUT = frozenset(
    {"accept-encoding", "connection", "content-length", "cookie", "host", "proxy-authorization", "user-agent"}
)
"""Headers of a page's request that the HTTP fetcher sets itself."""


class PageRequest(NamedTuple):
    """A request of a page, as plain HTTP makes it."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = {}
    body: bytes | None = None


Send = Callable[[PageRequest, Callable[[], None]], Awaitable[Response]]
"""Make one exchange over plain HTTP; the second argument is called once it is on the wire."""


class Outside(NamedTuple):
    """The ways from a page into the world."""

    guard: Guard
    send: Send
    sends: Callable[[str], bool]
    """Whether requests for a URL are made by plain HTTP: the config maps its origin, or has credentials for it."""
    agent: Callable[[str], str]
    """The user agent for a host."""
    jar: Jar
    most: int
    """Bytes of the largest document."""
    proxy: str = ""


async def as_sent(request: Request, url: str) -> PageRequest:
    """A request of a page as plain HTTP makes it."""
    headers = {name: value for name, value in (await request.all_headers()).items() if sendable(name)}
    return PageRequest(url, request.method, headers, request.post_data_buffer)


def sendable(name: str) -> bool:
    """Whether a header of a page's request goes out as it is."""
    return name.lower() not in LEFT_OUT and not name.startswith(":")
