"""A bucket and the calls to it, each tried again for as long as its failure may pass.

It uses one client, with one pool of connections, all its life.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
from base64 import b64encode
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from asyncscrape.destinations import S3Options
from asyncscrape.errors import AsyncscrapeError, FetchError, Reason, StoreError, UsageError
from asyncscrape.storage.base import Permit
from asyncscrape.storage.s3.complaints import FAILURES, NO_CREDENTIALS, Remedy, explain

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client

T = TypeVar("T")

log = logging.getLogger(__name__)

PAUSES = (0.25, 0.5, 1, 2, 4, 8, 10, 10, 10)
"""Seconds before each retry, at most; the real pauses are random, so that the retries of many blobs spread out.

Half a minute in all. If a third of the calls fail, one in 60,000 fails ten times. botocore's own retries are off:
they share a budget, which a busy store uses up within seconds.
"""
PATIENCE = 120.0
"""Seconds after which a failing call is not tried again. Otherwise a server that accepts calls and never answers
would hold each for ten times its read timeout, and nobody would hear that it is away."""
FEW_PAUSES = (0.5, 1)
"""The pauses when somebody waits for the answer, or will ask again."""
CREDENTIALS_PATIENCE = 15
"""Seconds for trying all sources of credentials; outside of a cloud some of them never answer."""
CLOSING_PATIENCE = 10
"""Seconds for the last try to abort uploads; the next run tries again for those it knows of."""
LONGEST_KEY = 1024
CHUNK = 1 << 20
"""Bytes of a download that are in memory at once."""
PROBE = ".asyncscrape-probe"
"""The key of an upload that is begun only to be aborted."""
UPLOAD_GONE = frozenset({"NoSuchUpload", "NoSuchKey", "404"})
UPLOAD_MARK = "asyncscrape-upload"
"""A mark in the metadata of an upload: it identifies our own if the answer to its completion gets lost."""


class S3Location(NamedTuple):
    """The place of a store in S3."""

    bucket: str
    prefix: str = ""
    source: str = ""
    """Where a secret bucket name is kept: "env:BLOBS"."""

    @property
    def name(self) -> str:
        """The bucket's name in messages."""
        return f"the bucket of {self.source}" if self.source else f"bucket {self.bucket}"

    def key(self, path: str) -> str:
        """The key for a path; a `FetchError` when it is too long for S3."""
        key = f"{self.prefix}/{path}" if self.prefix else path
        if len(key.encode()) > LONGEST_KEY:
            raise FetchError(Reason.BLOB_PATH, f"{path[:200]!r} is too long for an S3 key", transient=False)
        return key


