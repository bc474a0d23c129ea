"""The file of one credential: all jobs of a data folder share it, and it outlives every run.

Nobody but its owner can ever read it: it is made with mode 600, in a folder with mode 700, under a temporary name.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from pathlib import Path

import msgspec

from asyncscrape.disk import make_folder, put, store_errors
from asyncscrape.politeness.clock import LEEWAY, PATIENCE

FOLDER = ".access"
"""The folder for these files, in the data folder."""
LOOK_AGAIN = 0.05
"""Seconds between two looks at a lock that another process holds; a thread that waits for it could not be stopped."""


class Issued(msgspec.Struct, frozen=True, omit_defaults=True):
    """A token or an id, as a site gave it."""

    value: str
    got_at: float
    ends_at: float | None = None
    """When it must be renewed; None if nobody knows."""

    def good(self, now: float) -> bool:
        """Whether it may still be used."""
        return self.ends_at is None or now < self.ends_at

    def __repr__(self) -> str:
        return f"Issued(got_at={self.got_at}, ends_at={self.ends_at})"


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """The contents of the file."""

    issued: Issued | None = None
    asked: tuple[float, ...] = ()
    """The times at which one was asked for, in vain or not."""
    not_before: float = 0.0
    """The deadline that the site has set for the next."""

    def as_of(self, now: float) -> Kept:
        """The same without times that lie ahead: so the clock was wrong when they were stored."""
        ahead = max(self.asked, default=now) - now
        if ahead <= LEEWAY:
            return self
        issued = self.issued if self.issued and self.issued.got_at <= now else None
        asked = tuple(min(at, now) for at in self.asked)
        return Kept(issued, asked, min(self.not_before - ahead, now + PATIENCE))


_decode = msgspec.json.Decoder(Kept).decode


class CredentialFile:
    """One such file. It is read and written under its lock."""

    def __init__(self, folder: Path, *what: str) -> None:
        """`what` tells its credential from all others; nothing secret."""
        name = sha256("\n".join(what).encode()).hexdigest()[:32]
        self._folder = folder
        self._path = folder / f"{name}.json"
        self._lock = folder / f"{name}.lock"

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """Keep other processes out meanwhile. The system releases the lock when a process ends, however it ends."""
        handle = await asyncio.to_thread(self._open)
        try:
            await _take(handle)
            yield
        finally:
            os.close(handle)

    async def load(self) -> Kept:
        """What is in the file; nothing if there is none, or none that can be read."""
        return await asyncio.to_thread(self._load)

    async def save(self, kept: Kept) -> None:
        """Replace what is in the file."""
        await asyncio.to_thread(self._save, msgspec.json.encode(kept))

    def _open(self) -> int:
        with store_errors(self._lock):
            make_folder(self._folder.parent)
            self._folder.mkdir(mode=0o700, exist_ok=True)
            if self._folder.stat().st_mode & 0o077:
                self._folder.chmod(0o700)
            return os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)

    def _load(self) -> Kept:
        with store_errors(self._path), suppress(FileNotFoundError, msgspec.DecodeError):
            return _decode(self._path.read_bytes())
        return Kept()

    def _save(self, data: bytes) -> None:
        temporary = self._path.with_suffix(".new")
        with store_errors(self._path):
            temporary.unlink(missing_ok=True)  # a killed run may have left it
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(handle)
            put(temporary, self._path)


async def _take(handle: int) -> None:
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        await asyncio.sleep(LOOK_AGAIN)
