"""A bucket and the calls to it, each tried again while what hinders it may pass.

One client, with one pool of connections, for all its life.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
from base64 import b64encode
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from asyncscrape.destinations import S3Options
from asyncscrape.errors import AsyncscrapeError, FetchError, Reason, StoreError, UsageError
from asyncscrape.storage.s3.complaints import FAILURES, NO_CREDENTIALS, Remedy, explain

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client

log = logging.getLogger(__name__)

PAUSES = (0.25, 0.5, 1, 2, 4, 8, 10, 10, 10)
"""Seconds before each further try at most; the real ones are random, so that the tries of many blobs part.

Half a minute in all. When a third of the calls fails, one in 60,000 fails ten times. botocore's own retries are off:
they share a budget, which a busy store uses up within seconds.
"""
PATIENCE = 120.0
"""Seconds after which a call that fails is tried no more: a server that takes calls and never answers them would
otherwise hold each for ten times its read timeout, while nobody hears that it is away."""
FEW_PAUSES = (0.5, 1)
"""Where somebody waits for the answer, or will ask again."""
CREDENTIALS_PATIENCE = 15
"""Seconds for all places where credentials may be; a machine outside of a cloud may wait for an answer in vain."""
CLOSING_PATIENCE = 10
"""Seconds for the last try to give up uploads; the next run tries again for those it knows of."""
LONGEST_KEY = 1024
PROBE = ".asyncscrape-probe"
"""The key of an upload that is begun and given up."""
UPLOAD_GONE = frozenset({"NoSuchUpload", "NoSuchKey", "404"})
UPLOAD_MARK = "asyncscrape-upload"
"""In the metadata of an upload on its way: by this we know our own when the answer to its completion got lost."""


class S3Location(NamedTuple):
    """Where in S3 a store lies."""

    bucket: str
    prefix: str = ""
    source: str = ""
    """Where the config's word was kept, if it must not be shown: "env:BLOBS"."""

    @property
    def name(self) -> str:
        """What to call the bucket."""
        return f"the bucket of {self.source}" if self.source else f"bucket {self.bucket}"

    def key(self, path: str) -> str:
        """The key for a path; a `FetchError` when S3 takes none so long."""
        key = f"{self.prefix}/{path}" if self.prefix else path
        if len(key.encode()) > LONGEST_KEY:
            raise FetchError(Reason.BLOB_PATH, f"{path[:200]!r} is too long for a key in S3", transient=False)
        return key


