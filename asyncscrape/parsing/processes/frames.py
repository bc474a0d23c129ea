"""What the crawl and a worker send each other: frames of a header and a body, each behind its length.

To the worker: first a greeting (its parsers and the paths of links to follow, pickled), then pages. To the crawl:
first an empty frame, then answers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import datetime

import msgspec
from multidict import CIMultiDict

from asyncscrape.model import RecordInFile, Request, Response
from asyncscrape.parsing.base import Parsed, Unparsed

_LENGTHS = struct.Struct("<II")
HEAD = _LENGTHS.size
"""Bytes of a frame before its header."""


class SentPage(msgspec.Struct, frozen=True, array_like=True):
    """An answer on its way to a worker; its body follows."""

    number: int
    request: Request
    status: int
    headers: list[tuple[str, str]]
    fetched_at: datetime
    elapsed: float
    page: str
    records: tuple[RecordInFile, ...]


class ReadPage(msgspec.Struct, frozen=True, array_like=True):
    """A page on its way back."""

    number: int
    found: Parsed | Unparsed
    seconds: float = 0.0
    """So long it took."""


_encode = msgspec.msgpack.Encoder().encode
_decode_sent = msgspec.msgpack.Decoder(SentPage).decode
decode_read = msgspec.msgpack.Decoder(ReadPage).decode


NO_MEMORY = 77
"""The exit code of a worker that has met its limit of memory."""


def frame(header: bytes, body: bytes = b"") -> tuple[bytes, bytes]:
    """A frame, as pieces to write one after the other."""
    return _LENGTHS.pack(len(header), len(body)) + header, body


def sent(number: int, response: Response) -> tuple[bytes, bytes]:
    """The frame of an answer."""
    return frame(
        _encode(
            SentPage(
                number,
                response.request,
                response.status,
                [(str(name), value) for name, value in response.headers.items()],
                response.fetched_at,
                response.elapsed,
                response.page,
                response.records,
            )
        ),
        response.body,
    )


def response_in(header: bytes, body: bytes) -> tuple[int, Response]:
    """The number and the answer in a frame."""
    page = _decode_sent(header)
    headers = CIMultiDict(page.headers)
    of_page = page.page, page.records
    return page.number, Response(page.request, page.status, headers, body, page.fetched_at, page.elapsed, *of_page)


def answered(page: ReadPage) -> bytes:
    """The frame of a page on its way back."""
    return b"".join(frame(_encode(page)))


class Frames:
    """Puts the pieces that arrive together."""

    def __init__(self) -> None:
        self._pieces = bytearray()

    def take(self, piece: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The header and the body of each frame that this piece completes."""
        self._pieces += piece
        start = 0
        while len(self._pieces) - start >= _LENGTHS.size:
            header, body = _LENGTHS.unpack_from(self._pieces, start)
            begin = start + _LENGTHS.size
            if len(self._pieces) < begin + header + body:
                break
            start = begin + header + body
            # Pages may say tens of megabytes: a slice of the bytes themselves would be one more copy.
            with memoryview(self._pieces) as pieces:
                found = bytes(pieces[begin : begin + header]), bytes(pieces[begin + header : start])
            yield found
        del self._pieces[:start]


def lengths(head: bytes) -> tuple[int, int]:
    """The lengths of the header and the body that follow these bytes."""
    header, body = _LENGTHS.unpack(head)
    return header, body
