"""A large blob on its way to its file: written as it comes, so that it takes little memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from asyncscrape.disk import SerialThread, sync_folder
from asyncscrape.storage.blob_content import HEAD
from asyncscrape.storage.files.blob_place import BlobPlace, write_all


class Hash(Protocol):
    """A hash that takes bytes."""

    def update(self, data: bytes, /) -> None:
        """Add bytes."""


class BlobStream:
    """A large blob and its way to its file."""

    def __init__(self, place: BlobPlace, hash: Hash) -> None:
        self._place = place
        self._hash = hash
        self._handle = -1
        self._thread = SerialThread()
        self.size = 0
        self.head = b""

    async def write(self, data: bytes, hashed: int) -> None:
        """Write the next bytes; the hash knows some of them already."""
        await self._thread.run(self._write, data, hashed)

    async def commit(self, data: bytes, hashed: int) -> None:
        """Write the last bytes, and move the blob to its place."""
        await self._thread.run(self._commit, data, hashed)

    async def discard(self) -> None:
        """Remove what has been written."""
        await self._thread.run(self._discard)

    # In the thread

    def _write(self, data: bytes, hashed: int) -> None:
        with self._writing():
            self._append(data, hashed)

    def _commit(self, data: bytes, hashed: int) -> None:
        with self._writing():
            self._append(data, hashed)
            os.fsync(self._handle)
            self._place.rename()
            sync_folder(self._place.folder)
        self._close()

    def _append(self, data: bytes, hashed: int) -> None:
        if self._handle < 0:
            self._handle = self._place.begin()
        self._hash.update(data[hashed:])
        self.head = self.head or data[:HEAD]
        self.size += len(data)
        write_all(self._handle, data)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Leave nothing behind on failure, and tell a bad path from a bad disk."""
        try:
            with self._place.failures():
                yield
        except BaseException:
            self._discard()
            raise

    def _discard(self) -> None:
        self._close()
        Path(self._place.temporary).unlink(missing_ok=True)

    def _close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
