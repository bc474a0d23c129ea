"""The last kept answer to each request; the network is never asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import msgspec
from multidict import CIMultiDict

from asyncscrape.archive.base import Archive, FoundAnswer
from asyncscrape.archive.kept_records import complete
from asyncscrape.errors import DamagedAnswer, NotKept, StoreDamaged
from asyncscrape.fetchers.base import Sink
from asyncscrape.model import Request, Response


class FromArchive:
    """Fetches from an archive. Whoever has opened the archive closes it."""

    def __init__(self, archive: Archive, spelled: Callable[[str], str]) -> None:
        """`spelled` is how the archive spells a URL: without secrets."""
        self._archive = archive
        self._spelled = spelled

    async def __aenter__(self) -> FromArchive:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing to release."""

    async def fetch(
        self,
        request: Request,
        *,
        user_agent: str | None = None,
        on_sent: Callable[[], None] | None = None,
        sink: Sink | None = None,
    ) -> Response:
        """The answer, whose body is yet to be read; or a redirect to where it came from. Raises NotKept."""
        if on_sent is not None:
            on_sent()
        url = self._spelled(request.url)
        found = self._archive.last_from(url)
        if found is None:
            raise NotKept("no answer from it is kept")
        if found.url != url:
            return _redirect(request, found, url)
        asked = msgspec.structs.replace(request, note=request.note or found.note)
        kept = (
            self._unread(found, asked) if self._archive.near else await asyncio.to_thread(self._unread, found, asked)
        )
        if 300 <= found.status < 400:
            return await asyncio.to_thread(complete, kept)  # where to is in its headers
        if sink is None:
            return kept
        whole = await asyncio.to_thread(complete, kept)
        await sink.write(whole.body)
        return replace(whole, body=b"")

    def final_url(self, url: str) -> str | None:
        """Where the answer to a request for a URL came from, after redirects; None without an answer."""
        found = self._archive.last_from(self._spelled(url))
        return found.url if found else None

    async def parts(self, document: Response) -> list[Response]:
        """What a browser has made of a document after that, and what the page has captured."""
        return await asyncio.to_thread(self._parts, document)

    def _parts(self, document: Response) -> list[Response]:
        found = self._archive.last_from(self._spelled(document.url))
        parts = self._archive.parts_of(found) if found else ()
        asked = [msgspec.structs.replace(document.request, url=part.url, note=part.note) for part in parts]
        return [self._unread(part, request) for part, request in zip(parts, asked, strict=True)]

    def _unread(self, found: FoundAnswer, request: Request) -> Response:
        try:
            return self._archive.unread(found, request)
        except StoreDamaged as error:
            raise DamagedAnswer(str(error)) from error


def _redirect(request: Request, found: FoundAnswer, url: str) -> Response:
    """A redirect from a URL to the next that led to an answer."""
    led = [*found.hops, found.url]
    after = led[len(found.hops) - found.hops[::-1].index(url)]
    return Response(request, 302, CIMultiDict({"Location": after}), b"", datetime.fromisoformat(found.fetched_at))
