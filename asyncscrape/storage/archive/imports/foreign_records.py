"""The records in a WARC file of somebody else; what is broken is told, and costs nothing around it.

Reading goes on behind what is broken: at the next gzip member that begins with a record, or at the next line that
looks like the first of one. A record that claims to be longer than it is does not swallow the next ones.

A hostile file could have us read its bytes again and again. So the fields of a record end where another one begins, a
length beyond the end of the file is believed once, and what is read in vain is limited.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from multidict import CIMultiDict

from asyncscrape.storage.archive.imports.record_stream import FIRST_LINE, RECORD_END, RecordStream
from asyncscrape.storage.archive.imports.unpacking import ByteSource, FilePlace, StreamDamage

LONGEST_HEAD = 65_536
"""Bytes of the fields of a record."""
MOST_IN_VAIN = 1_000_000_000
"""Bytes that are read again because records were damaged; a few seconds."""
PER_BYTE = 4
"""And this many for each byte of the file; a writer whose lengths are all wrong costs one."""
PER_RECORD = 4_096
"""What a damaged record costs at least, in bytes."""
WANTED = frozenset({"response", "revisit", "resource", "continuation"})
"""The types of records that are read; the others are passed over."""

LENGTH = re.compile(r"[0-9]{1,18}")

FOLDED = re.compile(r"\r?\n[ \t]+")
"""A field that goes on in the next line."""


class ForeignRecord(NamedTuple):
    """A record."""

    place: FilePlace
    fields: CIMultiDict[str]
    block: bytes | None
    """None if it is larger than what is read."""
    end: FilePlace
    """Where to read on."""

    @property
    def kind(self) -> str:
        """Its WARC-Type."""
        return kind_of(self.fields)


class BrokenRecord(NamedTuple):
    """What is no record, or a damaged one."""

    place: FilePlace
    reason: str
    end: FilePlace


class BadRecord(Exception):
    """What is wrong with a record."""


def headers_in(head: bytes) -> tuple[str, CIMultiDict[str]]:
    """What stands behind the protocol in the first line, and the fields in the others."""
    try:
        text = head.decode()
    except UnicodeDecodeError:
        text = head.decode("latin-1")
    first, *lines = re.split(r"\r?\n", FOLDED.sub(" ", text))
    fields = (line.partition(":") for line in lines if ":" in line)
    return first.partition(" ")[2].strip(), CIMultiDict([(name.strip(), value.strip()) for name, _, value in fields])


def kind_of(fields: CIMultiDict[str]) -> str:
    """The WARC-Type that fields name."""
    return fields.get("WARC-Type", "").strip().lower()


class ForeignRecords:
    """Reads records from a place on, with blocks up to some size."""

    def __init__(self, source: ByteSource, place: FilePlace, largest: int) -> None:
        self._source = source
        self._largest = largest
        self._damaged = 0
        self._stream = RecordStream(source, place, largest + LONGEST_HEAD)

    def __iter__(self) -> Iterator[ForeignRecord | BrokenRecord]:
        """All records to the end of the file."""
        while not self.gave_up:
            try:
                record = self._next()
            except StreamDamage as damage:
                self._damaged += 1
                start = self._source.next_start(damage.start + 1)
                if start is not None:
                    self._stream.leave(damage, start)
                yield BrokenRecord(FilePlace(damage.start), str(damage), self._stream.place)
                if start is None:
                    return
            except BadRecord as bad:
                self._damaged += 1
                self._stream.rewind()
                self._stream.find()
                yield BrokenRecord(self._place, str(bad), self._stream.place)
            else:
                if record is None:
                    return
                yield record

    @property
    def gave_up(self) -> bool:
        """Whether the rest of the file is not read, because too much was read in vain."""
        cost = self._stream.again + PER_RECORD * self._damaged
        return cost > MOST_IN_VAIN + PER_BYTE * self._stream.passed

    def _next(self) -> ForeignRecord | None:
        stream = self._stream
        stream.skip_line_ends()
        stream.mark()
        self._place = stream.place
        head = self._head()
        if not head:
            return None
        _, fields = headers_in(head)
        block = self._block(fields)
        member = stream.place.start
        end = stream.skip_line_ends()
        stream.check(member)
        if end != RECORD_END and not stream.at_record():
            raise BadRecord("the record does not end where its Content-Length says")
        return ForeignRecord(self._place, fields, block, stream.place)

    def _head(self) -> bytes:
        """The first line of a record and its fields; empty at the end of the file."""
        line = self._stream.line(LONGEST_HEAD)
        if not line:
            self._stream.check()
            return b""
        if not FIRST_LINE.fullmatch(line):
            raise BadRecord("no record begins here")
        lines, left = [line], LONGEST_HEAD - len(line)
        while line.strip(b"\r\n"):
            line = self._stream.line(left)
            if FIRST_LINE.fullmatch(line):
                raise BadRecord("the fields of the record do not end")
            lines.append(line)
            left -= len(line)
        if not line.endswith(b"\n"):
            self._stream.check()
            raise BadRecord("the fields of the record do not end")
        return b"".join(lines)

    def _block(self, fields: CIMultiDict[str]) -> bytes | None:
        """What follows the fields, if it is wanted and not too large."""
        length = fields.get("Content-Length", "").strip()
        if not LENGTH.fullmatch(length):
            raise BadRecord("the record has no Content-Length")
        size = int(length)
        if not self._stream.holds(size):
            raise BadRecord("the file ends in the middle of the record")
        block = self._stream.read(size) if kind_of(fields) in WANTED and size <= self._largest else None
        if (self._stream.skip(size) if block is None else len(block)) < size:
            self._stream.check(self._place.start)
            raise BadRecord("the file ends in the middle of the record")
        return block
