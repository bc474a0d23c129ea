"""The folder for what the browser leaves on the disk while it runs: profiles, sockets, crash reports.

It lies among the temporary files and is locked by the run. A run that is killed cannot remove its folder, but its
lock is gone: the next run that opens a browser removes it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "asyncscrape-browser-"
LOCK = "lock"
SHORT = 50
"""Letters of a path in which sockets can be made: with all that follows, the system takes 107."""
LOOKS, BETWEEN = 20, 0.1
PLACE = "TMPDIR"
"""The variable that tells programs where temporary files belong."""


class ProfileFolder:
    """A folder of this run."""

    def __init__(self) -> None:
        sweep()
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place()))
        self._lock = os.open(self.path / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def close(self) -> None:
        """Remove it; a browser that is just ending may still write there."""
        for _ in range(LOOKS):
            if removed(self.path):
                break
            time.sleep(BETWEEN)
        os.close(self._lock)

    @contextmanager
    def for_new_processes(self) -> Iterator[None]:
        """Let programs that are started meanwhile keep their temporary files there."""
        before = os.environ.get(PLACE)
        os.environ[PLACE] = str(self.path)
        try:
            yield
        finally:
            if before is None:
                del os.environ[PLACE]
            else:
                os.environ[PLACE] = before


def removed(folder: Path) -> bool:
    """Remove a folder, its lock last of all, so that another run can do it if this one cannot."""
    for inside in [*folder.iterdir()]:
        if inside.is_dir() and not inside.is_symlink():
            shutil.rmtree(inside, ignore_errors=True)
        elif inside.name != LOCK:
            inside.unlink(missing_ok=True)
    if [LOCK] != [inside.name for inside in folder.iterdir()]:
        return False
    shutil.rmtree(folder, ignore_errors=True)
    return True


def place() -> Path:
    """Where such folders are: where other temporary files are, unless that path is too long for sockets."""
    usual = Path(tempfile.gettempdir())
    return usual if len(str(usual)) <= SHORT else Path("/tmp")


def sweep() -> None:
    """Remove the folders of runs that have ended without doing so."""
    for folder in place().glob(f"{PREFIX}*"):
        with suppress(OSError):
            lock = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW)
            try:
                if folder.lstat().st_uid == os.geteuid():
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    removed(folder)
            finally:
                os.close(lock)
