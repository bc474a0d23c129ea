"""Blobs as objects in S3: each under its key, whole or not at all. `upload` tells how their memory is bounded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from asyncscrape.destinations import S3Options
from asyncscrape.errors import FetchError, Reason
from asyncscrape.model import StoredBlob
from asyncscrape.own_folders import ARCHIVE, GATHERED
from asyncscrape.storage.base import Permit
from asyncscrape.storage.blob_content import stored_blob
from asyncscrape.storage.blob_paths import check_path
from asyncscrape.storage.s3.bucket import Bucket, S3Location
from asyncscrape.storage.s3.upload import Upload, places

OF_THE_ARCHIVE = re.compile(rf"{ARCHIVE}/[^/]*\.warc\.gz")
"""Paths below the prefix where a site could replace the answers that were kept."""


class S3Blobs:
    """Keeps blobs below a prefix of a bucket."""

    def __init__(self, bucket: str, prefix: str, options: S3Options, source: str = "") -> None:
        """`source` says where a secret bucket name is kept, for example "env:BLOBS"."""
        self._location = S3Location(bucket, prefix, source)
        self._bucket = Bucket(self._location, options)
        self._places = places(options.part_size)

    async def probe(self) -> str:
        """Check that the bucket can be written to."""
        await self._bucket.open()
        return await self._bucket.probe()

    async def prepare(self, unfinished: Sequence[str]) -> None:
        """Make sure that the bucket can be written to; abort the uploads to these paths that a dead run left."""
        await self.probe()
        await self._bucket.clear(unfinished)

    async def open(self, path: str, url: str) -> S3Sink:
        """Begin the blob that will be stored at `path`."""
        return S3Sink(Upload(self._bucket, self._free_key(path), self._places), path, url)

    async def copy(self, source: str, path: str, permit: Permit | None = None) -> None:
        """Have S3 copy an object, of up to 5 GB."""
        await self._bucket.copy(self._key(source), self._free_key(path), permit)

    async def bring(self, path: str, file: Path) -> None:
        """Download an object."""
        await self._bucket.open()
        try:
            await self._bucket.download(self._key(path), file)
        except FetchError as gone:
            raise FetchError(Reason.BLOB_GONE, f"{path}: {gone}", transient=True) from gone

    async def remove(self, path: str) -> None:
        """Delete an object."""
        await self._bucket.remove(self._key(path))

    async def close(self) -> None:
        """Close the connections."""
        await self._bucket.close()

    def _free_key(self, path: str) -> str:
        if OF_THE_ARCHIVE.fullmatch(path):
            raise FetchError(Reason.BLOB_PATH, f"{path[:200]!r} is the place of kept answers", transient=False)
        if GATHERED in path.split("/"):
            raise FetchError(Reason.BLOB_PATH, f"{path[:200]!r} is the place of gathered records", transient=False)
        return self._key(path)

    def _key(self, path: str) -> str:
        check_path(path)
        return self._location.key(path)


class S3Sink:
    """One blob on its way to its object."""

    def __init__(self, upload: Upload, path: str, url: str) -> None:
        self._upload = upload
        self._path = path
        self._url = url

    @property
    def sha256(self) -> str:
        """The hash of the bytes written so far."""
        return self._upload.sha256

    async def write(self, chunk: bytes) -> None:
        """Add the next bytes; they are uploaded once there are enough for a part."""
        await self._upload.write(chunk)

    async def commit(self, content_type: str, permit: Permit | None = None) -> StoredBlob:
        """Turn the bytes into an object."""
        upload = self._upload
        stored = stored_blob(self._url, self._path, upload.sha256, upload.size, content_type, upload.head)
        return replace(stored, etag=await upload.commit(stored.content_type, permit))

    async def abort(self) -> None:
        """Discard the bytes written so far."""
        await self._upload.abort()
