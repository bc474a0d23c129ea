"""The way out of the browser where [fetch] names a proxy: that proxy, asked for nothing that the guard refuses.

To the browser it is an HTTP proxy. Nobody here sees the addresses, so names are judged as they are for plain HTTP.
"""

from __future__ import annotations

import asyncio
import logging
import re
from asyncio import StreamReader, StreamWriter
from base64 import b64encode
from urllib.parse import unquote, urlsplit

from asyncscrape.addresses import Guard
from asyncscrape.errors import FetchError
from asyncscrape.fetchers.browser.gate import CONNECTS_WITHIN, PIECE, Gate, Streams, asked_of, joined, place_of

log = logging.getLogger(__name__)

END = b"\r\n\r\n"
FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
UNREACHABLE = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
OF_THE_WAY = re.compile(rb"\r\n(?:proxy-[\w-]+|connection|keep-alive):[^\r\n]*", re.IGNORECASE)
"""Headers that are meant for the next hop alone."""
LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
TUNNEL = "CONNECT"


class ProxiedGate(Gate):
    """Lets a browser ask a proxy for the hosts that its pages ask for."""

    def __init__(self, guard: Guard, proxy: str) -> None:
        super().__init__(guard)
        parts = urlsplit(proxy)
        self._tls = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port or (443 if self._tls else 80)
        self._login = b""
        if parts.username is not None:
            both = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._login = b"\r\nProxy-Authorization: Basic " + b64encode(both.encode())

    @property
    def url(self) -> str:
        """Its address, for the browser."""
        return super().url.replace("socks5", "http")

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Serve one connection of the browser: one request, or a tunnel."""
        head = (await reader.readuntil(END)).removesuffix(END)
        method, target = head.split(b" ", 2)[:2]
        try:
            await self._admit(method.decode("ascii"), target.decode("ascii"))
            far = await asyncio.wait_for(self._connect_proxy(), CONNECTS_WITHIN)
        except FetchError as error:
            log.debug("the browser may not connect: %s", error.detail)
            writer.write(FORBIDDEN)
            return
        except (OSError, TimeoutError):
            writer.write(UNREACHABLE)
            return
        far[1].write(self._passed_on(head) + END)
        if method.decode("ascii") == TUNNEL:
            await joined((reader, writer), far, self.bring)
        else:
            await self._exchange(head, (reader, writer), far)

    async def _admit(self, method: str, target: str) -> None:
        """Raises FetchError or OSError unless a page wants this, and may have it."""
        if method == TUNNEL:
            host, _, port = target.rpartition(":")
            place = place_of(host.strip("[]"), int(port))
        else:
            place = asked_of(target)
        await self.wished(place)
        self._guard.check_name(place)

    async def _connect_proxy(self) -> Streams:
        return await asyncio.open_connection(self._host, self._port, ssl=self._tls or None)

    def _passed_on(self, head: bytes) -> bytes:
        """The head of a request as the proxy sees it."""
        bare = OF_THE_WAY.sub(b"", head)
        more = b"" if head.startswith(TUNNEL.encode()) else b"\r\nConnection: close"
        return bare + more + self._login

    async def _exchange(self, head: bytes, near: Streams, far: Streams) -> None:
        """One request and its answer. No second one may follow on the same connection: nobody has judged it."""
        found = LENGTH.search(head)
        left = int(found[1]) if found else 0
        while left and (piece := await near[0].read(min(left, PIECE))):
            far[1].write(piece)
            await far[1].drain()
            left -= len(piece)
        try:
            while piece := await far[0].read(PIECE):
                self.bring(len(piece))
                near[1].write(piece)
                await near[1].drain()
        finally:
            far[1].close()
