"""A small disk that a test can fill and empty: a tmpfs if we may mount one, else a limit on the size of files."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOM = 300_000
"""Bytes left when the disk is nearly full."""


class SmallDisk:
    """A tmpfs of 16 MB at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ballast = path / "ballast"

    def fill(self) -> None:
        space = os.statvfs(self.path)
        with self.ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, space.f_bavail * space.f_bsize - ROOM)

    def empty(self) -> None:
        self.ballast.unlink(missing_ok=True)


class LimitedFiles:
    """A folder in a process whose files may not grow."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, self.before[1]))

    def empty(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self.before)


@contextmanager
def small_disk(path: Path) -> Iterator[SmallDisk | LimitedFiles]:
    path.mkdir()
    mounted = mount(path)
    disk = SmallDisk(path) if mounted else LimitedFiles(path)
    try:
        yield disk
    finally:
        disk.empty()
        if mounted:
            subprocess.run(["umount", "--lazy", str(path)], check=True)


def mount(path: Path) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", "size=16m", "none", str(path)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
