"""From a request to a socket: the exchange under way, the check of its address, and the moment it was sent.

aiohttp has no place for the data of a single request, so the exchange under way is held in a context variable. That
is sound: aiohttp opens sockets in the task that fetches or in tasks it makes (happy eyeballs), and both see the
variable. Only name lookups run elsewhere, and they do not need it.
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
from asyncscrape.fetchers.http.address_limit import AddressLimit
from asyncscrape.fetchers.http.counting import CountedConnection
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
        "full",
        "limit",
        "mapped",
        "on_sent",
        "opened",
        "permit",
        "proxy",
        "refused",
        "sent_at",
        "server",
        "target",
        "to_sink",
        "waited_for",
    )

    def __init__(self, asked: URL, authority: str, clock: Clock, on_sent: Callable[[], None] | None) -> None:
        self.asked = asked
        """The URL as everything but the connection sees it."""
        self.authority = authority
        """The host (and port) in that URL."""
        self.clock = clock
        self.target = asked
        """The URL to connect to; a different one if [fetch.origins] says so."""
        self.mapped = False
        """Whether [fetch.origins] said so."""
        self.proxy: URL | None = None
        self.refused: FetchError | None = None
        """The guard's refusal of an address."""
        self.opened = False
        """Whether the guard admitted any address."""
        self.full = ""
        """A server that has no room for another connection."""
        self.waited_for = ""
        """The server where it has waited for room."""
        self.server = ""
        """The server that was asked, if its connections have a limit."""
        self.on_sent = on_sent
        self.permit: Callable[[], None] | None = None
        """Raises FetchError if the request may not be sent now."""
        self.sent_at = 0.0
        self.elapsed = 0.0
        """Seconds from sending the request to the head of the answer."""
        self.answer: ClientResponse | None = None
        self.to_sink = False
        """Whether the body goes into a store."""
        self.limit = 0
        """The most bytes the body may have."""
        self.closed: asyncio.Future[None] | None = None
        """Done once the connection is lost; with an exception if it broke."""

    @property
    def says_enough(self) -> bool:
        """Whether the status alone is answer enough, whatever happens to the body."""
        return self.answer is not None and self.answer.status >= 300

    def admit(self, guard: Guard, address: str) -> None:
        """Ask the guard, and keep its refusal: aiohttp reports only "could not connect"."""
        try:
            if not (self.mapped or self.proxy):
                guard.check(self.authority, address)
        except FetchError as error:
            self.refused = error
            # After an OSError aiohttp tries the next address of the same name, which may be public.
            raise OSError("refused") from error
        self.opened = True

    def sent(self, connection: Connection) -> None:
        """Note that the request has been written to this connection."""
        protocol = connection.protocol
        self.closed = None if protocol is None else protocol.closed
        if self.closed is not None:
            # It retrieves the exception, or asyncio would complain. Removed first, so that it is there only once.
            self.closed.remove_done_callback(_seen)
            self.closed.add_done_callback(_seen)
        self.sent_at = perf_counter()
        self.clock.sent()
        if self.on_sent:
            self.on_sent()

    def abandon(self) -> None:
        """Close a connection on which an answer is still coming."""
        if self.answer is not None:
            self.answer.close()


CURRENT: ContextVar[HttpExchange] = ContextVar("exchange")


def _seen(closed: asyncio.Future[None]) -> None:
    if not closed.cancelled():
        closed.exception()


class SentRequest(ClientRequest):
    """A request that tells its exchange when it has been sent; far cheaper than aiohttp's tracing."""

    async def send(self, conn: Connection) -> ClientResponse:
        """Write the request."""
        exchange = CURRENT.get()
        exchange.full = ""
        if isinstance(conn.protocol, CountedConnection):
            conn.protocol.begin()
            exchange.server = conn.protocol.server
        if exchange.permit:
            exchange.permit()
        answer = await super().send(conn)
        exchange.sent(conn)
        return answer


class Dropped(Exception):
    """The connection could not be made, or was lost before an answer came."""


async def never_twice(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Keep aiohttp from repeating a request at once when the connection breaks: the server may have seen it."""
    try:
        return await handler(request)
    except (ClientOSError, ServerDisconnectedError) as error:
        raise Dropped from error


def socket_factory(guard: Guard, limit: AddressLimit) -> Callable[[AddressInfo], socket.socket]:
    """The function that makes sockets for aiohttp, once the guard has admitted their address, if there is room."""

    def open_socket(info: AddressInfo) -> socket.socket:
        family, kind, protocol, _, address = info
        exchange = CURRENT.get()
        exchange.admit(guard, address[0])
        server = "" if exchange.mapped or exchange.proxy else limit.server(address[0])
        if not server:
            return socket.socket(family, kind, protocol)
        made = limit.socket(family, kind, protocol, server, first=exchange.waited_for == server)
        if made is None:
            exchange.full = server
            # As above: aiohttp tries the next address, where there may be room.
            raise OSError("full")
        return made

    return open_socket
