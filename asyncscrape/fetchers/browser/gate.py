"""The only way out of the browser: a SOCKS proxy (RFC 1928) on this machine, which knows what may be asked.

The browser looks up no names and connects to nothing else, whatever a page tries. What the browser wants for itself,
such as its maker's services, is refused: only hosts that a page has asked for are let through.
"""

from __future__ import annotations

import asyncio
import logging
from asyncio import IncompleteReadError, LimitOverrunError, StreamReader, StreamWriter
from collections.abc import Callable, Sequence
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
TOLD_WITHIN = 1.0
"""Seconds until a page's wish is known: of a redirect the browser tells only once it follows it."""

Streams = tuple[StreamReader, StreamWriter]


class Gate:
    """Lets a browser connect to the hosts that its pages ask for, at addresses that the guard admits."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._wanted: set[str] = set()
        """Authorities that pages have asked for."""
        self._told = asyncio.Event()
        self._open: set[asyncio.Task[None]] = set()
        self._brought = 0
        """Bytes that have come in so far."""
        self._alarms: dict[object, tuple[int, Callable[[], None]]] = {}

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
        if place not in self._wanted:
            self._wanted.add(place)
            self._told.set()
            self._told = asyncio.Event()

    def alarm(self, who: object, more: int, ring: Callable[[], None]) -> None:
        """Call this once so many more bytes have come in, for whatever page, unless `silence` is called before."""
        self._alarms[who] = self._brought + more, ring

    def silence(self, who: object) -> None:
        """Do not call it any more."""
        self._alarms.pop(who, None)

    def bring(self, size: int) -> None:
        """Bytes have come in."""
        self._brought += size
        for who, (limit, ring) in list(self._alarms.items()):
            if self._brought >= limit:
                self.silence(who)
                ring()

    async def _accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            with suppress(OSError, IncompleteReadError, LimitOverrunError, ValueError, asyncio.CancelledError):
                await self.serve(reader, writer)
        finally:
            self._open.discard(task)
            writer.close()

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Serve one connection of the browser."""
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
        await joined((reader, writer), far, self.bring)

    async def wished(self, place: str) -> None:
        """Wait until it is known that a page asks for this authority. Raises OSError if none does."""
        with suppress(TimeoutError):
            async with asyncio.timeout(TOLD_WITHIN):
                while place not in self._wanted:
                    await self._told.wait()
        if place not in self._wanted:
            raise OSError("no page has asked for it")

    async def _connect(self, host: str, port: int) -> Streams:
        """A connection to a host. Raises FetchError if it may not be made, OSError if it cannot."""
        place = place_of(host, port)
        await self.wished(place)
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


def place_of(host: str, port: int) -> str:
    """As pages name it; with the default port of either scheme it is the host alone."""
    bracketed = f"[{host}]" if ":" in host else host
    scheme = "https" if port == HTTPS else "http"
    return asked_of(f"{scheme}://{bracketed}:{port}/")


def asked_of(url: str) -> str:
    """The authority in a URL. Raises OSError if that is none."""
    found = canonical(url)
    if found is None:
        raise OSError("not a host")
    return authority(found)


async def joined(near: Streams, far: Streams, brought: Callable[[int], None]) -> None:
    """Carry bytes both ways until one side ends; what comes in is counted."""
    ways = [asyncio.create_task(_carry(near[0], far[1])), asyncio.create_task(_carry(far[0], near[1], brought))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        far[1].close()


async def _carry(
    source: StreamReader, target: StreamWriter, count: Callable[[int], None] = lambda size: None
) -> None:
    with suppress(OSError):
        while piece := await source.read(PIECE):
            count(len(piece))
            target.write(piece)
            await target.drain()
