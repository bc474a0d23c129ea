"""A folder in which one process at a time works: it holds a lock of the system, which goes with the process."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from asyncscrape.disk import make_folder

LOCK = "lock"
"""The file in the folder that is locked."""


class HeldFolder:
    """A folder of this process alone."""

    def __init__(self, path: Path, lock: int) -> None:
        """`lock` is its locked file, open."""
        self.path = path
        self._lock = lock

    def release(self) -> None:
        """Let others have it."""
        os.close(self._lock)


def hold(folder: Path) -> HeldFolder | None:
    """Make a folder, if it is not there, and hold it; None if another process does."""
    while True:
        make_folder(folder)
        try:
            lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except FileNotFoundError:  # whoever held it has removed it
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        if _is_there(folder / LOCK, lock):
            return HeldFolder(folder, lock)
        os.close(lock)


def _is_there(path: Path, file: int) -> bool:
    """Whether this open file still has its name: whoever held the folder before may have removed it."""
    with suppress(FileNotFoundError):
        return os.path.samestat(path.stat(), os.fstat(file))
    return False
