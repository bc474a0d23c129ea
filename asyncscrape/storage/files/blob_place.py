"""The place of a blob among files: the path it is asked for, its file, and the file that it is until it is whole."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from asyncscrape.disk import explain, make_folder
from asyncscrape.errors import FetchError, Reason, StoreError

OCCUPIED = frozenset({errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENOTEMPTY, errno.ENAMETOOLONG})
"""Errors of the file system that are the fault of the path, not of the disk."""
WRITING = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC


class BlobPlace(NamedTuple):
    """Where a blob goes. Its files are texts: a `Path` costs more than it is worth for tens of thousands."""

    path: str
    target: str
    temporary: str

    @property
    def folder(self) -> str:
        """The folder of its file."""
        return os.path.dirname(self.target)

    def begin(self) -> int:
        """Begin its file; the handle."""
        return os.open(self.temporary, WRITING, 0o666)

    def rename(self) -> None:
        """Give its file the name, which survives a power cut once the folder has been made safe."""
        try:
            os.replace(self.temporary, self.target)
        except FileNotFoundError:  # only the first file of a folder pays for making it
            make_folder(Path(self.folder))
            os.replace(self.temporary, self.target)

    def failure(self, error: OSError) -> FetchError | StoreError:
        """The error that tells a bad path, which fails one URL, from a bad disk."""
        if error.errno not in OCCUPIED:
            return StoreError(explain(error, Path(self.target)))
        detail = f"{self.path}: another file is in the way ({error.strerror})"
        return FetchError(Reason.BLOB_PATH, detail, transient=False)

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Raise the `failure` instead of an error of the file system."""
        try:
            yield
        except OSError as error:
            raise self.failure(error) from error


def write_all(handle: int, data: bytes) -> None:
    """Write all bytes, however few the system takes at once."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]
