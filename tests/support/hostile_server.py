"""A web server that misbehaves on purpose: the path chooses how. `/` links to every misbehaviour.

Raw sockets, so that it can break what a web framework would not let it break. In a test:

    async with HostileServer() as server:
        server.url("/endless")

By hand: `python tests/support/hostile_server.py 8099`, then ask for one of the paths that `/` lists.
"""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import struct
import sys
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache

import brotli
from backports.zstd import CompressionParameter, ZstdCompressor
from backports.zstd import compress as zstd

MB = 1 << 20


@dataclass
class Asked:
    """One request that came in."""

    method: str
    target: str
    headers: list[tuple[str, str]]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass
class Wire:
    """One connection, as seen by a misbehaviour."""

    asked: Asked
    writer: asyncio.StreamWriter
    server: HostileServer
    keep: bool = False
    """Whether the connection stays open for the next request."""

    async def send(self, *parts: bytes) -> None:
        data = b"".join(parts)
        self.writer.write(data)
        await self.writer.drain()
        self.server.sent += len(data)

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def answer(self, body: bytes = b"", status: str = "200 OK", **headers: str) -> None:
        """A proper answer, after which the connection may be used again."""
        self.keep = True
        await self.send(head(status, Content_Length=str(len(body)), **headers), body)

    def reset(self) -> None:
        """End the connection with RST instead of FIN."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Misbehaviour = Callable[[Wire], Awaitable[None]]
PATHS: dict[str, Misbehaviour] = {}
"""A name that ends in a slash answers for everything below it."""

EXAMPLES = ("/empty/204", "/empty/304", "/status/404", "/status/500", "/redirect-away/127.0.0.2:1/", "/calendar/0")
"""One of each such kind."""


def path(name: str) -> Callable[[Misbehaviour], Misbehaviour]:
    def register(behaviour: Misbehaviour) -> Misbehaviour:
        PATHS[name] = behaviour
        return behaviour

    return register


def head(status: str = "200 OK", **headers: str) -> bytes:
    headers = {"Content_Type": "text/html", **headers}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items() if value)
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode("utf-8", "surrogateescape")


@dataclass
class HostileServer:
    """Listen on loopback and count what comes."""

    host: str = "127.0.0.1"
    port: int = 0
    tls: ssl.SSLContext | None = None
    accepted: int = 0
    """Connections taken."""
    sent: int = 0
    """Bytes that the network has taken."""
    requests: list[Asked] = field(default_factory=list)
    open: Counter[str] = field(default_factory=Counter)
    """Requests being answered now, by path."""
    own: dict[str, Misbehaviour] = field(default_factory=dict)
    """Paths that this server has beside those that all have."""
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    """A client went away in the middle of an answer."""

    @property
    def connections(self) -> int:
        """Connections that are open now."""
        return len(self._tasks)

    @property
    def authority(self) -> str:
        return f"{self.host}:{self.port}"

    def url(self, path: str = "/") -> str:
        return f"{'https' if self.tls else 'http'}://{self.authority}{path}"

    def behaving(self, behaviour: Misbehaviour) -> str:
        """The URL of a path where it does this."""
        self.own["/own"] = behaviour
        return self.url("/own")

    async def __aenter__(self) -> HostileServer:
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._serve, self.host, self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def forever(self) -> None:
        await self._server.serve_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            self.lost.set()
        finally:
            self._tasks.discard(task)
            with suppress(OSError):
                writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        begin = await reader.readexactly(1)
        if begin == b"\x16":  # a TLS handshake, on a port that speaks plainly
            writer.write(head("400 Bad Request", Connection="close"))
            return False
        raw = begin + await reader.readuntil(b"\r\n\r\n")
        first, *lines = raw.decode("latin-1").strip().split("\r\n")
        method, target, _ = first.split(" ")
        pairs = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        asked = Asked(method, target, pairs)
        self.requests.append(asked)
        wire = Wire(asked, writer, self)
        behaviour = self._behaviour(asked.path)
        self.open[asked.path] += 1
        try:
            await behaviour(wire)
        finally:
            self.open[asked.path] -= 1
        return wire.keep

    def _behaviour(self, path: str) -> Misbehaviour:
        paths = PATHS | self.own
        return paths.get(path) or paths.get("/" + path.split("/")[1] + "/", not_found)


async def not_found(wire: Wire) -> None:
    await wire.answer(b"not here", "404 Not Found")


# ---------------------------------------------------------------- good behaviour, to compare with


@path("/")
async def index(wire: Wire) -> None:
    names = [name for name in PATHS if not name.endswith("/")] + list(EXAMPLES)
    await wire.answer("".join(f'<a class="trap" href="{name}">{name}</a>\n' for name in names).encode())


@path("/ok")
async def ok(wire: Wire) -> None:
    await wire.answer(b"<h1>fine</h1>")


@path("/robots.txt")
async def robots(wire: Wire) -> None:
    await wire.answer(b"", "404 Not Found")


@path("/slow-start")
async def slow_start(wire: Wire) -> None:
    await wire.pause(0.1)
    await wire.send(head(Content_Length="4"), b"ab")
    await wire.pause(0.1)
    wire.keep = True
    await wire.send(b"cd")


@path("/empty/")
async def empty(wire: Wire) -> None:
    """/empty/204, /empty/304: no body, not even by length, but words of one all the same."""
    wire.keep = True
    await wire.send(head(f"{wire.asked.path.split('/')[2]} Nothing", Content_Encoding="gzip"))


@path("/informed")
async def informed(wire: Wire) -> None:
    await wire.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
    await wire.answer(b"after the hints")


@path("/until-close")
async def until_close(wire: Wire) -> None:
    await wire.send(head(), b"no length, ")
    await wire.send(b"just the end")


@path("/cookies/set")
async def cookies_set(wire: Wire) -> None:
    await wire.answer(b"", Set_Cookie="session=s1; Path=/")


@path("/bad-bytes")
async def bad_bytes(wire: Wire) -> None:
    """Header bytes that are not UTF-8."""
    await wire.answer(b"x", X_Name="caf\udce9", Set_Cookie="name=caf\udce9")


@path("/status/")
async def status(wire: Wire) -> None:
    await wire.answer(b"an error page", f"{wire.asked.path.split('/')[2]} Whatever")


# ---------------------------------------------------------------- bodies without end, or without haste


@path("/endless")
async def endless(wire: Wire) -> None:
    await wire.send(head())
    while True:
        await wire.send(b"<p>more and more</p>\n" * 3000)
        await asyncio.sleep(0)


@path("/endless-error")
async def endless_error(wire: Wire) -> None:
    await wire.send(head("503 Unavailable", Retry_After="7"))
    while True:
        await wire.send(b"sorry " * 10_000)
        await asyncio.sleep(0)


@path("/endless-headers")
async def endless_headers(wire: Wire) -> None:
    await wire.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await wire.send(b"X-More: and more\r\n" * 1000)


@path("/endless-continue")
async def endless_continue(wire: Wire) -> None:
    while True:
        await wire.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)
        await asyncio.sleep(0)


@path("/endless-extensions")
async def endless_extensions(wire: Wire) -> None:
    """Chunks of one byte, each with kilobytes of an extension."""
    await wire.send(head(Transfer_Encoding="chunked"))
    while True:
        await wire.send((b"1;" + b"x" * 8000 + b"\r\n.\r\n") * 10)
        await asyncio.sleep(0)


@path("/endless-trailers")
async def endless_trailers(wire: Wire) -> None:
    await wire.send(head(Transfer_Encoding="chunked"), b"0\r\n")
    while True:
        await wire.send(b"X: " + b"x" * 8000 + b"\r\n")
        await asyncio.sleep(0)


@path("/tiny-chunks")
async def tiny_chunks(wire: Wire) -> None:
    await wire.send(head(Transfer_Encoding="chunked"))
    while True:
        await wire.send(b"1\r\n.\r\n" * 10_000)
        await asyncio.sleep(0)


@path("/drip")
async def drip(wire: Wire) -> None:
    await wire.send(head())
    while True:
        await wire.send(b".")
        await wire.pause(0.02)


@path("/drip-headers")
async def drip_headers(wire: Wire) -> None:
    await wire.send(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        await wire.send(b".")
        await wire.pause(0.02)


@path("/stall")
async def stall(wire: Wire) -> None:
    """Begin a body, then fall silent."""
    await wire.send(head(), b"<p>one moment")
    await wire.pause(3600)


@path("/silence")
async def silence(wire: Wire) -> None:
    """Never answer."""
    await wire.pause(3600)


@path("/announced")
async def announced(wire: Wire) -> None:
    """Announce 100 GB."""
    await wire.send(head(Content_Length=str(10**11)), b"a start")
    await wire.pause(3600)


@path("/huge-html")
async def huge_html(wire: Wire) -> None:
    await streamed(wire, (b"<div><p>some text</p></div>\n" * 37_000 for _ in range(100)))


# ---------------------------------------------------------------- bombs and broken compression


def zeros(count: int, wbits: int, blocks: int) -> bytes:
    """A compressed stream of `blocks` times `count` zeros, made from one block that is repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    start = packer.compress(b"\0" * count) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b"\0" * count) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + block * (blocks - 1) + b"\x03\x00"


