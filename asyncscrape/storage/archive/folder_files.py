"""The WARC files of an archive in a folder, each growing until it is large."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from asyncscrape.disk import probe_folder, sync_folder
from asyncscrape.errors import StoreDamaged, StoreError
from asyncscrape.storage.archive.record_files import ENDING, PLAIN, Naming, name_of, number_of

LARGE = 1_000_000_000
WRITTEN_AT_ONCE = 262_144
LOST = frozenset({errno.ENOENT, errno.EIO})


class FolderFiles:
    """The files in a folder, see `RecordFiles`."""

    place = 0
    appends = True

    def __init__(self, folder: Path, job: str, large: int = LARGE) -> None:
        self.large = large
        self._folder = folder
        self._job = job
        self._naming = PLAIN

    def name_by(self, naming: Naming) -> None:
        """A file that somebody has put here from another archive of such a job has another name."""
        self._naming = naming

    def probe(self) -> str:
        """Check that the folder can be written to."""
        return probe_folder(self._folder)

    def name(self, number: int) -> str:
        """The name of a file."""
        return name_of(self._job, number, self._naming)

    def where(self, number: int) -> str:
        """The path of a file."""
        return str(self._path(number))

    def _path(self, number: int) -> Path:
        return self._folder / self.name(number)

    def numbers(self, behind: int = 0) -> list[int]:
        """The files in the folder, of other jobs too: where an index was lost, the next one begins behind them."""
        return [number for path in self._all() if (number := number_of(path.name)) > behind]

    def _all(self) -> Iterable[Path]:
        return self._folder.glob(f"*{ENDING}")

    def size(self, number: int) -> int | None:
        """The bytes of a file."""
        path = self._path(number)
        return path.stat().st_size if path.exists() else None

    def begin(self, behind: int) -> FolderFile:
        """Begin the next file."""
        file = FolderFile(behind + 1, self._path(behind + 1).open("w+b", WRITTEN_AT_ONCE))
        sync_folder(self._folder)
        return file

    def resume(self, number: int, length: int) -> FolderFile | None:
        """Go on at the known end of a file."""
        if (self.size(number) or -1) < length:
            return None
        file = self._path(number).open("r+b", WRITTEN_AT_ONCE)
        file.truncate(length)
        file.seek(length)
        return FolderFile(number, file)

    def read(self, number: int, start: int, length: int) -> bytes:
        """Some bytes of a file."""
        try:
            with self._path(number).open("rb") as file:
                file.seek(start)
                return file.read(length)
        except OSError as error:
            kind = StoreDamaged if error.errno in LOST else StoreError
            raise kind(f"{self.where(number)}: {error.strerror}") from error

    def path(self, number: int) -> Path:
        """The file."""
        if self.size(number) is None:
            raise StoreDamaged(f"{self.where(number)} does not exist")
        return self._path(number)

    def bytes_in_all(self) -> int:
        """Of all files."""
        return sum(path.stat().st_size for path in self._all())

    def remove(self, numbers: Iterable[int]) -> None:
        """Remove files."""
        for number in numbers:
            self._path(number).unlink(missing_ok=True)

    def close(self) -> None:
        """There is nothing to release."""


class FolderFile:
    """A file that records are added to."""

    def __init__(self, number: int, file: BinaryIO) -> None:
        self.number = number
        self._file = file

    def write(self, record: bytes) -> None:
        """Add a record."""
        self._file.write(record)

    def sync(self) -> None:
        """What was added survives a power cut from now on."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Release the file."""
        with suppress(OSError):  # what is safe was made so by `sync`
            self._file.close()
