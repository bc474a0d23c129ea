"""Blobs as files: each at its path in one folder, whole or not at all.

A blob is written into `.incoming/`, made safe on the disk and renamed to its place. So an interrupted one leaves
nothing behind, and a newer one replaces an older one at the same path. A large one is streamed, so it takes little
memory; small ones share their steps (`blob_groups`).
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from itertools import count
from pathlib import Path

from asyncscrape.disk import SerialThread, link_or_copy, make_folder, probe_folder, store_errors, sync_folder
from asyncscrape.errors import FetchError, Reason, UsageError
from asyncscrape.model import StoredBlob
from asyncscrape.own_folders import trouble_with_blobs
from asyncscrape.storage.base import Permit
from asyncscrape.storage.blob_content import HEAD, stored_blob
from asyncscrape.storage.blob_paths import INCOMING, check_path
from asyncscrape.storage.files.blob_groups import BlobGroups, SmallBlob
from asyncscrape.storage.files.blob_place import BlobPlace
from asyncscrape.storage.files.blob_stream import BlobStream

GATHER = 1 << 18
"""Bytes gathered before a thread writes them: the hop to the thread costs more than writing a small chunk."""


class FileBlobs:
    """Keeps blobs as files in a folder, which jobs may share: each job has its own place for unfinished blobs."""

    def __init__(self, directory: Path, job: Path) -> None:
        """`job` is the folder of the job, where no blob may go."""
        self._directory = directory
        self._job = job
        self._incoming = directory / INCOMING / job.name
        self._thread = SerialThread()
        self._groups = BlobGroups()
        self._numbers = count(1)

    async def probe(self) -> str:
        """Check that the folder can be written to."""
        await self._thread.run(self._keep_apart)
        return await self._thread.run(probe_folder, self._directory)

    async def prepare(self, unfinished: Sequence[str]) -> None:
        """Make the folder and empty `.incoming/`, where an interrupted run may have left unfinished blobs."""
        await self._thread.run(self._prepare)

    async def open(self, path: str, url: str) -> FileSink:
        """Begin the blob that will be stored at `path`."""
        check_path(path)
        return FileSink(self._place(path), url, self._groups)

    async def copy(self, source: str, path: str, permit: Permit | None = None) -> None:
        """Store the file at another path as well; a hard link, where the file system can make one."""
        check_path(path)
        await self._thread.run(self._copy, self._directory / source, self._place(path))

    async def bring(self, path: str, file: Path) -> None:
        """Put the file to another place as well; a hard link, where the file system can make one."""
        check_path(path)
        await self._thread.run(self._bring, self._directory / path, file)

    async def remove(self, path: str) -> None:
        """Remove the file."""
        check_path(path)
        await self._thread.run(self._remove, self._directory / path)

    async def close(self) -> None:
        """Wait until the threads have finished with the disk."""
        await self._thread.idle()
        await self._groups.close()

    def _place(self, path: str) -> BlobPlace:
        return BlobPlace(path, f"{self._directory}/{path}", f"{self._incoming}/{next(self._numbers)}")

    def _copy(self, source: Path, place: BlobPlace) -> None:
        temporary = Path(place.temporary)
        try:
            with place.failures():
                self._require(source)
                link_or_copy(source, temporary)
                place.rename()
                sync_folder(place.folder)
        finally:
            # Renaming one name of a file to another of the same file does nothing: then the temporary one remains.
            temporary.unlink(missing_ok=True)

    def _bring(self, source: Path, file: Path) -> None:
        self._require(source)
        with store_errors(file):
            link_or_copy(source, file)

    def _require(self, source: Path) -> None:
        """Refuse a file that is gone."""
        if not source.is_file():
            name = source.relative_to(self._directory)
            raise FetchError(Reason.BLOB_GONE, f"{name} is no longer in the store", transient=True)

    def _remove(self, target: Path) -> None:
        with store_errors(target), suppress(FileNotFoundError, NotADirectoryError):
            target.unlink()
            sync_folder(target.parent)

    def _keep_apart(self) -> None:
        """Refuse a folder of the job itself: since the config was checked, it may have become one."""
        if why := trouble_with_blobs(self._job, self._directory):
            raise UsageError(f"[store].blobs {why}; name a folder for downloaded files alone")

    def _prepare(self) -> None:
        self._keep_apart()
        with store_errors(self._directory):
            shutil.rmtree(self._incoming, ignore_errors=True)
            make_folder(self._incoming)


class FileSink:
    """One blob on its way to its file."""

    def __init__(self, place: BlobPlace, url: str, groups: BlobGroups) -> None:
        self._place = place
        self._url = url
        self._groups = groups
        self._gathered: list[bytes] = []
        self._size = 0
        """Bytes gathered."""
        self._hash = sha256()
        self._hashed = 0
        """Bytes of those gathered that the hash knows."""
        self._small: SmallBlob | None = None
        self._stream: BlobStream | None = None

    @property
    def sha256(self) -> str:
        """The hash of the bytes so far, including those that are not written yet."""
        gathered = self._gather()
        self._hash.update(gathered[self._hashed :] if self._hashed else gathered)
        self._hashed = len(gathered)
        return self._hash.hexdigest()

    async def write(self, chunk: bytes) -> None:
        """Add the next bytes; a thread writes them once there are enough."""
        self._gathered.append(chunk)
        self._size += len(chunk)
        if self._size >= GATHER:
            self._stream = self._stream or BlobStream(self._place, self._hash)
            await self._stream.write(*self._take())

    async def commit(self, content_type: str, permit: Permit | None = None) -> StoredBlob:
        """Move the blob to its place."""
        hashed = self.sha256
        if self._stream is not None:
            await self._stream.commit(*self._take())
            size, head, self._stream = self._stream.size, self._stream.head, None
        else:
            data = self._gather()
            self._small = SmallBlob(data, self._place)
            await self._groups.store(self._small)
            size, head, self._small = len(data), data[:HEAD], None
        return stored_blob(self._url, self._place.path, hashed, size, content_type, head)

    async def abort(self) -> None:
        """Discard the bytes written so far."""
        self._take()
        if self._small is not None:
            await self._groups.leave(self._small)
        if self._stream is not None:
            await self._stream.discard()

    def _gather(self) -> bytes:
        if len(self._gathered) != 1:
            self._gathered = [b"".join(self._gathered)]
        return self._gathered[0]

    def _take(self) -> tuple[bytes, int]:
        """The bytes gathered, and how many of them the hash knows."""
        taken = b"".join(self._gathered), self._hashed
        self._gathered.clear()
        self._size = self._hashed = 0
        return taken
