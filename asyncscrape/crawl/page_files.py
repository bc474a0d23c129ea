"""Files that a browser has made of a page: the parser knows their paths, the browser their bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from asyncscrape.downloads.store_gate import StoreGate
from asyncscrape.errors import StoreError
from asyncscrape.model import KeptBlob, Kind, Response, storable
from asyncscrape.parsing.base import Parsed, Unparsed


def parted(opened: Sequence[Response]) -> tuple[list[Response], list[Response]]:
    """What a browser has made of a page: what is to be parsed, and files to keep."""
    files = [one for one in opened if one.request.kind == Kind.BLOB]
    return [one for one in opened if one.request.kind != Kind.BLOB], files


def with_files(found: Parsed | Unparsed, files: Sequence[Response]) -> Parsed | Unparsed:
    """The contents of a page with those of its files that its records want; they are no downloads."""
    if isinstance(found, Unparsed) or not files:
        return found
    made = {file.url: file for file in files}
    wanted = [for_path(made[blob.url], blob.path) for blob in found.blobs if blob.url in made]
    others = [blob for blob in found.blobs if blob.url not in made]
    return msgspec.structs.replace(found, blobs=others, files=wanted)


def for_path(file: Response, path: str) -> Response:
    """The file, to be stored at this path."""
    return replace(file, request=msgspec.structs.replace(file.request, path=storable(path)))


class PageFiles:
    """Puts files that were made of pages into the blob store. While that is in trouble, the page waits."""

    def __init__(self, gate: StoreGate) -> None:
        self._gate = gate

    async def keep(self, files: Sequence[Response]) -> list[KeptBlob]:
        """Store files. Raises FetchError if a path is another file's, or impossible."""
        return [await self._keep(file) for file in files]

    async def _keep(self, file: Response) -> KeptBlob:
        while True:
            await self._gate.opening()
            self._gate.enter()
            try:
                async with self._gate.sink(file.request) as sink:
                    await sink.write(file.body)
                    return await self._gate.keep(sink, file.request, file)
            except StoreError as error:
                self._gate.put_off(error)