class Bucket:
    """One bucket, used as the store's options say."""

    def __init__(self, location: S3Location, options: S3Options) -> None:
        self.location = location
        self.part_size = options.part_size
        self._options = options
        self._stack = AsyncExitStack()
        self._client: S3Client | None = None
        self._kept = _kept(options)
        self._hidden = _hidden(location, options)
        self._proved = False
        """Whether a write has worked before: whatever goes wrong from then on is not a mistake in the config."""
        self._listed = False
        """Whether the objects could be listed before, which is a right of its own."""
        self._begun: set[str] = set()
        """The keys of all multipart uploads of this run."""

    async def open(self) -> None:
        """Find credentials and make the client; sends nothing to the bucket yet."""
        if self._client is not None:
            return
        try:
            session = await asyncio.to_thread(_session, self._options)
            client = await self._new_client(session)
            self._client = await self._stack.enter_async_context(client)
        except FAILURES as error:
            raise explain(error, self.location.name, self._hidden).raised(starting=True) from error
        except ValueError as error:
            raise UsageError("endpoint in [store.s3] is not a server's URL; write it as https://host:port") from error

    async def close(self) -> None:
        """Abort uploads that were begun and never ended, then close the connections."""
        try:
            if self._client is not None and self._begun:
                async with asyncio.timeout(CLOSING_PATIENCE):
                    await self.give_up_all(self._begun)
        except (AsyncscrapeError, TimeoutError) as error:
            log.warning("multipart uploads may be left in %s: %s", self.location.name, error)
        finally:
            self._begun = set()
            self._client = None
            await self._stack.aclose()

    async def probe(self) -> str:
        """Begin an upload and abort it: this tests bucket, credentials, clock and rights, and leaves nothing."""
        key, starting = self.location.key(PROBE), not self._proved
        begun = await self.call("create_multipart_upload", FEW_PAUSES, starting=starting, Key=key, **self._kept)
        await self._abort(key, begun["UploadId"], starting=starting)
        self._proved = True
        return f"{self.location.name}: reachable, writable"

    async def put(
        self,
        key: str,
        body: BytesIO,
        hash: bytes,
        content_type: str,
        metadata: Mapping[str, str],
        permit: Permit | None = None,
    ) -> str:
        """Upload an object in one call; its ETag."""
        answer = await self.call(
            "put_object",
            permit=permit,
            Key=key,
            Body=body,
            ChecksumAlgorithm="SHA256",
            ChecksumSHA256=b64encode(hash).decode(),
            ContentType=content_type,
            Metadata=metadata,
            **self._kept,
        )
        return _etag(answer)

    async def begin(self, key: str, content_type: str, mark: str) -> str:
        """Begin a multipart upload; its id."""
        self._begun.add(key)
        answer = await self.call(
            "create_multipart_upload",
            Key=key,
            ContentType=content_type,
            ChecksumAlgorithm="SHA256",
            Metadata={UPLOAD_MARK: mark},
            **self._kept,
        )
        return str(answer["UploadId"])

    async def put_part(self, key: str, upload: str, number: int, body: BytesIO) -> dict[str, Any]:
        """Upload one part of a multipart upload; the facts that `complete` needs about it."""
        hash = b64encode(await asyncio.to_thread(_digest, body)).decode()
        answer = await self.call(
            "upload_part",
            Key=key,
            UploadId=upload,
            PartNumber=number,
            Body=body,
            ChecksumAlgorithm="SHA256",
            ChecksumSHA256=hash,
        )
        return {"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": hash}

    async def complete(
        self, key: str, upload: str, mark: str, parts: Sequence[Mapping[str, Any]], permit: Permit | None = None
    ) -> str:
        """Turn the uploaded parts into an object; its ETag."""
        whole = {"Parts": parts}
        try:
            answer = await self.call(
                "complete_multipart_upload", permit=permit, Key=key, UploadId=upload, MultipartUpload=whole
            )
        except StoreError as error:
            if _code(error) != "NoSuchUpload":
                raise
            answer = await self.call("head_object", Key=key)
            if answer["Metadata"].get(UPLOAD_MARK) != mark:
                raise
        return _etag(answer)

    async def label(self, key: str, etag: str, content_type: str, metadata: Mapping[str, str]) -> str:
        """Change the type and metadata of an object by copying it onto itself; its new ETag."""
        answer = await self.call(
            "copy_object",
            Key=key,
            CopySource={"Bucket": self.location.bucket, "Key": key},
            CopySourceIfMatch=etag,
            MetadataDirective="REPLACE",
            ContentType=content_type,
            Metadata=metadata,
            ChecksumAlgorithm="SHA256",
            **self._kept,
        )
        return _etag(answer["CopyObjectResult"])

    async def copy(self, source: str, key: str, permit: Permit | None = None) -> None:
        """Copy an object to another key, with its type and metadata. S3 copies up to 5 GB in one call."""
        if source == key:
            return
        origin = {"Bucket": self.location.bucket, "Key": source}
        try:
            await self.call("copy_object", permit=permit, Key=key, CopySource=origin, **self._kept)
        except StoreError as error:
            if _code(error) != "InvalidRequest":
                raise
            raise FetchError(Reason.BLOB_STORE, f"S3 refuses to copy {source}: {error}", transient=False) from error

    async def download(self, key: str, file: Path) -> None:
        """Write an object into a file."""

        async def write(body: Any) -> None:
            with await asyncio.to_thread(file.open, "wb") as target:
                async for chunk in body.iter_chunks(CHUNK):
                    await asyncio.to_thread(target.write, chunk)

        await self._received(write, Key=key)

    async def read(self, key: str, start: int, length: int) -> bytes:
        """Some bytes of an object; fewer if it ends before."""

        async def read(body: Any) -> bytes:
            content: bytes = await body.read()
            return content

        return await self._received(read, Key=key, Range=f"bytes={start}-{start + length - 1}")

    async def _received(self, receive: Callable[[Any], Awaitable[T]], **args: Any) -> T:
        """Receive the body of an object; from its beginning again if the connection breaks."""
        for pause in (*FEW_PAUSES, None):
            body = (await self.call("get_object", **args))["Body"]
            try:
                async with body:
                    return await receive(body)
            except FAILURES as error:
                if pause is None:
                    raise explain(error, self.location.name, self._hidden).raised(starting=False) from error
                log.debug("reading %s again: %s", args["Key"], error)
            await asyncio.sleep(pause)
        raise AssertionError("the last try either works or raises")

    async def sizes(self, prefix: str, behind: str = "") -> dict[str, int]:
        """The bytes of the objects whose keys begin so, by key; only of those whose keys come behind this one."""
        found: dict[str, int] = {}
        after: dict[str, Any] = {"StartAfter": behind} if behind else {}
        while True:
            starting = not self._listed
            answer = await self.call("list_objects_v2", FEW_PAUSES, starting=starting, Prefix=prefix, **after)
            self._listed = True
            found |= {each["Key"]: each["Size"] for each in answer.get("Contents", ())}
            if not answer.get("IsTruncated"):
                return found
            after = {"ContinuationToken": answer["NextContinuationToken"]}

    async def remove(self, key: str) -> None:
        """Delete an object, if it exists."""
        await self.call("delete_object", Key=key)

    async def etag(self, key: str) -> str | None:
        """The ETag of an object; None if there is no object."""
        try:
            return _etag(await self.call("head_object", Key=key))
        except FetchError:
            return None

    async def give_up(self, key: str, upload: str) -> None:
        """Abort a multipart upload. If S3 is away, closing the store tries again."""
        try:
            await self._abort(key, upload)
        except AsyncscrapeError as error:
            log.debug("the upload of %s will be aborted later: %s", key, error)

    async def clear(self, paths: Iterable[str] = ()) -> None:
        """Abort the uploads to these paths, and of probes, that a killed run left."""
        try:
            await self.give_up_all({self.location.key(path) for path in (*paths, PROBE)})
        except StoreError as error:
            log.warning("cannot look for unfinished uploads in %s: %s", self.location.name, error)

    async def give_up_all(self, keys: Collection[str]) -> None:
        """Abort the multipart uploads to exactly these keys."""
        prefix = os.path.commonprefix(list(keys))  # noqa: RUF071, keys are not paths
        for key, upload in await self._uploads(prefix):
            if key in keys:
                await self._abort(key, upload)

    async def _abort(self, key: str, upload: str, *, starting: bool = False) -> None:
        try:
            await self.call("abort_multipart_upload", FEW_PAUSES, starting=starting, Key=key, UploadId=upload)
        except AsyncscrapeError as error:
            if _code(error) not in UPLOAD_GONE:
                raise

    async def _uploads(self, prefix: str) -> list[tuple[str, str]]:
        """Keys and ids of the multipart uploads below a prefix.

        The keys are requested without encoding: not every server says whether it has encoded them.
        """
        found: list[tuple[str, str]] = []
        after: dict[str, Any] = {}
        while True:
            answer = await self.call("list_multipart_uploads", FEW_PAUSES, Prefix=prefix, **after)
            found += [(upload["Key"], upload["UploadId"]) for upload in answer.get("Uploads", ())]
            if not answer.get("IsTruncated"):
                return found
            after = {"KeyMarker": answer["NextKeyMarker"], "UploadIdMarker": answer.get("NextUploadIdMarker", "")}

    async def call(
        self,
        operation: str,
        pauses: Iterable[float] = PAUSES,
        *,
        starting: bool = False,
        permit: Permit | None = None,
        **args: Any,
    ) -> dict[str, Any]:
        """Call an S3 operation on the bucket until it works, or until another try would be useless."""
        assert self._client is not None, "the bucket is not open"
        method = getattr(self._client, operation)
        until = asyncio.get_running_loop().time() + PATIENCE
        for pause in (*pauses, None):
            if "Body" in args:
                args["Body"].seek(0)
            if permit:
                permit()
            try:
                answer: dict[str, Any] = await method(Bucket=self.location.bucket, **args)
                return answer
            except FAILURES as error:
                failure = explain(error, self.location.name, self._hidden)
                late = asyncio.get_running_loop().time() > until
                if pause is None or late or failure.remedy != Remedy.TIME or failure.code == "NoSuchUpload":
                    raise failure.raised(starting=starting) from error
                log.debug("trying %s again: %s", operation, failure.words)
            await asyncio.sleep(random.random() * pause)
        raise AssertionError("the last try either works or raises")

    async def _new_client(self, session: Any) -> Any:
        from aiobotocore.config import AioConfig

        options = self._options
        try:
            async with asyncio.timeout(CREDENTIALS_PATIENCE):
                found = await session.get_credentials()
        except TimeoutError as error:
            raise StoreError("the service that provides AWS credentials does not answer", passing=True) from error
        if found is None:
            raise UsageError(NO_CREDENTIALS)
        config = AioConfig(
            # botocore would assemble its own for each call anew, from a hundred pieces.
            user_agent="asyncscrape",
            connect_timeout=10,
            read_timeout=60,
            retries={"mode": "standard", "total_max_attempts": 1},
            max_pool_connections=options.concurrency,
            s3={"addressing_style": options.addressing},
            # Otherwise every body gets a second checksum, which not every server understands.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        region = session.region_name or "us-east-1"
        return session.client("s3", region_name=region, endpoint_url=options.endpoint, config=config)


def _session(options: S3Options) -> Any:
    """A session, its data already read from the disk: that takes a moment, so call this in a thread."""
    import aioboto3

    if bool(options.access_key) != bool(options.secret_key):
        raise UsageError("access_key and secret_key in [store.s3] belong together; set both, or neither")
    session = aioboto3.Session(
        aws_access_key_id=options.access_key,
        aws_secret_access_key=options.secret_key,
        aws_session_token=options.session_token,
        region_name=options.region,
    )
    session._session.register_component("data_loader", _data())
    return session


@cache
def _data() -> Any:
    """What botocore knows of S3, read from the disk once for all clients."""
    from botocore.loaders import create_loader

    loader = create_loader()
    loader.load_service_model("s3", "service-2")
    return loader


def _kept(options: S3Options) -> dict[str, Any]:
    """Arguments that say how to keep an object; every call that makes one passes them."""
    wanted = {
        "ServerSideEncryption": options.encryption,
        "SSEKMSKeyId": options.kms_key,
        "StorageClass": options.storage_class,
    }
    return {name: value for name, value in wanted.items() if value}


def _hidden(location: S3Location, options: S3Options) -> tuple[str, ...]:
    """Words that no message may show: the server's address, and the bucket if its name is secret."""
    server = urlsplit(options.endpoint or "").hostname
    return tuple(word for word in (server, location.source and location.bucket) if word)


def _digest(body: BytesIO) -> bytes:
    with body.getbuffer() as view:
        return sha256(view).digest()


def _etag(answer: Mapping[str, Any]) -> str:
    return str(answer["ETag"]).strip('"')


def _code(error: BaseException) -> str:
    """The error code that S3 gave for a failure."""
    cause = error.__cause__
    return str(getattr(cause, "response", {}).get("Error", {}).get("Code", ""))
