"""The unpacked bytes of a WARC file, read by the line and by the length, with a way back to the last mark."""

from __future__ import annotations

import re

from asyncscrape.storage.archive.imports.unpacking import RECORD, ByteSource, FilePlace, Piece, StreamDamage

VERSION = rb"WARC/\d\.\d+\r?\n"
FIRST_LINE = re.compile(VERSION)
LINE = re.compile(rb"(?<=\n)" + VERSION)
LINE_ENDS = re.compile(rb"[\r\n]+")
RECORD_END = b"\r\n\r\n"
LONGEST_LINE = 16
"""Bytes of the longest such line, and of the end of the one before."""


class RecordStream:
    """Reads from a place on. What cannot be unpacked is an end, until `check` is called."""

    def __init__(self, source: ByteSource, place: FilePlace, memory: int) -> None:
        """The way back to a mark is kept in memory up to this many bytes."""
        self._source = source
        self._memory = memory
        self.go(place)

    def go(self, place: FilePlace) -> None:
        """Read on at this place."""
        self._pieces = self._source.pieces(place)
        self._data = b""
        self._at = 0
        self._begins = place
        self._damage: StreamDamage | None = None
        self.mark()

    @property
    def place(self) -> FilePlace:
        """Of the next byte."""
        return self._begins._replace(inside=self._begins.inside + self._at)

    def mark(self) -> None:
        """What `rewind` goes back to."""
        self._marked = self.place
        self._since: list[bytes] | None = []
        self._size = 0

    def rewind(self) -> None:
        """Go back to the byte behind the mark."""
        behind = self._marked._replace(inside=self._marked.inside + 1)
        if self._since is None:
            self.go(behind)
            return
        self._data = b"".join((*self._since, self._data[self._at :]))[1:]
        self._at = 0
        self._begins = behind
        self.mark()

    def check(self, member: int | None = None) -> None:
        """Raise the StreamDamage that ended the stream, in this member or in any."""
        if self._damage is not None and member in (None, self._damage.start):
            raise self._damage

    def read(self, size: int) -> bytes:
        """So many bytes; less at the end."""
        parts = []
        while size and self._load():
            part = self._take(min(len(self._data), self._at + size))
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def skip(self, size: int) -> int:
        """Pass over so many bytes; how many there were."""
        left = size
        while left and self._load():
            left -= len(self._take(min(len(self._data), self._at + left)))
        return size - left

    def line(self, longest: int) -> bytes:
        """A line with its end; without one at the end of the stream, or if it is longer."""
        line = b""
        while not line.endswith(b"\n") and len(line) < longest and self._load():
            end = self._data.find(b"\n", self._at) + 1 or len(self._data)
            line += self._take(min(end, self._at + longest - len(line)))
        return line

    def skip_line_ends(self) -> bytes:
        """Pass over empty lines; the first bytes of them."""
        passed = b""
        while self._load() and (found := LINE_ENDS.match(self._data, self._at)):
            passed = (passed + self._take(found.end()))[: len(RECORD_END)]
        return passed

    def at_record(self) -> bool:
        """Whether a record begins here, or nothing more comes."""
        return not self._load() or RECORD.startswith(self._data[self._at : self._at + len(RECORD)])

    def find(self) -> bool:
        """Go on where a line looks like the first of a record; False if none does."""
        before = b""
        while self._load():
            before = before if self.place.inside else b""
            data = before + self._data[self._at :]
            begins = self.place.inside - len(before)
            found = (FIRST_LINE.match(data) if not begins else None) or LINE.search(data)
            if found:
                self._begins, self._data, self._at = self.place._replace(inside=begins), data, found.start()
                self.mark()
                return True
            before = data[-LONGEST_LINE:]
            self._at = len(self._data)
            self.mark()
        return False

    def _take(self, end: int) -> bytes:
        part = self._data[self._at : end]
        self._at = end
        self._size += len(part)
        if self._since is not None:
            self._since.append(part)
            if self._size > self._memory:
                self._since = None
        return part

    def _load(self) -> bool:
        """See that there is a next byte; False at the end."""
        if self._at < len(self._data):
            return True
        try:
            piece: Piece | None = next(self._pieces, None)
        except StreamDamage as damage:
            self._damage = damage
            return False
        if piece is None:
            return False
        self._begins, self._data = piece
        self._at = 0
        return True
