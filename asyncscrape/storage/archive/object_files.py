"""The WARC files of an archive as objects, such as S3 keeps: each is put there once, whole, and never grows.

What was kept in the folder before `blobs` pointed to S3 stays there, and is read there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from asyncscrape.errors import FetchError, StoreDamaged
from asyncscrape.storage.archive.downloaded_files import Downloadable, Downloads
from asyncscrape.storage.archive.folder_files import FolderFiles
from asyncscrape.storage.archive.record_files import PLAIN, Naming, name_of, number_of
from asyncscrape.storage.object_place import Objects

LARGE = 32_000_000
"""Bytes that may be gathered in memory for one object."""
DOWNLOADED = "downloaded"


class ArchiveObjects(Downloadable, Objects, Protocol):
    """Objects that can also be downloaded."""


class ObjectReader:
    """Objects that are expected to be there; one that was downloaded is read from its file."""

    def __init__(self, folder: Path, objects: ArchiveObjects) -> None:
        """Downloaded files go below `folder`."""
        self._objects = objects
        self._downloads = Downloads(folder / DOWNLOADED, objects)

    def read(self, name: str, start: int, length: int) -> bytes:
        """Some bytes of an object."""
        with self._expected(name):
            return self._downloads.read(name, start, length) or self._objects.read(name, start, length)

    def path(self, name: str) -> Path:
        """The file with an object, which is downloaded once."""
        with self._expected(name):
            return self._downloads.path(name)

    @contextmanager
    def _expected(self, name: str) -> Iterator[None]:
        try:
            yield
        except FetchError as error:
            raise StoreDamaged(f"{self._objects.where(name)}: {error}") from error

    def close(self) -> None:
        """Give up what other threads wait for, and delete what was downloaded."""
        self._objects.close()
        self._downloads.clear()


class ObjectFiles:
    """The files of a job as objects, see `RecordFiles`."""

    appends = False

    def __init__(self, folder: Path, job: str, objects: ArchiveObjects, large: int = LARGE) -> None:
        """What was kept before is in `folder`, and so are downloaded files."""
        self.large = large
        self.place = objects.place
        self._job = job
        self._objects = objects
        self._earlier = FolderFiles(folder, job)
        self._reader = ObjectReader(folder, objects)
        self._naming = PLAIN
        self._tried = 0
        """The last number that was given to an object. It is never given again: S3 might still carry out a call that
        has long been given up, after a later one."""

    def name_by(self, naming: Naming) -> None:
        """A job of the same name on another machine may put its objects beside these."""
        self._naming = naming
        self._earlier.name_by(naming)

    def probe(self) -> str:
        """Check that objects can be put, and that the folder can be written to."""
        self._earlier.probe()
        return self._objects.probe()

    def name(self, number: int) -> str:
        """The name of a file."""
        return name_of(self._job, number, self._naming)

    def where(self, number: int) -> str:
        """A file, in messages."""
        return self._earlier.where(number) if self._kept_before(number) else self._objects.where(self.name(number))

    def _kept_before(self, number: int) -> bool:
        return self._earlier.size(number) is not None

    def numbers(self, behind: int = 0) -> list[int]:
        """The objects with numbers above this one, and the files in the folder."""
        found = {number for name in self._sizes(self.name(behind)) if (number := number_of(name)) > behind}
        return sorted(found.union(self._earlier.numbers(behind)))

    def _sizes(self, behind: str = "") -> Mapping[str, int]:
        sizes = self._objects.sizes(f"{self._job}-", behind)
        return {name: size for name, size in sizes.items() if name == self.name(number_of(name))}

    def size(self, number: int) -> int | None:
        """The bytes of a file."""
        name = self.name(number)
        return self._earlier.size(number) or self._objects.sizes(name).get(name)

    def begin(self, behind: int) -> GatheredObject:
        """Begin the next object."""
        self._tried = max(behind, self._tried) + 1
        return GatheredObject(self._tried, self.name(self._tried), self._objects)

    def resume(self, number: int, length: int) -> None:
        """An object does not grow, and neither does a file from before; what is behind its end is cut off."""
        if file := self._earlier.resume(number, length):
            file.close()

    def read(self, number: int, start: int, length: int) -> bytes:
        """Some bytes of a file."""
        if self._kept_before(number):
            return self._earlier.read(number, start, length)
        return self._reader.read(self.name(number), start, length)

    def path(self, number: int) -> Path:
        """The file; an object is downloaded once."""
        if self._kept_before(number):
            return self._earlier.path(number)
        return self._reader.path(self.name(number))

    def bytes_in_all(self) -> int:
        """Of all files."""
        return self._earlier.bytes_in_all() + sum(self._sizes().values())

    def remove(self, numbers: Iterable[int]) -> None:
        """Remove files."""
        going = list(numbers)
        self._earlier.remove(going)
        self._objects.remove(map(self.name, going))

    def close(self) -> None:
        """Give up what other threads wait for, and delete what was downloaded."""
        self._reader.close()


class GatheredObject:
    """A file that is gathered in memory, and becomes an object once it is to be safe."""

    def __init__(self, number: int, name: str, objects: Objects) -> None:
        self.number = number
        self._name = name
        self._objects = objects
        self._records: list[bytes] = []

    def write(self, record: bytes) -> None:
        """Add a record."""
        self._records.append(record)

    def sync(self) -> None:
        """Put the object."""
        self._objects.put(self._name, b"".join(self._records))

    def close(self) -> None:
        """Drop the bytes."""
        self._records = []
