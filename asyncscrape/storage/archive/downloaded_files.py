"""Objects of an archive that were downloaded, to be read as files until they make room for others.

Whoever gets a file reads it a little later, perhaps in another process. So those that were handed out last stay.
"""

from __future__ import annotations

import shutil
from collections import deque
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Protocol

from asyncscrape.disk import store_errors

MOST_DOWNLOADED = 2_000_000_000
"""Bytes of downloaded files, before one more is downloaded."""
IN_USE = 256
"""The last uses, whose files stay however large they are: 64 answers are read at once, each from up to two files."""


class Downloadable(Protocol):
    """Objects that can be had as files."""

    def download(self, name: str, file: Path) -> None:
        """Write an object into a file. Raises FetchError if the object is not there."""


class Downloads:
    """The files that were used last, up to a number of bytes."""

    def __init__(
        self, folder: Path, objects: Downloadable, most: int = MOST_DOWNLOADED, in_use: int = IN_USE
    ) -> None:
        self._folder = folder
        self._objects = objects
        self._most = most
        self._used: deque[str] = deque(maxlen=in_use)
        self._lock = Lock()
        self._made = False
        self._sizes: dict[str, int] = {}
        """The files, the one that was used longest ago first."""

    def path(self, name: str) -> Path:
        """The file with an object."""
        path = self._folder / name
        with self._lock, store_errors(self._folder):
            if name not in self._sizes or not path.exists():  # others may clear up in the folder
                self._make_room()
                self._objects.download(name, path)
            self._sizes.pop(name, None)
            self._sizes[name] = path.stat().st_size
            self._used.append(name)
            return path

    def _make_room(self) -> None:
        if not self._made:
            shutil.rmtree(self._folder, ignore_errors=True)  # what a killed process has left may be outdated
            self._made = True
        self._folder.mkdir(parents=True, exist_ok=True)
        spare = [name for name in self._sizes if name not in self._used]
        for name in spare:
            if sum(self._sizes.values()) <= self._most:
                return
            del self._sizes[name]
            (self._folder / name).unlink(missing_ok=True)

    def read(self, name: str, start: int, length: int) -> bytes:
        """Some bytes of an object, if it was downloaded; else none."""
        if name not in self._sizes:
            return b""
        with suppress(FileNotFoundError), (self._folder / name).open("rb") as file:
            file.seek(start)
            return file.read(length)
        return b""

    def clear(self) -> None:
        """Delete the files."""
        with self._lock:
            if self._made:
                self._made = False
                self._sizes = {}
                shutil.rmtree(self._folder, ignore_errors=True)
