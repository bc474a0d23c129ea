"""Shipments: the records of one write, of all tables, as one object.

Its name tells the stretch of the worker's stream, the bytes of the records, and a hash of them:
`000000000001-000000000042-81234-5fec0a1b2c3d.gz`. So a write that is repeated puts the same object again, and one
that comes late, from a worker that counts as dead, never takes the place of another.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

import msgspec

from asyncscrape.model import Batch

NAME = re.compile(r"\d{12,}-\d{12,}-(\d+)-([0-9a-f]{12})\.gz")
LEVEL = 3
"""Of compression: higher ones take much more time for little."""


class TableShare(msgspec.Struct, frozen=True, array_like=True):
    """The line before the lines of a table."""

    table: str
    size: int
    """Their bytes."""


class Shipment(NamedTuple):
    """An object's name and content."""

    name: str
    content: bytes


_decode = msgspec.json.Decoder(TableShare).decode


def pack(batches: Sequence[Batch]) -> Shipment:
    """The shipment of these batches of a stream; those of a table keep their order."""
    content = b"".join(_parts(batches))
    name = f"{batches[0].seq:012}-{batches[-1].seq:012}-{len(content)}-{_print(content)}.gz"
    return Shipment(name, gzip.compress(content, LEVEL, mtime=0))


def size_of(name: str) -> int | None:
    """The bytes of a shipment that is unpacked; None if the name is not that of a shipment."""
    found = NAME.fullmatch(name)
    return int(found[1]) if found else None


def unpack(shipment: Shipment) -> list[tuple[str, bytes]]:
    """The lines of each table. Raises ValueError if they are not what was packed."""
    found = NAME.fullmatch(shipment.name)
    try:
        content = gzip.decompress(shipment.content)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(str(error)) from error
    if found is None or found[2] != _print(content):
        raise ValueError("its content is not what its name says")
    return list(_pieces(content))


def _parts(batches: Sequence[Batch]) -> Iterator[bytes]:
    table = attrgetter("table")
    for name, some in groupby(sorted(batches, key=table), table):
        lines = b"".join(batch.lines for batch in some)
        yield msgspec.json.encode(TableShare(name, len(lines))) + b"\n"
        yield lines


def _pieces(content: bytes) -> Iterator[tuple[str, bytes]]:
    place = 0
    while place < len(content):
        end = content.index(b"\n", place)
        piece = _decode(content[place:end])
        place = end + 1 + piece.size
        yield piece.table, content[end + 1 : place]


def _print(content: bytes) -> str:
    return blake2b(content, digest_size=6).hexdigest()
