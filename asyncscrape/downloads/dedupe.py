"""Equal bytes are stored once, whatever URLs they come from (`dedupe = true`)."""

from __future__ import annotations

import asyncio

import msgspec

from asyncscrape.downloads.path_claims import Commit, PathClaims
from asyncscrape.errors import FetchError, Reason
from asyncscrape.frontier.base import Worker
from asyncscrape.model import KeptBlob, Origin, Request, StoredBlob

REMEMBERED = 10_000
"""Contents known without asking the frontier: more than can be waiting to be written there."""

Known = asyncio.Future[StoredBlob | None]
"""Where the bytes are, once they are stored; None if that failed."""


class Dedupe:
    """Knows which bytes are in the blob store, or on their way there."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._newest = PathClaims(worker)
        self._known: dict[str, Known] = {}
        """By their hash, the oldest first."""
        self._paths: dict[str, str] = {}
        """Hashes by path: of stored files and of files being stored."""

    async def keep(self, sha256: str, request: Request, origin: Origin, commit: Commit) -> KeptBlob:
        """The blob with these bytes: one already stored, one being stored right now, or else this one.

        A file that a newer one may replace shares its bytes with nobody.
        """
        if request.newest:
            return await self._newest.keep(sha256, request, origin, commit)
        return KeptBlob(await self._shared(sha256, request, commit), origin)

    async def _shared(self, sha256: str, request: Request, commit: Commit) -> StoredBlob:
        while (first := self._known.get(sha256)) is not None:
            await asyncio.wait([first])
            if (stored := first.result()) is not None:
                return msgspec.structs.replace(stored, url=request.asked)
        known = self._known[sha256] = asyncio.get_running_loop().create_future()
        stored = None
        try:
            stored = await self._worker.content_of(sha256)
            stored = stored or await self._store(sha256, request.path, commit)
        finally:
            known.set_result(stored)
            if stored is None:
                del self._known[sha256]
        self._forget()
        return msgspec.structs.replace(stored, url=request.asked)

    async def _store(self, sha256: str, path: str, commit: Commit) -> StoredBlob:
        """Store new bytes. Other bytes under the path stay, since further URLs may lead to them."""
        if self._paths.setdefault(path, sha256) != sha256:
            raise occupied(path)
        try:
            known = await self._worker.kept_at(path)
            if known is not None and (known.order or known.blob.sha256 != sha256):
                raise occupied(path)
            return await commit(None)
        except BaseException:
            del self._paths[path]
            raise

    def _forget(self) -> None:
        """Forget the oldest: the frontier knows them by now."""
        while len(self._known) > REMEMBERED and (oldest := next(iter(self._known.values()))).done():
            stored = oldest.result()
            del self._known[next(iter(self._known))]
            if stored is not None:
                self._paths.pop(stored.path, None)


def occupied(path: str) -> FetchError:
    """The error for a path that holds other bytes."""
    detail = f"{path} already holds another file; with dedupe = true each path is for one file, so make it unique"
    return FetchError(Reason.BLOB_PATH, f"{detail}, as with {{url_hash}}", transient=False)
