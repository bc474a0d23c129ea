"""Small blobs on their way to the disk, in groups: one step in a thread makes all that wait safe.

1. Every blob is written into `.incoming/` and made safe on the disk.                   `SmallBlob.write`
2. Each is renamed to its place in the order in which they came: the later one wins.    `SmallBlob.rename`
3. Every folder that holds new names is made safe, once.                                `_sync`

While a group is being written the next one gathers, so a slow disk makes groups larger and nothing else slower.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from asyncscrape.disk import explain, sync_folder
from asyncscrape.errors import StoreError
from asyncscrape.storage.files.blob_place import BlobPlace, write_all

T = TypeVar("T")

LANES = 16
"""Threads among which a large group is divided, so that the disk gets many blobs to make safe at once.

A hard disk or a network disk takes milliseconds for each wait, but ends many waits together. With a thread for every
file, Python's own pool would have two waits, for bytes and for name, in each of its up to 32 threads. Here a blob
waits once, and a group waits once more for all names; so sixteen are never fewer than those. On a fast disk groups
stay small, and small groups stay in one thread.
"""
LANE = 4
"""The fewest blobs that are worth another thread."""
LARGE_GROUP = 256
"""Blobs in one step at most: a waiting file learns of its fate when the step ends."""


class SmallBlob:
    """A blob that is whole in memory, and its way to its file."""

    __slots__ = ("_data", "error", "place", "safe")

    def __init__(self, data: bytes, place: BlobPlace) -> None:
        self._data = data
        self.place = place
        self.error: Exception | None = None
        self.safe: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done once the bytes and the name survive a power cut."""

    def write(self) -> None:
        """Write the bytes and make them safe on the disk."""
        handle = self.place.begin()
        try:
            write_all(handle, self._data)
            os.fsync(handle)
        finally:
            os.close(handle)

    def rename(self) -> None:
        """Give the file its name."""
        self.place.rename()

    def discard(self) -> None:
        """Remove what a failure has left, if the disk lets us; else the next run removes it."""
        with suppress(OSError):
            os.unlink(self.place.temporary)

    def settle(self, fault: BaseException | None) -> None:
        """Tell whoever still waits; a fault of the program has befallen the whole group."""
        if self.safe.done():
            return
        if error := self.error or fault:
            self.safe.set_exception(error)
        else:
            self.safe.set_result(None)


class BlobGroups:
    """Stores small blobs, many in each step."""

    def __init__(self) -> None:
        self._waiting: list[SmallBlob] = []
        self._group: list[SmallBlob] = []
        """Those that the running step has taken."""
        self._step: asyncio.Future[None] | None = None
        self._lanes = ThreadPoolExecutor(LANES, "blobs")

    async def store(self, blob: SmallBlob) -> None:
        """Put a blob in its place. One that nobody waits for any more when its step begins is left out."""
        self._waiting.append(blob)
        if self._step is None:
            self._begin()
        await blob.safe

    async def leave(self, blob: SmallBlob) -> None:
        """Wait until no thread works on a blob that nobody waits for any more."""
        while self._step is not None and blob in self._group:
            await asyncio.wait([self._step])

    async def close(self) -> None:
        """Wait until everything is stored, and end the threads."""
        while self._step is not None:
            await asyncio.wait([self._step])
        self._lanes.shutdown(wait=False)

    def _begin(self) -> None:
        taken, self._waiting = self._waiting[:LARGE_GROUP], self._waiting[LARGE_GROUP:]
        self._group = [blob for blob in taken if not blob.safe.cancelled()]
        self._step = asyncio.get_running_loop().run_in_executor(self._lanes, self._store, self._group)
        self._step.add_done_callback(partial(self._end, self._group))

    def _end(self, group: list[SmallBlob], step: asyncio.Future[None]) -> None:
        self._step, self._group = None, []
        if self._waiting:  # the thread goes on while we tell
            self._begin()
        for blob in group:
            blob.settle(step.exception())

    # In the thread

    def _store(self, group: Sequence[SmallBlob]) -> None:
        self._divide(_write, group)
        _each(SmallBlob.rename, group)
        self._divide(_sync, _by_folder(group))
        for blob in group:
            if blob.error is not None:
                blob.discard()

    def _divide(self, step: Callable[[Sequence[T]], None], items: Sequence[T]) -> None:
        """Take a step in this thread, or in several if there are many items."""
        lanes = max(1, min(LANES, len(items) // LANE))
        others = [self._lanes.submit(step, items[lane::lanes]) for lane in range(1, lanes)]
        step(items[::lanes])
        for other in others:
            other.result()


def _write(blobs: Sequence[SmallBlob]) -> None:
    _each(SmallBlob.write, blobs)


def _each(step: Callable[[SmallBlob], None], blobs: Sequence[SmallBlob]) -> None:
    """Take a step with every blob that nothing has befallen.

    A disk that has failed is not tried with the rest: on a network each try may take a minute.
    """
    disk: StoreError | None = None
    for blob in blobs:
        if blob.error is None:
            blob.error = disk or _failure(step, blob)
            if isinstance(blob.error, StoreError):
                disk = blob.error


def _failure(step: Callable[[SmallBlob], None], blob: SmallBlob) -> Exception | None:
    try:
        step(blob)
    except OSError as error:
        return blob.place.failure(error)
    return None


Folder = tuple[str, list[SmallBlob]]
"""A folder, and the blobs that got their names in it."""


def _by_folder(group: Sequence[SmallBlob]) -> list[Folder]:
    folders: dict[str, list[SmallBlob]] = {}
    for blob in group:
        if blob.error is None:
            folders.setdefault(blob.place.folder, []).append(blob)
    return list(folders.items())


def _sync(folders: Sequence[Folder]) -> None:
    for folder, blobs in folders:
        try:
            sync_folder(folder)
        except OSError as error:
            for blob in blobs:
                blob.error = StoreError(explain(error, Path(folder)))
