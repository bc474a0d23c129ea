"""A WARC file of somebody else as one stream of bytes, whether it is compressed by record, as a whole, or not at all.

A place in it can be gone back to: the byte where a gzip member begins, and how many unpacked bytes come before. Where
a member is damaged, the next one that holds a record is looked for.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from io import SEEK_CUR
from typing import BinaryIO, NamedTuple, Protocol

GZIP = b"\x1f\x8b\x08"
RECORD = b"WARC/"
RAW = 1 << 14
"""Bytes read at a time. Small, because each gzip member that ends copies the rest."""
PIECE = 1 << 18
"""Bytes unpacked at a time, so that no bomb fills the memory."""


class FilePlace(NamedTuple):
    """Where something is in a file."""

    start: int = 0
    """The byte where its gzip member begins; 0 in a file that is not compressed."""
    inside: int = 0
    """Unpacked bytes from there."""


class Piece(NamedTuple):
    """Some unpacked bytes; none are of two members."""

    place: FilePlace
    data: bytes


class StreamDamage(Exception):
    """A gzip member that cannot be unpacked."""

    def __init__(self, start: int, reached: int, why: str) -> None:
        """Where the member begins, and how far the file was read."""
        super().__init__(why)
        self.start = start
        self.reached = reached


class ByteSource(Protocol):
    """A file to read from any place."""

    compressed: bool

    def pieces(self, place: FilePlace) -> Iterator[Piece]:
        """All from a place to the end. Raises StreamDamage."""

    def next_start(self, byte: int) -> int | None:
        """Where, from this byte on, the next member begins that begins with a record; None if nowhere."""


def source_of(file: BinaryIO) -> ByteSource:
    """What reads a file, by its first bytes; if these are damaged, by what comes behind them."""
    file.seek(0)
    start = file.read(len(RECORD))
    compressed = Compressed(file)
    if start.startswith(GZIP) or (start != RECORD and compressed.next_start(0) is not None):
        return compressed
    return Plain(file)


class Plain:
    """A file that is not compressed."""

    compressed = False

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def pieces(self, place: FilePlace) -> Iterator[Piece]:
        """All from a place to the end."""
        at = place.inside
        self._file.seek(at)
        while data := self._file.read(PIECE):
            yield Piece(FilePlace(0, at), data)
            at += len(data)

    def next_start(self, byte: int) -> int | None:
        """There are no members."""
        return None


class Compressed:
    """A file of gzip members."""

    compressed = True

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def pieces(self, place: FilePlace) -> Iterator[Piece]:
        """All from a place to the end."""
        start, before = place
        self._file.seek(start)
        while raw := self._file.read(RAW):
            if raw.strip(b"\0"):  # some files are padded
                for inside, data in self._member(start, raw):
                    rest = data[before:]
                    before -= len(data) - len(rest)
                    if rest:
                        yield Piece(FilePlace(start, inside + len(data) - len(rest)), rest)
            start = self._file.tell()

    def _member(self, start: int, raw: bytes) -> Iterator[tuple[int, bytes]]:
        """The unpacked parts of a member, each with its place in there; then the file stands behind the member."""
        stream = zlib.decompressobj(31)
        inside = 0
        while not stream.eof:
            try:
                data = stream.decompress(raw, PIECE)
            except zlib.error:
                raise StreamDamage(start, self._file.tell(), "the compressed data is damaged") from None
            raw = stream.unconsumed_tail or self._file.read(0 if stream.eof or len(data) == PIECE else RAW)
            if not (raw or stream.eof or len(data) == PIECE):
                yield inside, data
                raise StreamDamage(start, self._file.tell(), "the file ends in the middle of its compressed data")
            if stream.eof:
                self._file.seek(-len(stream.unused_data), SEEK_CUR)
            yield inside, data
            inside += len(data)

    def next_start(self, byte: int) -> int | None:
        """Where the next member begins that begins with a record."""
        self._file.seek(byte)
        tail = b""
        while raw := self._file.read(PIECE):
            end = self._file.tell()
            data = tail + raw
            for found in re.finditer(re.escape(GZIP), data):
                start = end - len(data) + found.start()
                if self._begins_with_record(start):
                    return start
            self._file.seek(end)
            tail = data[1 - len(GZIP) :]
        return None

    def _begins_with_record(self, start: int) -> bool:
        self._file.seek(start)
        try:
            return zlib.decompressobj(31).decompress(self._file.read(RAW), len(RECORD)) == RECORD
        except zlib.error:
            return False
