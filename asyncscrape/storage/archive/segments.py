"""The WARC files of an archive: records are added to the last one, until it is large."""

from __future__ import annotations

import os
from importlib.metadata import version
from io import BufferedRandom
from pathlib import Path

from asyncscrape.archive.warc_records import opening
from asyncscrape.storage.archive.answer_index import ArchivedSoFar, RecordPlace

LARGE = 1_000_000_000
"""Bytes after which the next file begins."""


def name_of(job: str, number: int) -> str:
    """The name of a file."""
    return f"{job}-{number:05}.warc.gz"


class Segments:
    """The files in a folder; what is behind the known end of the last one is cut off."""

    def __init__(self, folder: Path, job: str, first: int, known: ArchivedSoFar, large: int = LARGE) -> None:
        """Those before the `first`, and those after what is known, were left by something that was killed."""
        self._folder = folder
        self._job = job
        self._large = large
        self._number = known.segment
        self._file: BufferedRandom | None = None
        self._end = known.length
        if not known.segment:
            self._number = self._last()
            return
        self.remove_before(first)
        self._remove_after(known.segment)
        path = self._path(known.segment)
        if path.exists() and path.stat().st_size >= known.length:
            self._file = path.open("r+b")
            self._file.truncate(known.length)
            self._file.seek(known.length)

    def _last(self) -> int:
        """The number of the last file, where the index knows none: if that is lost, they stay as they are."""
        number = 0
        while self._path(number + 1).exists():
            number += 1
        return number

    def _path(self, number: int) -> Path:
        return self._folder / name_of(self._job, number)

    def remove_before(self, number: int) -> None:
        """Remove the files before this one, whose records are in later ones."""
        while number > 1 and (path := self._path(number - 1)).exists():
            path.unlink()
            number -= 1

    def _remove_after(self, number: int) -> None:
        while (path := self._path(number + 1)).exists():
            path.unlink()
            number += 1

    @property
    def known(self) -> tuple[int, int]:
        """The last file, and its length."""
        return self._number, self._end

    def add(self, record: bytes, time: str) -> RecordPlace:
        """Add a record that was made at this time."""
        if self._file is None or self._end >= self._large:
            self._begin(time)
        assert self._file is not None
        start = self._end
        self._file.write(record)
        self._end += len(record)
        return RecordPlace(self._number, start, len(record))

    def begin_anew(self) -> None:
        """The next record begins a file."""
        self.close()

    def _begin(self, time: str) -> None:
        self.sync()
        self.close()
        self._number += 1
        self._file = self._path(self._number).open("w+b")
        first = opening(name_of(self._job, self._number), time, f"asyncscrape {version('asyncscrape')}")
        self._file.write(first)
        self._end = len(first)

    def sync(self) -> None:
        """What was added survives a power cut from now on."""
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Release the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
