"""WARC files of others: whether they can be read, and how each is known again.

A file is known by its size and a digest of its beginning and its end, not by its path: it may be moved, or given
by another path, while its import goes on. To read all of it would take as long as to unpack it. What this cannot tell
apart is a file that is damaged in its middle and the same file repaired; so a file with damages is always read again.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from asyncscrape.errors import UsageError
from asyncscrape.storage.archive.imports.foreign_records import ForeignRecord, ForeignRecords
from asyncscrape.storage.archive.imports.record_stream import RecordStream
from asyncscrape.storage.archive.imports.unpacking import RECORD, FilePlace, source_of

ENDS = 1_000_000
"""Bytes of the beginning and of the end that count."""
OTHERS = {
    b"PK\x03\x04": "it is a zip file: if it is a WACZ, unpack it and give the files in its folder archive",
    b"\x28\xb5\x2f\xfd": "it is compressed with zstd: unpack it with `zstd -d` first",
    b"filedesc:": "it is an ARC file, the format before WARC: `warcio recompress` makes a WARC file of it",
}
"""Files that people take for those we read, by their first bytes."""


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn a failure to read a file into a `UsageError` that names it."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error


def check_files(paths: Sequence[Path]) -> None:
    """Raise a UsageError that says which of these files are no WARC files, and what to do."""
    wrong = [f"{path}: {why}" for path in paths if (why := _why_not(path))]
    if wrong:
        raise UsageError("\n".join(wrong))


def _why_not(path: Path) -> str | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return "there is no such file; check its name"
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    if stat.S_ISDIR(found.st_mode):
        return f"it is a folder; give the files in it, such as {path}/*.warc.gz"
    if not stat.S_ISREG(found.st_mode):
        return "it is no regular file, and an import must be able to go back in it; save what it gives to a file"
    if not os.access(path, os.R_OK):
        return "you may not read it; change its rights"
    return "it is empty; get it again" if not found.st_size else _other(path)


def _other(path: Path) -> str | None:
    with reading(path), path.open("rb") as file:
        raw = file.read(max(map(len, OTHERS)))
        source = source_of(file)
        first = RecordStream(source, FilePlace(), ENDS).read(max(map(len, OTHERS)))
        if first.startswith(RECORD) and not raw.startswith(b"PK"):
            return None
        for start, advice in OTHERS.items():
            if raw.startswith(start) or first.startswith(start):
                return advice
        if any(isinstance(found, ForeignRecord) for found in ForeignRecords(source, FilePlace(), 0)):
            return None
    return "it is no WARC file: no record is found in it; check what it is"


def print_of_file(file: BinaryIO) -> bytes:
    """What a file is known by."""
    file.seek(0, os.SEEK_END)
    size = file.tell()
    known = sha256(str(size).encode())
    for place in (0, max(0, size - ENDS)):
        file.seek(place)
        known.update(file.read(ENDS))
    return known.digest()
