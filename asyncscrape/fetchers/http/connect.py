"""From a request to a socket: what is asked of whom, who may be connected to, and when the request was sent.

aiohttp has no place for what belongs to one request only, so the exchange under way stands in a context variable.
That is sound: aiohttp opens sockets in the task that fetches or in tasks made by it (happy eyeballs), and both see
it; only name lookups run elsewhere, and these do not ask.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextvars import ContextVar
from time import perf_counter

from aiohttp import ClientHandlerType, ClientOSError, ClientRequest, ClientResponse, ServerDisconnectedError
from aiohttp.connector import Connection
from yarl import URL

from asyncscrape.addresses import Guard
from asyncscrape.errors import FetchError
from asyncscrape.fetchers.http.time_limits import Clock

AddressInfo = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int]]


class HttpExchange:
    """One request and its answer, while they are under way."""

    __slots__ = (
        "answer",
        "asked",
        "authority",
        "clock",
        "closed",
        "elapsed",
        "limit",
        "mapped",
        "on_sent",
        "opened",
        "proxy",
        "refused",
        "sent_at",
        "target",
        "to_sink",
    )

    def __init__(self, asked: URL, authority: str, clock: Clock, on_sent: Callable[[], None] | None) -> None:
        self.asked = asked
        """The URL that everybody but the connection sees."""
        self.authority = authority
        """Its host, as people know it."""
        self.clock = clock
        self.target = asked
        """The URL connected to; another one when [fetch.origins] says so."""
        self.mapped = False
        """Whether [fetch.origins] said so."""
        self.proxy: URL | None = None
        self.refused: FetchError | None = None
        """What the guard said of an address."""
        self.opened = False
        """Whether there was an address that the guard admits."""
        self.on_sent = on_sent
        self.sent_at = 0.0
        self.elapsed = 0.0
        """Seconds from the request sent to the head of the answer."""
        self.answer: ClientResponse | None = None
        self.to_sink = False
        """Whether the body goes on into a store."""
        self.limit = 0
        """Bytes that the body may have."""
        self.closed: asyncio.Future[None] | None = None
        """Done when the connection is lost, with an exception if it broke."""

    @property
    def says_enough(self) -> bool:
        """Whether the status alone is an answer, whatever becomes of the body."""
        return self.answer is not None and self.answer.status >= 300

    def admit(self, guard: Guard, address: str) -> None:
        """Asks the guard; what it says is kept, for aiohttp reports no more than "could not connect"."""
        try:
            if not (self.mapped or self.proxy):
                guard.check(self.authority, address)
        except FetchError as error:
            self.refused = error
            # An OSError lets aiohttp go on to the next address of the same name, which may be public.
            raise OSError("refused") from error
        self.opened = True

    def sent(self, connection: Connection) -> None:
        """The request has been written to this connection."""
        protocol = connection.protocol
        self.closed = None if protocol is None else protocol.closed
        if self.closed is not None:
            # Looks at the exception, or asyncio complains that nobody did; removed first, to be there only once.
            self.closed.remove_done_callback(_seen)
            self.closed.add_done_callback(_seen)
        self.sent_at = perf_counter()
        self.clock.sent()
        if self.on_sent:
            self.on_sent()

    def abandon(self) -> None:
        """Closes a connection on which an answer is still coming."""
        if self.answer is not None:
            self.answer.close()


CURRENT: ContextVar[HttpExchange] = ContextVar("exchange")


def _seen(closed: asyncio.Future[None]) -> None:
    if not closed.cancelled():
        closed.exception()


class SentRequest(ClientRequest):
    """A request that tells its exchange when it has gone out; far cheaper than aiohttp's tracing."""

    async def send(self, conn: Connection) -> ClientResponse:
        """Writes the request."""
        answer = await super().send(conn)
        CURRENT.get().sent(conn)
        return answer


class Dropped(Exception):
    """The connection could not be made, or was lost before an answer came."""


async def never_twice(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Keeps aiohttp from repeating a request at once when the connection broke: the server may have seen it."""
    try:
        return await handler(request)
    except (ClientOSError, ServerDisconnectedError) as error:
        raise Dropped from error


def socket_factory(guard: Guard) -> Callable[[AddressInfo], socket.socket]:
    """Makes the sockets for aiohttp, after the guard has seen the address they are for."""

    def open_socket(info: AddressInfo) -> socket.socket:
        family, kind, protocol, _, address = info
        CURRENT.get().admit(guard, address[0])
        return socket.socket(family, kind, protocol)

    return open_socket
