"""Content-Encoding undone piece by piece, so that no bomb is ever unpacked beyond the limit.

aiohttp can decompress too, but it sets no limit and chooses the size of the pieces. Here every piece is at most about
`PIECE` bytes, each step of "gzip, br" counts towards the limit, and zstd may not ask for a window beyond 8 MB.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

import brotli  # type: ignore[import-untyped]

if sys.version_info >= (3, 14):
    from compression.zstd import DecompressionParameter, ZstdDecompressor, ZstdError
else:
    from backports.zstd import DecompressionParameter, ZstdDecompressor, ZstdError

PIECE = 1 << 18
"""Bytes unpacked at a time."""

WINDOW = 1 << 13
"""Compressed bytes handled together. Small, because each member that ends copies the rest of this window."""

MOST_MEMBERS = 10_000
"""The most gzip members or zstd frames in one body: a stream of empty ones would cost time without ever growing."""

MOST_ENCODINGS = 3
"""The most encodings laid over each other in one body."""

ZSTD_WINDOW_LOG = 23
"""8 MB, the most that RFC 9659 allows a server to ask of its clients."""


class Undecodable(Exception):
    """The body is not what its Content-Encoding says; the message completes the sentence "the answer from HOST …"."""


class CutOff(Exception):
    """The compressed body ends before its own end mark."""


class Overflow(Exception):
    """The body is larger than it may be."""


class _Codec(Protocol):
    """One compressed stream."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def pieces(self, data: bytes) -> Iterator[bytes]: ...


class Decoder:
    """Undo the encodings of one body; neither the input nor the output of any step may exceed the limit."""

    def __init__(self, encodings: tuple[str, ...], limit: int) -> None:
        self._stages = [_STAGES[name]() for name in encodings]
        self._left = [limit] * (len(encodings) + 1)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take the next part of the body and yield its unpacked pieces."""
        try:
            yield from self._through(data, 0)
        except (zlib.error, ZstdError, brotli.error) as error:
            raise Undecodable("cannot be decompressed: the compressed data is damaged") from error

    def finish(self) -> None:
        """Raise CutOff if anything is missing after the last part."""
        if not all(stage.complete for stage in self._stages):
            raise CutOff

    def close(self) -> None:
        """Give up its memory at once: after a failure aiohttp may keep alive whatever was at work."""
        self._stages.clear()

    def _through(self, data: bytes, depth: int) -> Iterator[bytes]:
        self._left[depth] -= len(data)
        if self._left[depth] < 0:
            raise Overflow
        if depth == len(self._stages):
            yield data
            return
        for piece in self._stages[depth].feed(data):
            yield from self._through(piece, depth + 1)


def encodings(header: str) -> tuple[str, ...]:
    """The encodings that a Content-Encoding header names, in the order to undo them."""
    names = [name for part in header.split(",") if (name := part.strip().lower()) not in ("", "identity")]
    for name in names:
        if name not in _STAGES:
            raise Undecodable(f'has the unknown Content-Encoding "{_printable(name)}"')
    if len(names) > MOST_ENCODINGS:
        raise Undecodable(f"is compressed {len(names)} times over")
    return tuple(reversed(names))


def needs_much_memory(encodings: tuple[str, ...], start: bytes, *, streams: bool) -> bool:
    """Whether a few bytes may take 8 or 16 MB to unpack: more than they give, or than is kept anywhere.

    Brotli fills its whole window before it gives anything. Its first four bits tell a window of that size (RFC 7932,
    9.1); under another encoding nobody sees them in time. Zstandard fills as much of its window as it gives. That is
    kept, and counted there, unless another encoding makes nothing of it, or it `streams` on into a file.
    """
    if "zstd" in encodings and (streams or len(encodings) > 1):
        return True
    return "br" in encodings and (encodings[0] != "br" or start[0] & 15 >= 13)


def _printable(name: str) -> str:
    return "".join(char if char.isascii() and char.isprintable() else "?" for char in name[:30])


class _Members:
    """Compressed streams one after another, as gzip and zstd allow; after the first, each begins with `again`."""

    def __init__(self, codec: Callable[[], _Codec], again: bytes | None = None) -> None:
        self._codec = codec
        self._again = again
        self._member = codec()
        self._members = 1
        self._begun = False
        self._over = False

    @property
    def complete(self) -> bool:
        """Whether nothing is missing; an empty body lacks nothing."""
        return self._member.eof or not self._begun

    def feed(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), WINDOW):
            yield from self._window(data[start : start + WINDOW])

    def _window(self, data: bytes) -> Iterator[bytes]:
        while data and not self._over:
            self._begun = True
            if self._member.eof and not self._next(data):
                return
            yield from self._member.pieces(data)
            data = self._member.unused_data if self._member.eof else b""

    def _next(self, data: bytes) -> bool:
        """Begin the member at the start of `data`. Anything else after the end is ignored, as in browsers."""
        if self._again is None or not (data.startswith(self._again) or self._again.startswith(data)):
            self._over = True
            return False
        self._members += 1
        if self._members > MOST_MEMBERS:
            raise Undecodable(f"is compressed in more than {MOST_MEMBERS} parts")
        self._member = self._codec()
        return True


class _Deflate:
    """ "deflate" means zlib, but many servers send the bare stream; the first two bytes tell which."""

    def __init__(self) -> None:
        self._head = b""
        self._stream: _Members | None = None

    @property
    def complete(self) -> bool:
        return self._stream.complete if self._stream else not self._head

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._stream is None:
            data = self._head = self._head + data
            if len(data) < 2:
                return
            zlib_header = data[0] & 15 == 8 and (data[0] << 8 | data[1]) % 31 == 0
            wbits = zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS
            self._stream = _Members(lambda: _Zlib(wbits))
        yield from self._stream.feed(data)


class _Zlib:
    def __init__(self, wbits: int) -> None:
        self._stream = zlib.decompressobj(wbits)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def pieces(self, data: bytes) -> Iterator[bytes]:
        while True:
            piece = self._stream.decompress(data, PIECE)
            if piece:
                yield piece
            data = self._stream.unconsumed_tail
            if self._stream.eof or (not data and len(piece) < PIECE):
                return


class _Zstd:
    def __init__(self) -> None:
        self._stream = ZstdDecompressor(options={DecompressionParameter.window_log_max: ZSTD_WINDOW_LOG})

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def pieces(self, data: bytes) -> Iterator[bytes]:
        while True:
            piece = self._stream.decompress(data, PIECE)
            if piece:
                yield piece
            data = b""
            if self._stream.eof or self._stream.needs_input:
                return


class _Brotli:
    unused_data = b""

    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    @property
    def eof(self) -> bool:
        return bool(self._stream.is_finished())

    def pieces(self, data: bytes) -> Iterator[bytes]:
        # `can_accept_more_data` turns true before all output has come, so only an empty piece means "drained".
        while piece := self._stream.process(data, output_buffer_limit=PIECE):
            yield piece
            data = b""
            if self.eof:
                return


_STAGES: dict[str, Callable[[], _Members | _Deflate]] = {
    "gzip": lambda: _Members(lambda: _Zlib(16 + zlib.MAX_WBITS), again=b"\x1f\x8b"),
    "x-gzip": lambda: _Members(lambda: _Zlib(16 + zlib.MAX_WBITS), again=b"\x1f\x8b"),
    "deflate": _Deflate,
    "br": lambda: _Members(_Brotli),
    "zstd": lambda: _Members(_Zstd, again=b""),
}
