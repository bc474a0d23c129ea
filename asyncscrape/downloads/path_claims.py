"""Each path in the blob store is for one file: the first URL that brings other bytes for a taken path is refused.

Whoever comes first keeps the path, and the other URL fails with a reason that `errors` explains. So nothing is
overwritten, the table `blobs` is true, and so is the number of files. A place beside it, under a changed name, would
leave a record that names the path of a file that is not its own. Equal bytes are no clash, as from two hosts of one
site. The same URL may bring new bytes: a later generation replaces its file.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

from asyncscrape.errors import FetchError, Reason
from asyncscrape.frontier.base import Worker
from asyncscrape.model import Request, StoredBlob

REMEMBERED = 10_000
"""Paths known without asking the frontier: more than can be waiting to be written there."""


class Claim(NamedTuple):
    """A file that is at a path, or is being put there."""

    url: str
    sha256: str

    def yields_to(self, other: Claim) -> bool:
        """Whether the other may have the path too."""
        return self.url == other.url or self.sha256 == other.sha256


class PathClaims:
    """Knows which file each path is for."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._claims: dict[str, Claim] = {}
        """By path, the oldest first."""

    async def keep(self, sha256: str, request: Request, commit: Callable[[], Awaitable[StoredBlob]]) -> StoredBlob:
        """Store a file at the path of its request."""
        async with self.claimed(request.path, Claim(request.asked, sha256)):
            return await commit()

    @asynccontextmanager
    async def claimed(self, path: str, claim: Claim) -> AsyncIterator[None]:
        """Put a file at a path meanwhile. Raises `FetchError` if the path is another's; an error gives it back."""
        known = self._claims.get(path) or await self._stored(path)
        known = self._claims.get(path, known)  # somebody may have come in between
        if known is not None and not known.yields_to(claim):
            raise taken(path, known.url)
        self._claims[path] = claim
        try:
            yield
        except BaseException:
            if self._claims.get(path) is claim:
                del self._claims[path]
            raise
        self._forget()

    async def _stored(self, path: str) -> Claim | None:
        stored = await self._worker.kept_at(path)
        return None if stored is None else Claim(stored.url, stored.sha256)

    def _forget(self) -> None:
        while len(self._claims) > REMEMBERED:
            del self._claims[next(iter(self._claims))]


def taken(path: str, url: str) -> FetchError:
    """The error for a path that is another file's."""
    detail = f"{path} is the path of another file, from {url}; make it unique, as with {{url_hash}} in its template"
    return FetchError(Reason.BLOB_PATH, detail, transient=False)
