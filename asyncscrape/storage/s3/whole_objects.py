"""Objects below a prefix of a bucket, for synchronous code in any thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from concurrent.futures import CancelledError
from contextlib import asynccontextmanager
from functools import partial
from hashlib import blake2b, sha256
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from asyncscrape.destinations import S3Options
from asyncscrape.errors import FetchError, StoreError
from asyncscrape.own_loop import OwnLoop
from asyncscrape.storage.base import Permit
from asyncscrape.storage.s3.bucket import Bucket, S3Location

T = TypeVar("T")


class S3Objects:
    """Objects of one content type. Connects when it is first asked for something."""

    def __init__(self, bucket: str, prefix: str, options: S3Options, content_type: str, source: str = "") -> None:
        """`source` says where a secret bucket name is kept, for example "env:BLOBS"."""
        named = f"{options.endpoint} {bucket} {prefix}".encode()
        self.place = int.from_bytes(blake2b(named, digest_size=6).digest(), "big") or 1
        self._location = S3Location(bucket, prefix, source)
        self._bucket = Bucket(self._location, options)
        self._content_type = content_type
        self._at_once = options.concurrency
        self._loop = OwnLoop(self._opened)

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[None]:
        try:
            await self._bucket.open()
            yield
        finally:
            await self._bucket.close()

    def probe(self) -> str:
        """Check that objects can be put; clear what probes of killed runs left."""
        found = self._do(self._bucket.probe)
        self._do(self._bucket.clear)
        return found

    def where(self, name: str) -> str:
        """An object, in messages."""
        return f"{self._location.key(name)} in {self._location.name}"

    def sizes(self, prefix: str, behind: str = "") -> Mapping[str, int]:
        """The bytes of objects by name."""
        behind = behind and self._location.key(behind)
        found = self._do(lambda: self._bucket.sizes(self._location.key(prefix), behind))
        return {key.removeprefix(self._location.key("")): size for key, size in found.items()}

    def put(self, name: str, content: bytes, permit: Permit | None = None) -> None:
        """Keep an object."""
        hash = sha256(content)
        told = hash.digest(), self._content_type, {"sha256": hash.hexdigest()}, permit
        try:
            self._do(lambda: self._bucket.put(self._location.key(name), BytesIO(content), *told))
        except FetchError as error:
            raise StoreError(f"{self.where(name)}: {error}") from error

    def read(self, name: str, start: int, length: int) -> bytes:
        """Some bytes of an object. Raises FetchError if it is not there."""
        return self._do(lambda: self._bucket.read(self._location.key(name), start, length))

    def download(self, name: str, file: Path) -> None:
        """Write an object into a file. Raises FetchError if it is not there."""
        self._do(lambda: self._bucket.download(self._location.key(name), file))

    def remove(self, names: Iterable[str]) -> None:
        """Remove objects, several at once."""
        left = map(self._location.key, names)
        while some := list(islice(left, self._at_once)):
            self._do(partial(self._removed, some))

    async def _removed(self, keys: list[str]) -> None:
        await asyncio.gather(*map(self._bucket.remove, keys))

    def close(self) -> None:
        """Give up what other threads wait for, and close the connections."""
        self._loop.close()

    def _do(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        try:
            return self._loop.run(work)
        except CancelledError as error:
            raise StoreError(f"a call to {self._location.name} was given up", passing=True) from error