class Bucket:
    """One bucket, as the store's options want it used."""

    def __init__(self, location: S3Location, options: S3Options) -> None:
        self.location = location
        self.part_size = options.part_size
        self._options = options
        self._stack = AsyncExitStack()
        self._client: S3Client | None = None
        self._kept = _kept(options)
        self._hidden = _hidden(location, options)
        self._proved = False
        """Whether it could be written to before: what is wrong from then on is no mistake of the config."""
        self._begun: set[str] = set()
        """The keys of all multipart uploads of this run."""

    async def open(self) -> None:
        """Find credentials and make the client; asks nothing of the bucket yet."""
        if self._client is not None:
            return
        try:
            session = await asyncio.to_thread(_session, self._options)
            client = await self._new_client(session)
            self._client = await self._stack.enter_async_context(client)
        except FAILURES as error:
            raise explain(error, self.location.name, self._hidden).raised(starting=True) from error
        except ValueError as error:
            raise UsageError("endpoint in [store.s3] is not the URL of a server, as in https://host:port") from error

    async def close(self) -> None:
        """Give up what was begun and never ended, then let go."""
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
        """Begin an upload and give it up: that needs bucket, credentials, clock and rights, and leaves nothing."""
        key, starting = self.location.key(PROBE), not self._proved
        begun = await self.call("create_multipart_upload", FEW_PAUSES, starting=starting, Key=key, **self._kept)
        await self._abort(key, begun["UploadId"], starting=starting)
        self._proved = True
        return f"{self.location.name}: reachable, writable"

    async def put(self, key: str, body: BytesIO, hash: bytes, content_type: str, metadata: Mapping[str, str]) -> str:
        """One object in one call; its ETag."""
        answer = await self.call(
            "put_object",
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
        """One part of a multipart upload; what its completion must say of it."""
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

    async def complete(self, key: str, upload: str, mark: str, parts: Sequence[Mapping[str, Any]]) -> str:
        """Make an object of its parts; its ETag."""
        try:
            answer = await self.call(
                "complete_multipart_upload", Key=key, UploadId=upload, MultipartUpload={"Parts": parts}
            )
        except StoreError as error:
            if _code(error) != "NoSuchUpload":
                raise
            answer = await self.call("head_object", Key=key)
            if answer["Metadata"].get(UPLOAD_MARK) != mark:
                raise
        return _etag(answer)

    async def label(self, key: str, etag: str, content_type: str, metadata: Mapping[str, str]) -> str:
        """Give a finished object another type and metadata, which takes a copy onto itself; its new ETag."""
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

    async def copy(self, source: str, key: str) -> None:
        """The same object under another key, with its type and metadata. S3 itself copies up to 5 GB in one call."""
        if source == key:
            return
        origin = {"Bucket": self.location.bucket, "Key": source}
        try:
            await self.call("copy_object", Key=key, CopySource=origin, **self._kept)
        except StoreError as error:
            if _code(error) != "InvalidRequest":
                raise
            raise FetchError(Reason.BLOB_STORE, f"S3 does not copy {source}: {error}", transient=False) from error

    async def remove(self, key: str) -> None:
        """Delete an object, if it is there."""
        await self.call("delete_object", Key=key)

    async def etag(self, key: str) -> str | None:
        """The ETag of an object; None when there is none."""
        try:
            return _etag(await self.call("head_object", Key=key))
        except FetchError:
            return None

    async def give_up(self, key: str, upload: str) -> None:
        """Abort a multipart upload. When S3 is away, another try follows when the store is closed."""
        try:
            await self._abort(key, upload)
        except AsyncscrapeError as error:
            log.debug("the upload of %s is given up later: %s", key, error)

    async def give_up_all(self, keys: Collection[str]) -> None:
        """Abort the multipart uploads that there are under exactly these keys."""
        prefix = os.path.commonprefix(list(keys))  # noqa: RUF071, keys are no paths
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

        No encoding of the keys is asked for: not every server says whether it did as asked.
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
        self, operation: str, pauses: Iterable[float] = PAUSES, *, starting: bool = False, **args: Any
    ) -> dict[str, Any]:
        """Call an operation of S3 on the bucket until it works, or until another try is of no use."""
        assert self._client is not None, "the bucket is not open"
        method = getattr(self._client, operation)
        until = asyncio.get_running_loop().time() + PATIENCE
        for pause in (*pauses, None):
            if "Body" in args:
                args["Body"].seek(0)
            try:
                answer: dict[str, Any] = await method(Bucket=self.location.bucket, **args)
                return answer
            except FAILURES as error:
                failure = explain(error, self.location.name, self._hidden)
                late = asyncio.get_running_loop().time() > until
                if pause is None or late or failure.remedy != Remedy.TIME or failure.code == "NoSuchUpload":
                    raise failure.raised(starting=starting) from error
                log.debug("%s is tried again: %s", operation, failure.words)
            await asyncio.sleep(random.random() * pause)
        raise AssertionError("the last try either works or raises")

    async def _new_client(self, session: Any) -> Any:
        from aiobotocore.config import AioConfig

        options = self._options
        try:
            async with asyncio.timeout(CREDENTIALS_PATIENCE):
                found = await session.get_credentials()
        except TimeoutError as error:
            raise StoreError("whoever gives out the AWS credentials does not answer", passing=True) from error
        if found is None:
            raise UsageError(NO_CREDENTIALS)
        config = AioConfig(
            # botocore would put its own together anew for each call, out of a hundred pieces.
            user_agent="asyncscrape",
            connect_timeout=10,
            read_timeout=60,
            retries={"mode": "standard", "total_max_attempts": 1},
            max_pool_connections=options.concurrency,
            s3={"addressing_style": options.addressing},
            # Otherwise every body gets a second checksum, in a form that not every server understands.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        region = session.region_name or "us-east-1"
        return session.client("s3", region_name=region, endpoint_url=options.endpoint, config=config)


def _session(options: S3Options) -> Any:
    """A session that has read what it needs from the disk; takes a moment, so it is made in a thread."""
    import aioboto3

    if bool(options.access_key) != bool(options.secret_key):
        raise UsageError("access_key and secret_key in [store.s3] belong together; set both, or neither")
    session = aioboto3.Session(
        aws_access_key_id=options.access_key,
        aws_secret_access_key=options.secret_key,
        aws_session_token=options.session_token,
        region_name=options.region,
    )
    session._session.get_component("data_loader").load_service_model("s3", "service-2")
    return session


def _kept(options: S3Options) -> dict[str, Any]:
    """How objects are to be kept: every call that makes one says it."""
    wanted = {
        "ServerSideEncryption": options.encryption,
        "SSEKMSKeyId": options.kms_key,
        "StorageClass": options.storage_class,
    }
    return {name: value for name, value in wanted.items() if value}


def _hidden(location: S3Location, options: S3Options) -> tuple[str, ...]:
    """What no message shows: the server's address, and the bucket if its name is kept elsewhere."""
    server = urlsplit(options.endpoint or "").hostname
    return tuple(word for word in (server, location.source and location.bucket) if word)


def _digest(body: BytesIO) -> bytes:
    with body.getbuffer() as view:
        return sha256(view).digest()


def _etag(answer: Mapping[str, Any]) -> str:
    return str(answer["ETag"]).strip('"')


def _code(error: BaseException) -> str:
    """The code that S3 gave for a failure."""
    cause = error.__cause__
    return str(getattr(cause, "response", {}).get("Error", {}).get("Code", ""))
