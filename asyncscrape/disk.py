"""Operations on the disk that happen completely or not at all."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, ParamSpec, TypeVar

from asyncscrape.errors import StoreError, UsageError

P = ParamSpec("P")
T = TypeVar("T")

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class SerialThread:
    """Runs blocking steps in a thread, one after the other.

    A running step cannot be stopped, not even by cancelling the task that waits for it. So the next step waits for
    it: two threads never work on the same files.
    """

    def __init__(self) -> None:
        self._step: asyncio.Future[Any] | None = None

    async def run(self, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `step` when its turn comes; its result."""
        await self.idle()
        task = asyncio.create_task(asyncio.to_thread(step, *args, **kwargs))
        self._step = task
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_let_fail)
            raise

    async def idle(self) -> None:
        """Wait until no step is running."""
        while self._step is not None and not self._step.done():
            await asyncio.wait([self._step])  # another waiter may have begun a new step since


def _let_fail(step: asyncio.Future[Any]) -> None:
    """Nobody waits any more: what ended the run has been told, and a failure here is that of the same disk."""
    if not step.cancelled():
        step.exception()


@contextmanager
def store_errors(place: Path) -> Iterator[None]:
    """Turn a failure of the file system into a `StoreError` in plain words."""
    try:
        yield
    except OSError as error:
        raise StoreError(explain(error, place)) from error


def probe_folder(folder: Path) -> str:
    """Check, changing nothing, that files can be made in a folder, which may not exist yet; the finding in brief."""
    place = next(place for place in (folder, *folder.parents) if place.exists())
    if not place.is_dir():
        raise UsageError(f"{place} is a file, but a folder is needed there; move it or choose another folder")
    if not os.access(place, os.W_OK | os.X_OK):
        raise UsageError(f"{place} is not writable; change its rights or choose another folder")
    return f"folder {folder}: writable"


def explain(error: OSError, place: Path) -> str:
    """A message that says what happened, where, and what to do if we know it."""
    where = error.filename or place
    if _number(error) in FULL:
        return f"no room left on the disk for {where}; nothing is lost: make room and run the job again"
    return f"cannot use {where}: {error.strerror or error}"


def _number(error: OSError) -> int | None:
    """The number of an error; libraries written in Rust have it in their words alone."""
    told = re.search(r"\(os error (\d+)\)", str(error))
    return int(told[1]) if error.errno is None and told else error.errno


@contextmanager
def whole_file(target: Path, temporary: Path) -> Iterator[BinaryIO]:
    """A file to write, which appears under its name once it is complete and safe on the disk, or never."""
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
    """Rename a file, replacing any other, and make the new name survive a power cut."""
    source.replace(target)
    sync_folder(target.parent)


def link_or_copy(source: Path, target: Path) -> None:
    """Make `target` a hard link to `source`; where that is impossible, a copy that is safe on the disk."""
    try:
        os.link(source, target)
    except OSError:
        with source.open("rb") as whole, target.open("wb") as file:
            shutil.copyfileobj(whole, file)
            file.flush()
            os.fsync(file.fileno())


def sync_folder(folder: Path | str) -> None:
    """Make the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Make a folder and its missing parents, so that they survive a power cut."""
    make_folders([folder])


def make_folders(folders: Iterable[Path]) -> None:
    """Make folders and their missing parents, so that they survive a power cut; each parent is made safe once."""
    parents: dict[Path, None] = {}
    for folder in folders:
        if not folder.is_dir():
            parents |= {place.parent: None for place in (folder, *folder.parents) if not place.exists()}
            folder.mkdir(parents=True, exist_ok=True)
    for parent in parents:
        sync_folder(parent)
