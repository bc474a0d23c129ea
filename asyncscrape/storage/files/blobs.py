"""Blobs as files: each at its path in one folder, whole or not at all.

A blob is streamed into `.incoming/`, made safe on the disk and renamed to its place. So a blob of any size takes
little memory, an interrupted one leaves nothing behind, and a newer one replaces an older one at the same path.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from itertools import count
from pathlib import Path

from asyncscrape.disk import SerialThread, link_or_copy, make_folder, probe_folder, put, store_errors, sync_folder
from asyncscrape.errors import FetchError, Reason
from asyncscrape.model import StoredBlob
from asyncscrape.storage.blob_content import HEAD, stored_blob
from asyncscrape.storage.blob_paths import INCOMING, check_path

GATHER = 1 << 18
"""Bytes gathered before a thread writes them: the hop to the thread costs more than writing a small chunk."""
OCCUPIED = frozenset({errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENOTEMPTY, errno.ENAMETOOLONG})
"""Errors of the file system that are the fault of the path, not of the disk."""


class FileBlobs:
    """Keeps blobs as files in a folder, which jobs may share: each owner has its own place for unfinished blobs."""

    def __init__(self, directory: Path, owner: str = "") -> None:
        self._directory = directory
        self._incoming = directory / INCOMING / owner
        self._thread = SerialThread()
        self._numbers = count(1)

    async def probe(self) -> str:
        """Check that the folder can be written to."""
        return await self._thread.run(probe_folder, self._directory)

    async def prepare(self, unfinished: Sequence[str]) -> None:
        """Make the folder and empty `.incoming/`, where an interrupted run may have left unfinished blobs."""
        await self._thread.run(self._prepare)

    async def open(self, path: str, url: str) -> FileSink:
        """Begin the blob that will be stored at `path`."""
        check_path(path)
        return FileSink(self._directory / path, self._temporary(), path, url)

    async def copy(self, source: str, path: str) -> None:
        """Store the file at another path as well; a hard link, where the file system can make one."""
        check_path(path)
        await self._thread.run(self._copy, source, path, self._temporary())

    async def remove(self, path: str) -> None:
        """Remove the file."""
        check_path(path)
        await self._thread.run(self._remove, self._directory / path)

    async def close(self) -> None:
        """Wait until the thread has finished with the disk."""
        await self._thread.idle()

    def _temporary(self) -> Path:
        return self._incoming / str(next(self._numbers))

    def _copy(self, source: str, path: str, temporary: Path) -> None:
        target = self._directory / path
        try:
            with store_errors(target), path_errors(path):
                if not (self._directory / source).is_file():
                    raise FetchError(Reason.BLOB_GONE, f"{source} is no longer in the store", transient=True)
                link_or_copy(self._directory / source, temporary)
                make_folder(target.parent)
                put(temporary, target)
        finally:
            # Renaming one name of a file to another of the same file does nothing: then the temporary one remains.
            temporary.unlink(missing_ok=True)

    def _remove(self, target: Path) -> None:
        with store_errors(target), suppress(FileNotFoundError, NotADirectoryError):
            target.unlink()
            sync_folder(target.parent)

    def _prepare(self) -> None:
        with store_errors(self._directory):
            shutil.rmtree(self._incoming, ignore_errors=True)
            make_folder(self._incoming)


class FileSink:
    """One blob on its way to its file."""

    def __init__(self, target: Path, temporary: Path, path: str, url: str) -> None:
        self._target = target
        self._temporary = temporary
        self._path = path
        self._url = url
        self._gathered: list[bytes] = []
        self._size = 0
        self._total = 0
        self._head = b""
        self._hash = sha256()
        self._hashed = 0
        """Bytes of those gathered that the hash knows."""
        self._handle = -1
        self._thread = SerialThread()
        self._on_disk = False
        """Whether a thread may have left something that has to be removed."""

    @property
    def sha256(self) -> str:
        """The hash of the bytes so far, including those that are not written yet."""
        gathered = b"".join(self._gathered)
        self._gathered = [gathered] if gathered else []
        self._hash.update(gathered[self._hashed :])
        self._hashed = len(gathered)
        return self._hash.hexdigest()

    async def write(self, chunk: bytes) -> None:
        """Add the next bytes; a thread writes them once there are enough."""
        self._gathered.append(chunk)
        self._size += len(chunk)
        if self._size >= GATHER:
            self._on_disk = True
            await self._thread.run(self._write, self._take())

    async def commit(self, content_type: str) -> StoredBlob:
        """Move the blob to its place."""
        self._on_disk = True
        await self._thread.run(self._commit, self._take())
        self._on_disk = False
        return stored_blob(self._url, self._path, self.sha256, self._total, content_type, self._head)

    async def abort(self) -> None:
        """Discard the bytes written so far."""
        self._take()
        if self._on_disk:
            await self._thread.run(self._discard)

    def _take(self) -> bytes:
        taken = b"".join(self._gathered)
        self._gathered.clear()
        self._size = 0
        return taken

    def _write(self, data: bytes) -> None:
        with self._writing():
            self._append(data)

    def _commit(self, data: bytes) -> None:
        with self._writing():
            self._append(data)
            os.fsync(self._handle)
            self._put()
        self._close()

    def _put(self) -> None:
        try:
            put(self._temporary, self._target)
        except FileNotFoundError:  # only the first file of a folder pays for making it
            make_folder(self._target.parent)
            put(self._temporary, self._target)

    def _append(self, data: bytes) -> None:
        if self._handle < 0:
            self._handle = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        self._hash.update(data[self._hashed :])
        self._hashed = 0
        self._head = self._head or data[:HEAD]
        self._total += len(data)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._handle, rest) :]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Leave nothing behind on failure, and tell a bad path from a bad disk."""
        try:
            with store_errors(self._target), path_errors(self._path):
                yield
        except BaseException:
            self._discard()
            raise

    def _discard(self) -> None:
        self._close()
        self._temporary.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


@contextmanager
def path_errors(path: str) -> Iterator[None]:
    """Turn errors that are the fault of the path into a `FetchError`; the rest are the disk's."""
    try:
        yield
    except OSError as error:
        if error.errno not in OCCUPIED:
            raise
        detail = f"{path}: another file is in the way ({error.strerror})"
        raise FetchError(Reason.BLOB_PATH, detail, transient=False) from error
