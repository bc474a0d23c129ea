"""Blobs to S3: through `S3Blobs` as a crawl does, and by a bare loop over aioboto3."""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from uuid import uuid4

import aioboto3
from aiobotocore.config import AioConfig
from beside import judge_share, show, verdict
from crawl import WrongResultError
from support.s3_server import Bucket, Server

from asyncscrape.storage.s3.blobs import S3Blobs

HERE = Path(__file__).resolve().parent
GOAL = 0.9
GOAL_MEMORY = 100
CONCURRENCY = 16
SIZE = 50_000
CHUNK = 16_384
"""Bytes that come from the network at once."""
TYPE = "image/jpeg"

Side = Callable[[Bucket, Sequence[bytes]], Awaitable[float]]


def bodies(count: int) -> list[bytes]:
    """Different ones."""
    noise = Random(1).randbytes(SIZE)
    return [b"\xff\xd8\xff" + number.to_bytes(4) + noise[7:] for number in range(count)]


def compare(server: Server, count: int, rounds: int) -> None:
    """Both sides in turns."""
    some = bodies(count)
    etags = sorted(hashlib.md5(body, usedforsecurity=False).hexdigest() for body in some)
    sides: dict[str, Side] = {"asyncscrape": ours, "bare aioboto3": bare}
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            with bucket_of(server) as bucket:
                rates[name].append(count / asyncio.run(side(bucket, some)))
                check(bucket, etags)
    show(f"{count:,} blobs of {SIZE // 1000} KB to S3, {CONCURRENCY} at once:", "blobs a second", rates)
    judge_share(rates["asyncscrape"], rates["bare aioboto3"], GOAL, "a bare loop of put_object")


async def ours(bucket: Bucket, some: Sequence[bytes]) -> float:
    """Each blob in pieces, as it comes from the network."""
    blobs = S3Blobs(bucket.name, "blobs", bucket.server.options(concurrency=CONCURRENCY))
    shared = iter(enumerate(some))

    async def work() -> None:
        for number, body in shared:
            sink = await blobs.open(f"covers/{number}.jpg", f"http://example.org/{number}.jpg")
            for begin in range(0, len(body), CHUNK):
                await sink.write(body[begin : begin + CHUNK])
            await sink.commit(TYPE)

    begun = time.perf_counter()
    await blobs.prepare([])
    await asyncio.gather(*(work() for _ in range(CONCURRENCY)))
    await blobs.close()
    return time.perf_counter() - begun


async def bare(bucket: Bucket, some: Sequence[bytes]) -> float:
    """Each blob in one call."""
    server = bucket.server
    session = aioboto3.Session(server.access_key, server.secret_key, region_name="us-east-1")
    config = AioConfig(max_pool_connections=CONCURRENCY, s3={"addressing_style": "auto"})
    shared = iter(enumerate(some))
    begun = time.perf_counter()
    async with session.client("s3", endpoint_url=server.endpoint, config=config) as client:

        async def work() -> None:
            for number, body in shared:
                key = f"blobs/covers/{number}.jpg"
                await client.put_object(Bucket=bucket.name, Key=key, Body=body, ContentType=TYPE)

        await asyncio.gather(*(work() for _ in range(CONCURRENCY)))
    return time.perf_counter() - begun


def check(bucket: Bucket, etags: Sequence[str]) -> None:
    """Every blob lies there, once and whole."""
    pages = bucket.client.get_paginator("list_objects_v2").paginate(Bucket=bucket.name)
    found = sorted(each["ETag"].strip('"') for page in pages for each in page.get("Contents", ()))
    if found != etags:
        raise WrongResultError(f"{len(found):,} blobs lie in S3, {len(set(etags) & set(found)):,} of them as sent")


def large(server: Server, size: int) -> None:
    """One blob that would not fit into memory."""
    with bucket_of(server) as bucket:
        command = [sys.executable, str(HERE / "large_blob.py"), server.endpoint, bucket.name, str(size)]
        said = subprocess.run(
            command, env={**os.environ, **server.environment}, capture_output=True, text=True, check=False
        )
        if said.returncode:
            raise WrongResultError(said.stderr)
        stored = bucket.client.head_object(Bucket=bucket.name, Key="large/large")["ContentLength"]
    if stored != size:
        raise WrongResultError(f"{stored:,} of {size:,} bytes lie in S3")
    memory, seconds = map(float, said.stdout.split())
    print(f"\nOne blob of {size / 1e9:.1f} GB to S3 in {seconds:.1f} s:")
    reached = verdict(memory < GOAL_MEMORY)
    print(f"{memory:.0f} MB above the baseline (goal: under {GOAL_MEMORY}): {reached}", flush=True)


@contextmanager
def bucket_of(server: Server) -> Iterator[Bucket]:
    """A bucket that is gone afterwards, with all that is in it."""
    bucket = Bucket(server, f"bench-{uuid4().hex}", server.client())
    bucket.client.create_bucket(Bucket=bucket.name)
    try:
        yield bucket
    finally:
        keys = bucket.keys()
        for begin in range(0, len(keys), 1000):
            objects = [{"Key": key} for key in keys[begin : begin + 1000]]
            bucket.client.delete_objects(Bucket=bucket.name, Delete={"Objects": objects})
        bucket.client.delete_bucket(Bucket=bucket.name)
        bucket.client.close()
