"""One object on its way to S3: any size, little memory.

1. bytes are gathered until there are `part_size` of them
2. if the object ends before that, it is uploaded in one call, with its hash
3. otherwise a multipart upload begins, and this part is uploaded while the next is gathered: two are held at most
4. at the end the parts become an object, which is copied onto itself: only now are its hash and type known

An object of more than `FREE` bytes needs a place to grow, and there are as many places as `GROWN_BUDGET` allows. So n
objects at once take at most n · `FREE` + `GROWN_BUDGET` bytes. An object that waits for a place holds nothing that
those in places need, so every wait ends.
"""

from __future__ import annotations

import asyncio
import logging
from hashlib import sha256
from io import BytesIO
from typing import Any
from uuid import uuid4

from asyncscrape.destinations import MOST_PARTS_IN_S3
from asyncscrape.errors import AsyncscrapeError, FetchError, Reason, StoreError
from asyncscrape.storage.base import Permit
from asyncscrape.storage.blob_content import HEAD, content_type
from asyncscrape.storage.s3.bucket import Bucket

log = logging.getLogger(__name__)

FREE = 500_000
"""Bytes that every object may gather."""
GROWN_BUDGET = 64_000_000
"""Bytes that all larger objects together may hold."""
ID_PATIENCE = 5
"""Seconds to wait for the id of an upload to abort; without the id, it is aborted when the store closes."""
LARGEST_COPY = 5 * 1024**3
"""The largest object that S3 copies in one call."""


def places(part_size: int) -> asyncio.Semaphore:
    """Places for objects that grow beyond `FREE`; each object holds two parts at most."""
    return asyncio.Semaphore(max(1, GROWN_BUDGET // (2 * part_size)))


class Upload:
    """An object being uploaded: bytes, then either `commit` or `abort`."""

    def __init__(self, bucket: Bucket, key: str, places: asyncio.Semaphore, declared: str = "") -> None:
        self._bucket = bucket
        self._key = key
        self._places = places
        self._placed = False
        self._declared = declared
        self._hash = sha256()
        self.size = 0
        self.head = b""
        self._part = BytesIO()
        self._upload = ""
        self._mark = ""
        self._begun: asyncio.Task[str] | None = None
        self._parts: list[dict[str, Any]] = []
        self._flight: asyncio.Task[dict[str, Any]] | None = None

    @property
    def sha256(self) -> str:
        """The hash of the bytes written so far."""
        return self._hash.hexdigest()

    async def write(self, chunk: bytes) -> None:
        """Add the next bytes; waits while earlier parts are uploaded."""
        self._hash.update(chunk)
        self.size += len(chunk)
        if len(self.head) < HEAD:
            self.head += chunk[: HEAD - len(self.head)]
        rest = memoryview(chunk)
        while rest:
            if self._part.tell() == self._bucket.part_size:
                await self._send()
            room = self._bucket.part_size - self._part.tell()
            self._part.write(rest[:room])
            rest = rest[room:]
            if not self._placed and self._part.tell() > FREE:
                await self._places.acquire()
                self._placed = True

    async def commit(self, content_type: str, permit: Permit | None = None) -> str:
        """Make an object of this type; its ETag."""
        metadata = {"sha256": self.sha256}
        if self._upload:
            etag = await self._complete(content_type, metadata, permit)
        else:
            hash = self._hash.digest()
            etag = await self._bucket.put(self._key, self._part, hash, content_type, metadata, permit)
        self._leave()
        return etag

    async def abort(self) -> None:
        """Discard all bytes; does nothing after `commit`."""
        try:
            if self._flight is not None:
                self._flight.cancel()
                await asyncio.gather(self._flight, return_exceptions=True)
                self._flight = None
            if self._begun:
                await self._give_up()
        finally:
            self._leave()

    async def _send(self) -> None:
        """Upload the gathered part, once the part before it has arrived."""
        await self._arrived()
        if not self._upload:
            await self._begin()
        number = len(self._parts) + 1
        if number > MOST_PARTS_IN_S3:
            detail = f"more than {MOST_PARTS_IN_S3} parts; raise part_size"
            raise FetchError(Reason.TOO_LARGE, detail, transient=False)
        part, self._part = self._part, BytesIO()
        self._flight = asyncio.create_task(self._bucket.put_part(self._key, self._upload, number, part))

    async def _begin(self) -> None:
        """Begin the multipart upload. This wait may be cancelled, but the id is then needed to abort the upload."""
        self._mark = uuid4().hex
        type = content_type(self._declared, self.head)
        self._begun = asyncio.create_task(self._bucket.begin(self._key, type, self._mark))
        self._upload = await asyncio.shield(self._begun)

    async def _give_up(self) -> None:
        begun, self._begun, self._upload = self._begun, None, ""
        assert begun is not None
        done, _ = await asyncio.wait([begun], timeout=ID_PATIENCE)
        if not done:
            begun.cancel()
        elif not begun.cancelled() and not begun.exception():
            await self._bucket.give_up(self._key, begun.result())

    async def _arrived(self) -> None:
        if self._flight is not None:
            self._parts.append(await self._flight)
            self._flight = None

    async def _complete(self, content_type: str, metadata: dict[str, str], permit: Permit | None) -> str:
        await self._send()
        await self._arrived()
        etag = await self._bucket.complete(self._key, self._upload, self._mark, self._parts, permit)
        self._begun, self._upload = None, ""
        if self.size > LARGEST_COPY:
            return etag
        try:
            return await self._bucket.label(self._key, etag, content_type, metadata)
        except (StoreError, FetchError) as error:
            if not _refused(error):
                raise
            log.debug("%s is stored, but without its hash and final type in the metadata: %s", self._key, error)
            return etag

    def _leave(self) -> None:
        """Give back the place and drop the bytes."""
        self._part = BytesIO()
        if self._placed:
            self._placed = False
            self._places.release()


def _refused(error: AsyncscrapeError) -> bool:
    """Whether S3 refuses to copy, or the object has been replaced; trying again would not help."""
    answer = getattr(error.__cause__, "response", {})
    return int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) in (400, 403, 404, 405, 412, 501)
