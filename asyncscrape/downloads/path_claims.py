"""Each path in the blob store is for one file: the first URL that brings other bytes for a taken path is refused.

Whoever comes first keeps the path, and the other URL fails with a reason that `errors` explains. So nothing is
overwritten, the table `blobs` is true, and so is the number of files. A place beside it, under a changed name, would
leave a record that names the path of a file that is not its own. Equal bytes are no clash, as from two hosts of one
site. The same URL may bring new bytes: a later generation replaces its file.

A path may also be for the newest of several files (`Blob.newest`). Then the file that was offered later takes it,
and the row of the older one is withdrawn; one that was offered earlier and comes later is dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from asyncscrape.errors import FetchError, Reason, Superseded
from asyncscrape.frontier.base import Worker
from asyncscrape.model import KeptBlob, Origin, Request, StoredBlob, timestamp

T = TypeVar("T")

REMEMBERED = 10_000
"""Paths known without asking the frontier: more than can be waiting to be written there."""


class Claim(NamedTuple):
    """A file that is at a path, or is being put there."""

    url: str
    sha256: str
    order: int = 0
    """Of its offer, if the path is for the newest of several files."""
    fetched_at: str = ""

    def yields_to(self, other: Claim) -> bool:
        """Whether the other may have the path too."""
        if other.order:
            return other.order >= self.order
        return self.url == other.url or self.sha256 == other.sha256

    def replaced_by(self, newer: Claim) -> Origin | None:
        """The file whose row goes when the newer one takes its path, and a time after it was fetched."""
        if not newer.order or self.url == newer.url:
            return None
        return Origin(self.url, max(newer.fetched_at, a_moment_after(self.fetched_at)))


def a_moment_after(time: str) -> str:
    """The next time that can be told from this one."""
    return timestamp(datetime.fromisoformat(time) + timedelta(milliseconds=1))


class PathClaims:
    """Knows which file each path is for."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._claims: dict[str, Claim] = {}
        """By path, the oldest first."""
        self._all_known = not worker.has_files
        """Whether each path that is taken has its claim here, so that the frontier need not be asked."""
        self._turns: dict[str, asyncio.Future[None]] = {}
        """Paths to which something is being written, one file after the other; done when the next may begin."""

    async def keep(
        self, sha256: str, request: Request, origin: Origin, commit: Callable[[], Awaitable[StoredBlob]]
    ) -> KeptBlob:
        """Store a file at the path of its request."""
        order = request.order if request.newest else 0
        claim = Claim(request.asked, sha256, order, origin.fetched_at)
        before, blob = await self.put(request.path, claim, commit)
        return KeptBlob(blob, origin, order, before and before.replaced_by(claim))

    async def put(self, path: str, claim: Claim, store: Callable[[], Awaitable[T]]) -> tuple[Claim | None, T]:
        """Put a file at a path; the one that was there before, and what `store` gives.

        Raises `FetchError` if the path is another's; an error gives it back.
        """
        while (other := self._turns.get(path)) is not None:
            await asyncio.wait([other])
        turn = self._turns[path] = asyncio.get_running_loop().create_future()
        try:
            before = await self._claim(path, claim)
            try:
                return before, await store()
            except BaseException:
                self._give_back(path, before)
                raise
        finally:
            del self._turns[path]
            turn.set_result(None)
            self._forget()

    async def _claim(self, path: str, claim: Claim) -> Claim | None:
        before = self._claims.get(path) or (None if self._all_known else await self._stored(path))
        if before is not None and not before.yields_to(claim):
            raise Superseded(path, before.url) if claim.order else taken(path, before.url)
        self._claims[path] = claim
        return before

    def _give_back(self, path: str, before: Claim | None) -> None:
        if before is None:
            self._claims.pop(path, None)
        else:
            self._claims[path] = before

    async def _stored(self, path: str) -> Claim | None:
        kept = await self._worker.kept_at(path)
        return None if kept is None else Claim(kept.blob.url, kept.blob.sha256, kept.order, kept.origin.fetched_at)

    def _forget(self) -> None:
        while len(self._claims) > REMEMBERED:
            del self._claims[next(iter(self._claims))]
            self._all_known = False


def taken(path: str, url: str) -> FetchError:
    """The error for a path that is another file's."""
    detail = f"{path} is the path of another file, from {url}; make it unique, as with {{url_hash}} in its template"
    return FetchError(Reason.BLOB_PATH, detail, transient=False)
