"""The unpacked bytes of a WARC file, read by the line and by the length, with a way back to the last mark.

To go back costs nothing but the bytes that are read again: pieces are kept as they came, and never joined.
"""

from __future__ import annotations

import re
from collections import deque

from asyncscrape.storage.archive.imports.unpacking import RECORD, ByteSource, FilePlace, Piece, StreamDamage

VERSION = rb"WARC/\d\.\d+\r?\n"
FIRST_LINE = re.compile(VERSION)
LINE = re.compile(rb"\n" + VERSION)
LINE_ENDS = re.compile(rb"[\r\n]+")
RECORD_END = b"\r\n\r\n"
LONGEST_LINE = 16
"""Bytes of the longest such line, and of the end of the one before."""
PIECE_MEMORY = 200
"""Bytes of memory that a piece takes besides its data; a hostile file has pieces of one byte."""


class RecordStream:
    """Reads from a place on. What cannot be unpacked is an end, until `check` is called."""

    def __init__(self, source: ByteSource, place: FilePlace, memory: int) -> None:
        """The way back to a mark is kept in memory up to this many bytes."""
        self._source = source
        self._memory = memory
        self.again = 0
        """Bytes that are unpacked or read once more for ways back."""
        self._open(place, 0)

    def leave(self, damage: StreamDamage, start: int) -> None:
        """Read on at a later member than the damaged one. That may lie in its middle, where all was read before."""
        inside = self.place.inside if self.place.start == damage.start else 0
        again = inside * max(0, damage.reached - start) // (damage.reached - damage.start)
        self.again += again
        self._open(FilePlace(start), self.passed - again)

    def _open(self, place: FilePlace, passed: int, end: int | None = None) -> None:
        self._pieces = self._source.pieces(place)
        self._ahead: deque[Piece] = deque()
        self._piece = Piece(place, b"")
        self._at = 0
        self._before = passed
        """Bytes that were passed before this piece."""
        self._end = end
        """Bytes that will have been passed at the end, once that was seen."""
        self._damage: StreamDamage | None = None
        self.mark()

    @property
    def place(self) -> FilePlace:
        """Of the next byte."""
        start, inside = self._piece.place
        return FilePlace(start, inside + self._at)

    @property
    def passed(self) -> int:
        """Bytes that were passed to come here; those that are read again count once."""
        return self._before + self._at

    def mark(self) -> None:
        """What `rewind` goes back to."""
        self._marked, self._marked_passed, self._marked_at = self.place, self.passed, self._at
        self._since: list[Piece] | None = []
        """Pieces from the mark to the present one, which is not among them."""
        self._size = 0

    def rewind(self) -> None:
        """Go back to the byte behind the mark."""
        self.again += self.passed - self._marked_passed
        if self._since is None:
            self.again += self._marked.inside if self._source.compressed else 0
            behind = self._marked._replace(inside=self._marked.inside + 1)
            self._open(behind, self._marked_passed + 1, self._end)
            return
        first, *more = *self._since, self._piece
        self._ahead.extendleft(reversed(more))
        self._piece, self._at = first, self._marked_at + 1
        self._before = self._marked_passed - self._marked_at
        self.mark()

    def holds(self, size: int) -> bool:
        """Whether so many bytes may follow: they do not if the end was seen before them."""
        return self._end is None or self.passed + size <= self._end

    def check(self, member: int | None = None) -> None:
        """At the end, raise the StreamDamage that caused it, in this member or in any."""
        if self._damage is not None and member in (None, self._damage.start) and not self._load():
            raise self._damage

    def read(self, size: int) -> bytes:
        """So many bytes; less at the end."""
        parts = []
        while size and self._load():
            part = self._take(self._at + size)
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def skip(self, size: int) -> int:
        """Pass over so many bytes; how many there were."""
        left = size
        while left and self._load():
            end = min(len(self._piece.data), self._at + left)
            left -= end - self._at
            self._at = end
        return size - left

    def line(self, longest: int) -> bytes:
        """A line with its end; without one at the end of the stream, or if it is longer."""
        line = b""
        while not line.endswith(b"\n") and len(line) < longest and self._load():
            most = self._at + longest - len(line)
            line += self._take(self._piece.data.find(b"\n", self._at, most) + 1 or most)
        return line

    def skip_line_ends(self) -> bytes:
        """Pass over empty lines; the first bytes of them."""
        passed = b""
        while self._load() and (found := LINE_ENDS.match(self._piece.data, self._at)):
            passed = (passed + self._take(found.end()))[: len(RECORD_END)]
        return passed

    def at_record(self) -> bool:
        """Whether a record begins here, or nothing more comes."""
        return not self._load() or RECORD.startswith(self._piece.data[self._at : self._at + len(RECORD)])

    def find(self) -> bool:
        """Go on where a line looks like the first of a record; False if none does."""
        before = b""
        while self._load():
            self._put_before(before if self.place.inside else b"")
            self.mark()
            data = self._piece.data
            first = None if self.place.inside else FIRST_LINE.match(data)
            if found := first or LINE.search(data, max(0, self._at - 1)):
                self._at = found.start() + (not first)
                self.mark()
                return True
            self._at = len(data)
            before = data[-LONGEST_LINE:]
        return False

    def _put_before(self, before: bytes) -> None:
        """Make the end of the last piece a part of this one."""
        if before:
            (start, inside), data = self._piece
            self._piece = Piece(FilePlace(start, inside - len(before)), before + data)
            self._before -= len(before)

    def _take(self, end: int) -> bytes:
        part = self._piece.data[self._at : end]
        self._at += len(part)
        return part

    def _load(self) -> bool:
        """See that there is a next byte; False at the end."""
        if self._at < len(self._piece.data):
            return True
        piece = self._ahead.popleft() if self._ahead else self._unpacked()
        if piece is None:
            self._end = self.passed
            return False
        if self._since is not None:
            self._since.append(self._piece)
            self._size += len(self._piece.data) + PIECE_MEMORY
            if self._size > self._memory:
                self._since = None
        self._before += len(self._piece.data)
        self._piece, self._at = piece, 0
        return True

    def _unpacked(self) -> Piece | None:
        try:
            return next(self._pieces, None)
        except StreamDamage as damage:
            self._damage = damage
            return None
