"""The interface of the place where the WARC files of an archive are: a folder, or S3."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Protocol

ENDING = ".warc.gz"


class Naming(NamedTuple):
    """How the files of an archive are told from those of another job of the same name, where both may be."""

    mark: int = 0
    """A number that no other archive has; 0 if it has none yet."""
    since: int = 0
    """The first file with the mark in its name. Earlier versions gave none."""


PLAIN = Naming()


class GrowingFile(Protocol):
    """A file that records are added to."""

    number: int

    def write(self, record: bytes) -> None:
        """Add a record."""

    def sync(self) -> None:
        """What was added survives a power cut from now on."""

    def close(self) -> None:
        """Release it; what was not made safe may be gone."""


class ReadableFiles(Protocol):
    """The WARC files of a job, to be read, each known by a number."""

    @property
    def appends(self) -> bool:
        """Whether a file can grow after it was made safe."""

    def where(self, number: int) -> str:
        """A file, in messages."""

    def read(self, number: int, start: int, length: int) -> bytes:
        """Some bytes of a file. Raises StoreDamaged if it is not there."""

    def path(self, number: int) -> Path:
        """The whole file on the disk, not to be changed. Raises StoreDamaged if it is not there."""

    def bytes_in_all(self) -> int:
        """Of all files."""

    def close(self) -> None:
        """Give up what other threads wait for, and release everything; it can be used again."""


class RecordFiles(ReadableFiles, Protocol):
    """The WARC files of a job, which one worker adds to."""

    @property
    def place(self) -> int:
        """A number that tells this place from others."""

    @property
    def large(self) -> int:
        """Bytes after which the next file begins."""

    def name_by(self, naming: Naming) -> None:
        """What the index says about names, before anything but a probe is asked for."""

    def probe(self) -> str:
        """Check, changing nothing, that files can be written; the finding in brief."""

    def name(self, number: int) -> str:
        """The name of a file."""

    def numbers(self, behind: int = 0) -> list[int]:
        """The files there are with numbers above this one."""

    def size(self, number: int) -> int | None:
        """The bytes of a file; None if it is not there."""

    def begin(self, behind: int) -> GrowingFile:
        """Begin a file with a number above this one."""

    def resume(self, number: int, length: int) -> GrowingFile | None:
        """Cut off what is behind this length; the file, if it can grow further."""

    def remove(self, numbers: Iterable[int]) -> None:
        """Remove those of these files that are there."""


def name_of(job: str, number: int, naming: Naming = PLAIN) -> str:
    """The name of a file."""
    marked = naming.mark and number >= naming.since
    return f"{job}-{f'm{naming.mark:08x}-' if marked else ''}{number:05}{ENDING}"


def number_of(name: str) -> int:
    """The number in the name of a file; 0 if it has none."""
    number = name.removesuffix(ENDING).rpartition("-")[2]
    return int(number) if name.endswith(ENDING) and number.isdecimal() else 0
