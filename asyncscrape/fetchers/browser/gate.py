"""The only way out of the browser: a SOCKS proxy (RFC 1928) on this machine, which knows what may be asked.

The browser looks up no names and connects to nothing else, whatever a page tries. What the browser wants for itself,
such as its maker's services, is refused: only hosts that a page has asked for are let through.
"""

from __future__ import annotations

import asyncio
import logging
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address
from typing import Self

from aiohttp.resolver import DefaultResolver

from asyncscrape.addresses import Guard
from asyncscrape.errors import FetchError
from asyncscrape.urls import authority, canonical

log = logging.getLogger(__name__)

VERSION, CONNECT = 5, 1
NO_PASSWORD = b"\x05\x00"
IPV4, NAME, IPV6 = 1, 3, 4
SIZES = {IPV4: 4, IPV6: 16}
NOWHERE = b"\x01\x00\x00\x00\x00\x00\x00"
DONE, REFUSED, UNREACHABLE = b"\x05\x00\x00" + NOWHERE, b"\x05\x02\x00" + NOWHERE, b"\x05\x04\x00" + NOWHERE
PIECE = 65_536
CONNECTS_WITHIN = 10.0
HTTPS = 443


class Gate:
    """Lets a browser connect to the hosts that its pages ask for, at addresses that the guard admits."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._wanted: set[str] = set()
        """Authorities that pages have asked for."""
        self._open: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Listen."""
        self._resolver = DefaultResolver()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all connections."""
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._resolver.close()

    @property
    def url(self) -> str:
        """Its address, for the browser."""
        port: int = self._server.sockets[0].getsockname()[1]
        return f"socks5://127.0.0.1:{port}"

    def want(self, place: str) -> None:
        """A page asks for this authority."""
        self._wanted.add(place)

    async def _accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            with suppress(OSError, IncompleteReadError, UnicodeDecodeError):
                await self._serve(reader, writer)
        finally:
            self._open.discard(task)
            writer.close()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        host, port = await _wish(reader, writer)
        try:
            far = await self._connect(host, port)
        except FetchError as error:
            log.debug("the browser may not connect: %s", error.detail)
            writer.write(REFUSED)
            return
        except (OSError, TimeoutError):
            writer.write(UNREACHABLE)
            return
        writer.write(DONE)
        await _joined((reader, writer), far)

    async def _connect(self, host: str, port: int) -> tuple[StreamReader, StreamWriter]:
        """A connection to a host. Raises FetchError if it may not be made, OSError if it cannot."""
        place = _authority(host, port)
        if place not in self._wanted:
            raise OSError("no page has asked for it")
        refused: FetchError | None = None
        for address in await self._addresses(host, port):
            try:
                self._guard.check(place, address)
            except FetchError as error:
                refused = error
                continue
            with suppress(OSError, TimeoutError):
                return await asyncio.wait_for(asyncio.open_connection(address, port), CONNECTS_WITHIN)
        if refused is None:
            raise OSError("no address answers")
        raise refused

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        with suppress(ValueError):
            return [str(ip_address(host))]
        return [found["host"] for found in await self._resolver.resolve(host, port)]


async def _wish(reader: StreamReader, writer: StreamWriter) -> tuple[str, int]:
    """The host and port that the browser wants."""
    version, methods = await reader.readexactly(2)
    await reader.readexactly(methods)
    if version != VERSION:
        raise OSError("not SOCKS 5")
    writer.write(NO_PASSWORD)
    _, command, _, kind = await reader.readexactly(4)
    if command != CONNECT:
        raise OSError("not a connection")
    size = SIZES.get(kind) or (await reader.readexactly(1))[0]
    raw = await reader.readexactly(size)
    host = raw.decode("ascii") if kind == NAME else str(ip_address(raw))
    return host, int.from_bytes(await reader.readexactly(2), "big")


def _authority(host: str, port: int) -> str:
    """As pages name it; with the default port of either scheme it is the host alone."""
    bracketed = f"[{host}]" if ":" in host else host
    scheme = "https" if port == HTTPS else "http"
    return authority(canonical(f"{scheme}://{bracketed}:{port}/") or "")


async def _joined(near: tuple[StreamReader, StreamWriter], far: tuple[StreamReader, StreamWriter]) -> None:
    """Carry bytes both ways until one side ends."""
    ways = [asyncio.create_task(_carry(near[0], far[1])), asyncio.create_task(_carry(far[0], near[1]))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        far[1].close()


async def _carry(source: StreamReader, target: StreamWriter) -> None:
    with suppress(OSError):
        while piece := await source.read(PIECE):
            target.write(piece)
            await target.drain()
