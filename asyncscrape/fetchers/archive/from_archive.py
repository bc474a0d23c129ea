"""The newest kept answer for each request; the network is never asked."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from multidict import CIMultiDict

from asyncscrape.archive.base import Archive
from asyncscrape.errors import FetchError, Reason
from asyncscrape.fetchers.base import Sink
from asyncscrape.model import Request, Response

CHUNK = 1_000_000
Bring = Callable[[str, Path], Awaitable[None]]


class FromArchive:
    """Fetches from an archive, and files from where they are stored."""

    def __init__(self, archive: Archive, bring: Bring, folder: Path) -> None:
        """`bring` puts a stored file at a path into a new file; `folder` is for those, and is there already."""
        self._archive = archive
        self._bring = bring
        self._folder = folder

    async def __aenter__(self) -> FromArchive:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Whoever has opened the archive closes it."""

    async def fetch(
        self,
        request: Request,
        *,
        user_agent: str | None = None,
        on_sent: Callable[[], None] | None = None,
        sink: Sink | None = None,
    ) -> Response:
        """The answer, a redirect to where it came from, or a `FetchError` of the reason "not kept"."""
        if on_sent is not None:
            on_sent()
        if sink is not None:
            return await self._file(request, sink)
        if found := self._archive.newest(request.url):
            return replace(self._archive.response(found), request=request)
        if target := self._archive.redirected(request.url):
            return Response(request, 302, CIMultiDict({"Location": target}), b"", datetime.now(UTC))
        raise FetchError(Reason.NOT_KEPT, "no answer from it is kept", transient=False)

    async def _file(self, request: Request, sink: Sink) -> Response:
        """A file, as an earlier generation has stored it at the same path."""
        here = self._folder / str(request.id)
        try:
            await self._bring(request.path, here)
            with await asyncio.to_thread(here.open, "rb") as file:
                while chunk := await asyncio.to_thread(file.read, CHUNK):
                    await sink.write(chunk)
        except FetchError as error:
            raise FetchError(Reason.NOT_KEPT, error.detail, transient=False) from error
        finally:
            here.unlink(missing_ok=True)
        sort = mimetypes.guess_type(request.path)[0] or ""
        return Response(request, 200, CIMultiDict({"Content-Type": sort}), b"", datetime.now(UTC))
