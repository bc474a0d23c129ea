"""Finished tables as objects in S3: each under <prefix>/<table>.parquet and the like, whole or not at all.

A note beside the local file says what was sent. As long as both the file and the object match the note, the file is
not sent again.
"""

from __future__ import annotations

import asyncio
import logging
from hashlib import blake2b, file_digest
from pathlib import Path

import msgspec

from asyncscrape.destinations import S3Options
from asyncscrape.disk import store_errors, whole_file
from asyncscrape.errors import AsyncscrapeError, StoreError
from asyncscrape.storage.base import Permit
from asyncscrape.storage.blob_content import UNKNOWN
from asyncscrape.storage.s3.bucket import Bucket, S3Location
from asyncscrape.storage.s3.upload import Upload, places

log = logging.getLogger(__name__)

PIECE = 1_000_000
TYPES = {
    ".parquet": "application/vnd.apache.parquet",
    ".csv": "text/csv; charset=utf-8",
    ".jsonl": "application/x-ndjson",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Note(msgspec.Struct, frozen=True):
    """The file that was sent, and the ETag that S3 gave it."""

    stamp: tuple[int, int, int]
    """Size, modification time and inode of the file: if these are the same, so are the bytes."""
    sha256: str
    etag: str


_decode_note = msgspec.json.Decoder(Note).decode


class S3Export:
    """Sends finished tables below a prefix of a bucket."""

    def __init__(
        self, bucket: str, prefix: str, options: S3Options, source: str = "", permit: Permit | None = None
    ) -> None:
        """`source` says where a secret bucket name is kept, for example "env:TABLES"."""
        self._permit = permit
        self._location = S3Location(bucket, prefix, source)
        self._id = blake2b(f"{options.endpoint} {bucket} {prefix}".encode(), digest_size=6).hexdigest()
        self._bucket = Bucket(self._location, options)
        self._places = places(options.part_size)

    async def probe(self) -> str:
        """Check that the bucket can be written to."""
        await self._bucket.open()
        return await self._bucket.probe()

    async def open(self) -> None:
        """Raise what the user must correct. A server that is away does no harm yet: tables are sent at the end."""
        try:
            await self.probe()
            await self._bucket.clear()
        except StoreError as error:
            log.warning("finished tables cannot be sent to %s for now: %s", self._location.name, error)

    async def send(self, file: Path) -> None:
        """Put a finished table into the bucket, unless it is there already."""
        await self._bucket.open()
        key = self._location.key(file.name)
        noted = file.with_name(f".{file.name}.{self._id}.sent")
        before, stamp = await asyncio.to_thread(_read, noted), await asyncio.to_thread(_stamp, file)
        if before and await self._holds(key, before) and await asyncio.to_thread(_same, before, stamp, file):
            return
        note = await self._send(file, key, stamp)
        await asyncio.to_thread(_write, noted, note)

    async def close(self) -> None:
        """Close the connections."""
        await self._bucket.close()

    async def _holds(self, key: str, note: Note) -> bool:
        """Whether the object is still the one that was sent; assumed to be, when we may not look."""
        try:
            return note.etag == await self._bucket.etag(key)
        except AsyncscrapeError as error:
            log.debug("cannot look at %s: %s", key, error)
            return True

    async def _send(self, file: Path, key: str, stamp: tuple[int, int, int]) -> Note:
        await self._bucket.clear([file.name])
        type = TYPES.get(file.suffix, UNKNOWN)
        upload = Upload(self._bucket, key, self._places, type)
        with await asyncio.to_thread(file.open, "rb") as pieces:
            try:
                while piece := await asyncio.to_thread(pieces.read, PIECE):
                    await upload.write(piece)
                return Note(stamp, upload.sha256, await upload.commit(type, self._permit))
            finally:
                await upload.abort()


def _stamp(file: Path) -> tuple[int, int, int]:
    with store_errors(file):
        stat = file.stat()
    return stat.st_size, stat.st_mtime_ns, stat.st_ino


def _same(before: Note, stamp: tuple[int, int, int], file: Path) -> bool:
    """Whether the file holds the bytes that were sent, even if it has been made again since."""
    if before.stamp == stamp or before.stamp[0] != stamp[0]:
        return before.stamp == stamp
    with store_errors(file), file.open("rb") as whole:
        return file_digest(whole, "sha256").hexdigest() == before.sha256


def _read(noted: Path) -> Note | None:
    try:
        return _decode_note(noted.read_bytes())
    except (OSError, msgspec.MsgspecError):
        return None


def _write(noted: Path, note: Note) -> None:
    with store_errors(noted), whole_file(noted, noted.with_suffix(".tmp")) as file:
        file.write(msgspec.json.encode(note))
