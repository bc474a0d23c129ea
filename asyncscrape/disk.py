"""Steps on the disk that are either done whole or not at all."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, ParamSpec, TypeVar

from asyncscrape.errors import StoreError, UsageError

P = ParamSpec("P")
T = TypeVar("T")

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class SerialThread:
    """Runs blocking steps in a thread, one after the other.

    A step cannot be called back once it runs, not even when the task that waits for it is cancelled. So the next
    step waits for it: two threads never work on the same files.
    """

    def __init__(self) -> None:
        self._step: asyncio.Future[Any] | None = None

    async def run(self, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of `step`, once it has had its turn."""
        await self.idle()
        task = asyncio.create_task(asyncio.to_thread(step, *args, **kwargs))
        self._step = task
        return await asyncio.shield(task)

    async def idle(self) -> None:
        """Wait until no step runs any more."""
        while self._step is not None and not self._step.done():
            await asyncio.wait([self._step])  # somebody else who waited may have begun another step since


@contextmanager
def store_errors(place: Path) -> Iterator[None]:
    """Turns a failure of the file system into a `StoreError` that a person understands."""
    try:
        yield
    except OSError as error:
        raise StoreError(explain(error, place)) from error


def probe_folder(folder: Path) -> str:
    """Whether files could be made in a folder that may not be there yet; it changes nothing. A few words."""
    place = next(place for place in (folder, *folder.parents) if place.exists())
    if not place.is_dir():
        raise UsageError(f"{place} is a file, but a folder is needed there")
    if not os.access(place, os.W_OK | os.X_OK):
        raise UsageError(f"{place} is not writable; change its rights or choose another folder")
    return f"folder {folder}: writable"


def explain(error: OSError, place: Path) -> str:
    """What happened, where, and what to do about it if that is known."""
    where = error.filename or place
    if error.errno in FULL:
        return f"no room left on the disk for {where}; nothing is lost: make room and run the job again"
    return f"cannot write {where}: {error.strerror or error}"


@contextmanager
def whole_file(target: Path, temporary: Path) -> Iterator[BinaryIO]:
    """A file to write that appears under its name when it is complete and safe on the disk, or never."""
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        put(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def put(source: Path, target: Path) -> None:
    """Rename, replacing what lay there, and make the new name outlive a power cut."""
    source.replace(target)
    sync_folder(target.parent)


def link_or_copy(source: Path, target: Path) -> None:
    """Make `target` a second name of `source`; on a disk that has no such thing, a copy of it, safe there."""
    try:
        os.link(source, target)
    except OSError:
        with source.open("rb") as whole, target.open("wb") as file:
            shutil.copyfileobj(whole, file)
            file.flush()
            os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in a folder outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, so that they outlive a power cut."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for place in missing:
        sync_folder(place.parent)
