"""A real S3 server for tests: moto in its own process, or the one that ASYNCSCRAPE_TEST_S3 names.

`s3_server()` gives the server and `new_bucket()` an empty bucket on it; `FaultProxy` stands in front of it and makes
calls fail on demand. All are plain context managers, also for tests of whole programs; the fixture `s3` is a bucket.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Literal, NamedTuple
from uuid import uuid4

import boto3
import pytest
from aiohttp import ClientSession, ClientTimeout, web
from botocore.config import Config
from multidict import CIMultiDict
from yarl import URL

from asyncscrape.destinations import S3Options

MOTO = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


class Server(NamedTuple):
    """The address of S3, and the credentials it accepts."""

    endpoint: str
    access_key: str = "test"
    secret_key: str = "secret-of-the-test"

    def options(self, **more: Any) -> S3Options:
        values = {"endpoint": self.endpoint, "access_key": self.access_key, "secret_key": self.secret_key}
        return S3Options(**{**values, **more})

    @property
    def environment(self) -> dict[str, str]:
        """The environment that another program needs to get in."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self) -> Any:
        return boto3.client(
            "s3",
            region_name="us-east-1",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required"),
        )


@contextmanager
def s3_server() -> Iterator[Server]:
    if endpoint := os.environ.get("ASYNCSCRAPE_TEST_S3"):
        yield Server(endpoint, os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
        return
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", MOTO], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as moto:
        assert moto.stdin is not None
        assert moto.stdout is not None
        try:
            yield Server(f"http://127.0.0.1:{int(moto.stdout.readline())}")
        finally:
            moto.stdin.close()
            moto.kill()


class Bucket(NamedTuple):
    """A bucket, seen from outside."""

    server: Server
    name: str
    client: Any

    def contents(self, prefix: str = "") -> dict[str, bytes]:
        """All objects, by the rest of their keys after the prefix."""
        return {key.removeprefix(prefix): self.get(key)["Body"].read() for key in self.keys(prefix)}

    def keys(self, prefix: str = "") -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return [found["Key"] for page in pages for found in page.get("Contents", ())]

    def get(self, key: str) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self.client.get_object(Bucket=self.name, Key=key)
        return answer

    def head(self, key: str) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self.client.head_object(Bucket=self.name, Key=key, ChecksumMode="ENABLED")
        return answer

    def put(self, key: str, data: bytes) -> None:
        self.client.put_object(Bucket=self.name, Key=key, Body=data)

    def uploads(self) -> list[str]:
        """The keys of unfinished multipart uploads."""
        answer = self.client.list_multipart_uploads(Bucket=self.name)
        return sorted(upload["Key"] for upload in answer.get("Uploads", ()))

    def begin_upload(self, key: str) -> None:
        upload = self.client.create_multipart_upload(Bucket=self.name, Key=key)["UploadId"]
        self.client.upload_part(Bucket=self.name, Key=key, UploadId=upload, PartNumber=1, Body=b"part")


@contextmanager
def new_bucket(server: Server) -> Iterator[Bucket]:
    bucket = Bucket(server, f"test-{uuid4().hex}", server.client())
    bucket.client.create_bucket(Bucket=bucket.name)
    try:
        yield bucket
    finally:
        _delete(bucket)
        bucket.client.close()


def _delete(bucket: Bucket) -> None:
    client, name = bucket.client, bucket.name
    with suppress(client.exceptions.NoSuchBucket):
        for upload in client.list_multipart_uploads(Bucket=name).get("Uploads", ()):
            client.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
        for page in client.get_paginator("list_object_versions").paginate(Bucket=name):
            for version in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                client.delete_object(Bucket=name, Key=version["Key"], VersionId=version["VersionId"])
        client.delete_bucket(Bucket=name)


@pytest.fixture(scope="session")
def s3_service() -> Iterator[Server]:
    """The S3 server of the session."""
    with s3_server() as server:
        yield server


@pytest.fixture
def s3(s3_service: Server) -> Iterator[Bucket]:
    """An empty bucket."""
    with new_bucket(s3_service) as bucket:
        yield bucket


# --- faults -----------------------------------------------------------------------------------

Fault = Literal["slow", "internal", "reset", "lost answer", "expired", "skewed", "denied", "other region"]

ANSWERS: Mapping[str, tuple[int, str, str]] = {
    "slow": (503, "SlowDown", "Please reduce your request rate."),
    "internal": (500, "InternalError", "We encountered an internal error."),
    "expired": (403, "ExpiredToken", "The provided token has expired."),
    "skewed": (
        403,
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
    ),
    "denied": (403, "AccessDenied", "Access Denied"),
    "other region": (400, "AuthorizationHeaderMalformed", "the region 'us-east-1' is wrong; expecting 'eu-north-1'"),
}
LONG_AGO = "Mon, 02 Jan 2023 03:04:05 GMT"
HOP_HEADERS = ("Connection", "Expect", "Transfer-Encoding", "Content-Encoding", "Content-Length", "Keep-Alive")


class FaultProxy:
    """A proxy in front of an S3 server, in its own thread; faults are switched on and off while it runs."""

    def __init__(self, server: Server) -> None:
        self._upstream = server
        self.server = server
        """The server, reached through the proxy."""
        self.log: list[tuple[str, str, int]] = []
        """Method, path with query and status of all calls; status 0 if the connection was cut."""
        self.headers: list[tuple[str, Mapping[str, str]]] = []
        """Method and headers of all calls."""
        self._fault: Fault | None = None
        self._share = 0.0
        self._methods: tuple[str, ...] = ()
        self._due = 0.0
        self.delay = 0.0
        """Seconds before each answer."""
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)

    def misbehave(self, fault: Fault, share: float = 1.0, methods: tuple[str, ...] = ()) -> None:
        """From now on, do this to a share of the calls, evenly spread; of all methods unless some are named."""
        self._fault, self._share, self._methods, self._due = fault, share, methods, 0.0

    def behave(self) -> None:
        self._fault = None

    def __enter__(self) -> FaultProxy:
        self._thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self._loop.close()

    async def _serve(self) -> None:
        app = web.Application(client_max_size=100_000_000)
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.server = self._upstream._replace(endpoint=f"http://127.0.0.1:{runner.addresses[0][1]}")
        async with ClientSession(timeout=ClientTimeout(60), auto_decompress=False) as self._session:
            self._started.set()
            await self._stop.wait()
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        fault = self._fault_of(request)
        self.headers.append((request.method, request.headers))
        await asyncio.sleep(self.delay)
        if fault == "reset":
            return self._cut(request)
        body = await request.read()
        if fault is not None and fault != "lost answer":
            return self._logged(request, refusal(fault))
        answer = await self._forward(request, body)
        return self._cut(request) if fault else self._logged(request, answer)

    def _fault_of(self, request: web.Request) -> Fault | None:
        if self._fault is None or (self._methods and request.method not in self._methods):
            return None
        self._due += self._share
        if self._due < 1:
            return None
        self._due -= 1
        return self._fault

    async def _forward(self, request: web.Request, body: bytes) -> web.Response:
        headers = CIMultiDict(request.headers)
        for name in HOP_HEADERS:
            headers.popall(name, None)
        url = URL(self._upstream.endpoint + request.raw_path, encoded=True)
        async with self._session.request(request.method, url, headers=headers, data=body) as answer:
            kept = CIMultiDict((name, value) for name, value in answer.headers.items() if name not in HOP_HEADERS)
            data = await answer.read()
            if request.method == "HEAD":
                kept["Content-Length"] = answer.headers.get("Content-Length", "0")
            return web.Response(status=answer.status, headers=kept, body=data)

    def _cut(self, request: web.Request) -> web.Response:
        self.log.append((request.method, request.raw_path, 0))
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    def _logged(self, request: web.Request, answer: web.Response) -> web.Response:
        self.log.append((request.method, request.raw_path, answer.status))
        return answer


def refusal(fault: Fault) -> web.Response:
    """The answer of an S3 server that refuses."""
    status, code, message = ANSWERS[fault]
    region = "<Region>eu-north-1</Region>" if fault == "other region" else ""
    text = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{message}</Message>{region}</Error>'
    headers = {"Date": LONG_AGO} if fault == "skewed" else {}
    return web.Response(status=status, text=text, content_type="application/xml", headers=headers)
