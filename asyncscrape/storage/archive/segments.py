"""The WARC files of an archive: records are added to the last one, until it is large."""

from __future__ import annotations

import os
from contextlib import suppress
from importlib.metadata import version
from io import BufferedRandom
from pathlib import Path

from asyncscrape.archive.warc_records import opening
from asyncscrape.disk import sync_folder
from asyncscrape.storage.archive.answer_index import ArchivedSoFar, RecordPlace

ENDING = ".warc.gz"
LARGE = 1_000_000_000
"""Bytes after which the next file begins."""


def name_of(job: str, number: int) -> str:
    """The name of a file."""
    return f"{job}-{number:05}{ENDING}"


class Segments:
    """The files in a folder; what is behind the known end of the last one is cut off."""

    def __init__(self, folder: Path, job: str, known: ArchivedSoFar, large: int = LARGE) -> None:
        """What the index has begun and does not name was left by something that was killed; all else stays."""
        self._folder = folder
        self._job = job
        self._large = large
        self._number = known.segment or self._last()
        self._file: BufferedRandom | None = None
        self._end = known.length
        self._begun = known.begun or self._number + 1
        if known.segment:
            self._tidy_up(known)

    def _tidy_up(self, known: ArchivedSoFar) -> None:
        self.remove(known.begun, known.first)
        self.remove(known.segment + 1, self._last() + 1)
        path = self._path(known.segment)
        if path.exists() and path.stat().st_size >= known.length:
            self._file = path.open("r+b")
            self._file.truncate(known.length)
            self._file.seek(known.length)

    def _last(self) -> int:
        """The number of the last file there is. Where an index was lost, the next one begins behind its files."""
        numbers = (path.name.removesuffix(ENDING).rpartition("-")[2] for path in self._folder.glob(f"*{ENDING}"))
        return max((int(number) for number in numbers if number.isdecimal()), default=0)

    def _path(self, number: int) -> Path:
        return self._folder / name_of(self._job, number)

    def remove(self, first: int, end: int) -> None:
        """Remove the files from one number up to another."""
        for number in range(first, end):
            self._path(number).unlink(missing_ok=True)

    @property
    def known(self) -> tuple[int, int, int]:
        """The last file, its length, and the first file that this index has begun."""
        return self._number, self._end, self._begun

    def add(self, record: bytes, time: str) -> RecordPlace:
        """Add a record that was made at this time."""
        if self._file is None or self._end >= self._large:
            self._begin(time)
        assert self._file is not None
        start = self._end
        self._file.write(record)
        self._end += len(record)
        return RecordPlace(self._number, start, len(record))

    def _begin(self, time: str) -> None:
        self.sync()
        self.close()
        self._number += 1
        self._file = self._path(self._number).open("w+b")
        sync_folder(self._folder)
        first = opening(name_of(self._job, self._number), time, f"asyncscrape {version('asyncscrape')}")
        self._file.write(first)
        self._end = len(first)

    def sync(self) -> None:
        """What was added survives a power cut from now on."""
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Release the file; a further record begins another."""
        if self._file is not None:
            with suppress(OSError):  # what is safe was made so by `sync`
                self._file.close()
            self._file = None
