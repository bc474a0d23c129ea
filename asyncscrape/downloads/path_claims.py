"""Each path in the blob store is for one file: the first URL that brings other bytes for a taken path is refused.

Whoever comes first keeps the path, and the other URL fails with a reason that `errors` explains. So nothing is
overwritten, the table `blobs` is true, and so is the number of files. A place beside it, under a changed name, would
leave a record that names the path of a file that is not its own. Equal bytes are no clash, as from two hosts of one
site. The same URL may bring new bytes: a later generation replaces its file.

Of several workers, one at a time puts a file at a path, and tells the frontier before the next one does. If it is
gone before its download is stored as done, the path stays with its URL, which another worker downloads again. One
that was cut off puts nothing there any more: it looks at its lease right before it does.

A path may also be for the newest of several files (`Blob.newest`). Then the file that was offered later takes it,
and the row of the older one is withdrawn; one that was offered earlier and comes later is dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from asyncscrape.errors import FetchError, Postponed, Reason, Superseded
from asyncscrape.frontier.base import Worker
from asyncscrape.lease_clock import now
from asyncscrape.model import KeptBlob, Origin, Request, StoredBlob, timestamp
from asyncscrape.storage.base import Permit

REMEMBERED = 10_000
"""Paths known without asking the frontier: more than can be waiting to be written there."""
ASK_AGAIN = 0.1
"""Seconds to wait while another worker puts a file at a path."""


class Claim(NamedTuple):
    """A file that is at a path, or is being put there."""

    url: str
    sha256: str
    order: int = 0
    """Of its offer, if the path is for the newest of several files."""
    fetched_at: str = ""
    replaced: Origin | None = None
    """The file whose row goes once this one is stored as done, if that is not certain yet."""

    def yields_to(self, other: Claim) -> bool:
        """Whether the other may have the path too."""
        if other.order:
            return other.order >= self.order
        return self.url == other.url or self.sha256 == other.sha256

    def replaced_by(self, newer: Claim) -> Origin | None:
        """The file whose row goes when the newer one takes its path, and a time after it was fetched."""
        if not newer.order:
            return None
        if self.url == newer.url:
            return self.replaced
        return Origin(self.url, max(newer.fetched_at, a_moment_after(self.fetched_at)))


def a_moment_after(time: str) -> str:
    """The next time that can be told from this one."""
    return timestamp(datetime.fromisoformat(time) + timedelta(milliseconds=1))


Commit = Callable[[Permit | None], Awaitable[StoredBlob]]
"""Stores a file while it is permitted."""


class PathClaims:
    """Knows which file each path is for."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._paths = PathsOfMany(worker) if worker.shared else PathsOfOne(worker)
        self._turns: dict[str, asyncio.Future[None]] = {}
        """Paths to which something is being written, one file after the other; done when the next may begin."""

    async def keep(self, sha256: str, request: Request, origin: Origin, commit: Commit) -> KeptBlob:
        """Store a file at the path of its request.

        Raises `FetchError` if the path is another's, and `Postponed` if it may have become another worker's; an error
        gives it back.
        """
        path, order = request.path, request.order if request.newest else 0
        claim = Claim(request.asked, sha256, order, origin.fetched_at)
        while (other := self._turns.get(path)) is not None:
            await asyncio.wait([other])
        turn = self._turns[path] = asyncio.get_running_loop().create_future()
        try:
            return await self._put(path, claim, origin, commit)
        finally:
            del self._turns[path]
            turn.set_result(None)

    async def _put(self, path: str, claim: Claim, origin: Origin, commit: Commit) -> KeptBlob:
        permit = self._permit()
        before = await self._paths.take(path)
        try:
            if before is not None and not before.yields_to(claim):
                raise Superseded(path, before.url) if claim.order else taken(path, before.url)
            kept = KeptBlob(await commit(permit), origin, claim.order, before and before.replaced_by(claim))
        except BaseException:
            await self._paths.leave(path)
            raise
        await self._paths.put(path, claim, kept)
        return kept

    def _permit(self) -> Permit:
        """A permit for as long as this worker has what is its own now, the path that it is about to take included."""
        term = self._worker.lease.term

        def insist() -> None:
            lease = self._worker.lease
            if lease.term != term or now() >= lease.ends:
                raise Postponed("the database was away for too long; it is downloaded again by whoever has its host")

        return insist


class PathsOfOne:
    """What is at each path, as the only worker of a job knows it."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._claims: dict[str, Claim] = {}
        """By path, the oldest first."""
        self._all_known = not worker.has_files
        """Whether each path that is taken has its claim here, so that the frontier need not be asked."""

    async def take(self, path: str) -> Claim | None:
        """Whose path it is; nobody else puts a file there now."""
        if (known := self._claims.get(path)) or self._all_known:
            return known
        kept = await self._worker.kept_at(path)
        return None if kept is None else claim_of(kept)

    async def put(self, path: str, claim: Claim, kept: KeptBlob) -> None:
        """A file is there now."""
        self._claims[path] = claim
        while len(self._claims) > REMEMBERED:
            del self._claims[next(iter(self._claims))]
            self._all_known = False

    async def leave(self, path: str) -> None:
        """Nothing was put there."""


class PathsOfMany:
    """The same for one of many workers: the frontier gives each its turn at a path, and knows what is there."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    async def take(self, path: str) -> Claim | None:
        """Whose path it is, once no other worker puts a file there any more."""
        while not (turn := await self._worker.take_path(path)).free:  # noqa: ASYNC110, others are other processes
            await asyncio.sleep(ASK_AGAIN)
        return None if turn.kept is None else claim_of(turn.kept)

    async def put(self, path: str, claim: Claim, kept: KeptBlob) -> None:
        """A file is there now. Raises FetchError if others may have put one meanwhile."""
        if not await self._worker.leave_path(path, kept):
            detail = f"it took so long to put it at {path} that another worker may have put something there"
            raise FetchError(Reason.BLOB_STORE, detail, transient=True)

    async def leave(self, path: str) -> None:
        """Nothing was put there."""
        await self._worker.leave_path(path, None)


def claim_of(kept: KeptBlob) -> Claim:
    """The claim of a file that the frontier knows."""
    return Claim(kept.blob.url, kept.blob.sha256, kept.order, kept.origin.fetched_at, kept.replaced)


def taken(path: str, url: str) -> FetchError:
    """The error for a path that is another file's."""
    detail = f"{path} is the path of another file, from {url}; make it unique, as with {{url_hash}} in its template"
    return FetchError(Reason.BLOB_PATH, detail, transient=False)
