"""An answer on its way from its parser to the archive: its record, and what the index knows of it.

Several stand one behind the other in the lines of `ANSWERS`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import msgspec

_LENGTH = struct.Struct("<I")


class KeptAnswer(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An answer, ready to be kept."""

    url: str
    """Where the body came from, without secrets."""
    hops: tuple[str, ...]
    """URLs that redirected there, oldest first."""
    kind: str
    note: str
    fetched_at: str
    status: int
    content_type: str
    digest: bytes
    """SHA-256 of the body."""
    size: int
    """Bytes of the body."""
    head: bytes
    """The status line and the headers."""
    record: bytes
    """The whole record, compressed."""
    page: str = ""
    """The URL of the open page that it is a part of; empty if it is the document itself."""


class KeptBefore(msgspec.Struct, frozen=True):
    """The answer whose record has a body."""

    id: int
    url: str
    fetched_at: str


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(KeptAnswer).decode


def framed(answer: KeptAnswer) -> bytes:
    """An answer, behind its length."""
    content = _encode(answer)
    return _LENGTH.pack(len(content)) + content


def answers_in(lines: bytes) -> Iterator[KeptAnswer]:
    """The answers in lines of `ANSWERS`."""
    place = 0
    while place < len(lines):
        (length,) = _LENGTH.unpack_from(lines, place)
        place += _LENGTH.size
        yield _decode(memoryview(lines)[place : place + length])
        place += length