@cache
def bomb(kind: str) -> tuple[str, bytes]:
    """Content-Encoding and body. Most unpack to a gigabyte, "br" to 131 MB; "empty-members" to nothing at all."""
    match kind:
        case "gzip":
            return "gzip", zeros(MB, 31, 1000)
        case "deflate":
            return "deflate", zeros(MB, 15, 1000)
        case "raw-deflate":
            return "deflate", zeros(MB, -15, 1000)
        case "br":
            return "br", brotli.compress(b"\0" * (1000 * MB // 8), quality=1)
        case "br-window":
            return "br", brotli.compress(bytes(range(256)) * (20 * MB // 256), quality=5, lgwin=24)
        case "zstd":
            return "zstd", zstd(b"\0" * (10 * MB), 1) * 100
        case "members":
            return "gzip", gzip.compress(b"\0" * MB) * 1000
        case "empty-members":
            return "gzip", gzip.compress(b"") * 200_000
        case "nested":
            return "gzip, gzip", gzip.compress(zeros(MB, 31, 1000))
        case "window":
            packer = ZstdCompressor(options={CompressionParameter.window_log: 27})
            return "zstd", packer.compress(b"\0" * MB) + packer.compress(b"\0" * MB) + packer.flush()
    raise KeyError(kind)


BOMBS = ("gzip", "deflate", "raw-deflate", "br", "zstd", "members", "empty-members", "nested", "window", "br-window")


async def send_bomb(wire: Wire) -> None:
    encoding, body = bomb(wire.asked.path.removeprefix("/bomb/"))
    await wire.answer(body, Content_Encoding=encoding)


for kind in BOMBS:
    PATHS[f"/bomb/{kind}"] = send_bomb


@path("/gzip-truncated")
async def gzip_truncated(wire: Wire) -> None:
    packed = gzip.compress(b"<p>a page that ends too soon</p>" * 100)
    await wire.answer(packed[:-20], Content_Encoding="gzip")


@path("/gzip-damaged")
async def gzip_damaged(wire: Wire) -> None:
    packed = bytearray(gzip.compress(bytes(range(256)) * 40))
    packed[len(packed) // 2] ^= 0xFF
    await wire.answer(bytes(packed), Content_Encoding="gzip")


@path("/not-gzip")
async def not_gzip(wire: Wire) -> None:
    await wire.answer(b"<p>plain text that claims to be gzip</p>", Content_Encoding="gzip")


@path("/unknown-encoding")
async def unknown_encoding(wire: Wire) -> None:
    await wire.answer(b"\x01\x02\x03", Content_Encoding="x-rot13")


# ---------------------------------------------------------------- broken framing


@path("/broken-chunks")
async def broken_chunks(wire: Wire) -> None:
    await wire.send(head(Transfer_Encoding="chunked"), b"5\r\nhello\r\n")
    await wire.pause(0.02)
    await wire.send(b"zz\r\nwhat?\r\n")
    await wire.pause(3600)


@path("/broken-chunks-at-once")
async def broken_chunks_at_once(wire: Wire) -> None:
    await wire.send(head(Transfer_Encoding="chunked"), b"5\r\nhello\r\nzz\r\nwhat?\r\n")


@path("/chunks-cut")
async def chunks_cut(wire: Wire) -> None:
    await wire.send(head(Transfer_Encoding="chunked"), b"5\r\nhello\r\n")


@path("/length-short")
async def length_short(wire: Wire) -> None:
    """Announce more than is sent."""
    await wire.send(head(Content_Length="1000"), b"that is all")


@path("/length-long")
async def length_long(wire: Wire) -> None:
    """Send more than was announced."""
    await wire.send(head(Content_Length="4"), b"four, and what nobody asked for")


@path("/length-nonsense")
async def length_nonsense(wire: Wire) -> None:
    await wire.send(head(Content_Length="many"), b"hello")


@path("/huge-header")
async def huge_header(wire: Wire) -> None:
    await wire.send(head(X_Huge="a" * 200_000, Content_Length="2"), b"ok")


@path("/many-headers")
async def many_headers(wire: Wire) -> None:
    await wire.send(head(**{f"X_{n}": "a" * 1000 for n in range(200)}, Content_Length="2"), b"ok")


@path("/nul-header")
async def nul_header(wire: Wire) -> None:
    await wire.send(head(X="a\0b", Content_Length="2"), b"ok")


@path("/garbage")
async def garbage(wire: Wire) -> None:
    await wire.send(bytes(range(256)) * 10)


@path("/http09")
async def http09(wire: Wire) -> None:
    await wire.send(b"<html>an answer from 1991</html>")


@path("/switching")
async def switching(wire: Wire) -> None:
    await wire.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\nConnection: upgrade\r\n\r\nhi")
    await wire.pause(3600)


# ---------------------------------------------------------------- connections that break


@path("/reset")
async def reset(wire: Wire) -> None:
    """Hang up before any answer."""
    wire.reset()


@path("/hang-up")
async def hang_up(wire: Wire) -> None:
    """Close without an answer."""


@path("/half-headers")
async def half_headers(wire: Wire) -> None:
    await wire.send(b"HTTP/1.1 200 OK\r\nContent-Ty")


@path("/reset-mid-body")
async def reset_mid_body(wire: Wire) -> None:
    await wire.send(head(Content_Length="1000"), b"hello")
    await wire.pause(0.02)
    wire.reset()


@path("/reset-open-ended")
async def reset_open_ended(wire: Wire) -> None:
    """The same without a length, so that the break looks like the end."""
    await wire.send(head(), b"hello")
    await wire.pause(0.02)
    wire.reset()


# ---------------------------------------------------------------- redirects and pages that are traps


@path("/redirect-loop")
async def redirect_loop(wire: Wire) -> None:
    await wire.answer(b"", "302 Found", Location="/redirect-loop")


@path("/redirect-away/")
async def redirect_away(wire: Wire) -> None:
    """/redirect-away/HOST:PORT/path leads to http://HOST:PORT/path."""
    await wire.answer(b"", "302 Found", Location="http:/" + wire.asked.path.removeprefix("/redirect-away"))


@path("/redirect-endless")
async def redirect_endless(wire: Wire) -> None:
    await wire.send(head("302 Found", Location="/ok"))
    while True:
        await wire.send(b"you are being redirected " * 4000)
        await asyncio.sleep(0)


@path("/calendar/")
async def calendar(wire: Wire) -> None:
    """A calendar: each day links to the next, for ever."""
    day = int(wire.asked.path.split("/")[2] or 0)
    await wire.answer(f'<h1>day {day}</h1><a href="/calendar/{day + 1}">next</a>'.encode())


@path("/invalid-utf8")
async def invalid_utf8(wire: Wire) -> None:
    await wire.answer(b"<h1>caf\xe9 \xff\xfe</h1>", Content_Type="text/html; charset=utf-8")


@path("/nul-bytes")
async def nul_bytes(wire: Wire) -> None:
    await wire.answer(b"<h1>a\0b</h1>\0\0<p>\0</p>")


@path("/nested")
async def nested(wire: Wire) -> None:
    await wire.answer(b"<div>" * 100_000 + b"deep" + b"</div>" * 100_000)


@path("/million-links")
async def million_links(wire: Wire) -> None:
    starts = range(0, 1_000_000, 10_000)
    blocks = ("".join(f'<a href="/l/{n}">' for n in range(start, start + 10_000)) for start in starts)
    await streamed(wire, (block.encode() for block in blocks))


@path("/many-links/")
async def many_links(wire: Wire) -> None:
    """/many-links/1000: as many as the path says."""
    count = int(wire.asked.path.split("/")[2] or 0)
    await streamed(wire, (f'<a href="/l/{n}">'.encode() for n in range(count)))


@path("/odd-links")
async def odd_links(wire: Wire) -> None:
    links = ("javascript:alert(1)", "mailto:a@b", "data:text/html,x", "http://[", "/a b", "http://bücher.example/")
    links += ("//127.0.0.1:1/", "http://127.0.0.1:99999/", "\x00", "%zz", "?", "#", "http://user:secret@127.0.0.1:1/")
    await wire.answer("".join(f'<a href="{link}">x</a>' for link in links).encode())


async def streamed(wire: Wire, blocks: Iterable[bytes]) -> None:
    await wire.send(head())
    for block in blocks:
        await wire.send(block)
        await asyncio.sleep(0)


async def main(port: int) -> None:
    async with HostileServer(port=port) as server:
        print(f"misbehaving at {server.url()}", flush=True)
        await server.forever()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main(int(sys.argv[1])))
