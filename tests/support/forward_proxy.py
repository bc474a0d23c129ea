"""A forward proxy on loopback, which really passes on what it is asked for: plain requests, and tunnels."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

END = b"\r\n\r\n"
WANTED = b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"
UNKNOWN = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"


class ForwardProxy:
    """Knows its own names; with a login it serves nobody without."""

    def __init__(self, names: Mapping[str, tuple[str, int]], login: str = "") -> None:
        self.asked: list[tuple[str, str]] = []
        """Method and target of each request."""
        self.heads: list[bytes] = []
        self._names = names
        self._wanted = b"Basic " + b64encode(login.encode()) if login else b""

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(END)
            self.heads.append(head)
            if self._wanted not in head:
                writer.write(WANTED)
            else:
                await self._pass_on(head, reader, writer)
        writer.close()

    async def _pass_on(self, head: bytes, reader: StreamReader, writer: StreamWriter) -> None:
        method, target, rest = head.split(b" ", 2)
        self.asked.append((method.decode(), target.decode()))
        tunnel = method == b"CONNECT"
        parts = urlsplit(f"//{target.decode()}" if tunnel else target.decode())
        place = self._names.get(parts.hostname or "")
        if place is None:
            writer.write(UNKNOWN)
            return
        far = await asyncio.open_connection(*place)
        if tunnel:
            writer.write(b"HTTP/1.1 200 Connection established" + END)
        else:
            path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
            far[1].write(b" ".join((method, path.encode(), rest)))
        ways = [asyncio.create_task(carry(reader, far[1])), asyncio.create_task(carry(far[0], writer))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        far[1].close()


async def carry(source: StreamReader, target: StreamWriter) -> None:
    with suppress(OSError):
        while piece := await source.read(65_536):
            target.write(piece)
            await target.drain()


@asynccontextmanager
async def running(proxy: ForwardProxy) -> AsyncIterator[str]:
    """The proxy, by host and port."""
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
