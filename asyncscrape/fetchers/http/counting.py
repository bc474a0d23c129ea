"""Connections that count every byte that comes, so that an answer is bounded in all its parts.

`max_body` counts the body. Around it a server can send other bytes without end: interim answers, chunk extensions,
trailers, a body cut into chunks of one byte. aiohttp reads them all, and nothing of them shows in the body.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from aiohttp import StreamReader, TCPConnector
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import RawResponseMessage

from asyncscrape.fetchers.http.address_limit import AddressLimit

SPARE = 256_000
"""Bytes that an answer may take besides its body and as many again: for its head, interim answers and framing."""


class Padded(Exception):
    """An answer came with far more bytes around its body than any page needs."""


class CountedConnection(ResponseHandler):
    """A connection that ends an answer whose padding outgrows its body, and bytes that nobody has asked for."""

    def __init__(self, loop: asyncio.AbstractEventLoop, limit: AddressLimit) -> None:
        super().__init__(loop)
        self._limit = limit
        self._received = 0
        self._body: StreamReader | None = None
        self.server = ""
        """The public server at its other end."""

    @property
    def idle(self) -> bool:
        """Whether its last answer has come whole."""
        return self._body is not None and self._body.is_eof()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self.server = self._limit.server(peer[0]) if peer else ""
        self._limit.add(self.server, self)

    def connection_lost(self, exc: BaseException | None) -> None:
        """End."""
        super().connection_lost(exc)
        self._limit.remove(self.server, self)

    def begin(self) -> None:
        """Count anew: the next request goes out."""
        self._received = 0
        self._body = None

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        """Take the head of an answer from the parser."""
        message, body = data
        if self._body is None and message.code >= 200:
            self._body = body
        super().feed_data(data, size)

    def data_received(self, data: bytes) -> None:
        """Take the next bytes from the network. They are judged by those before them, which have been parsed."""
        body = self._body
        if data and self.idle:
            self.abort()
        elif self._received > SPARE + 2 * (body.total_bytes if body else 0):
            self._refuse()
        else:
            self._received += len(data)
            super().data_received(data)

    def _refuse(self) -> None:
        body = self._body
        self.abort()
        self.set_exception(Padded())
        if body is not None:
            body.set_exception(Padded())


class CountingConnector(TCPConnector):
    """A pool of such connections."""

    def __init__(self, per_address: AddressLimit, **options: Any) -> None:
        super().__init__(**options)
        make: Callable[..., ResponseHandler] = CountedConnection
        self._factory = partial(make, loop=self._loop, limit=per_address)
