"""Large uploads to S3, to measure their memory; for `python -c` in its own process."""

from __future__ import annotations

import asyncio

from asyncscrape.storage.s3.blobs import S3Blobs
from support.memory import peak
from support.s3_server import Server

URL = "http://127.0.0.1/film.mp4"


def upload_many(server: Server, bucket: str, blobs: int, size: int) -> None:
    """Upload this many blobs at once, each of this size."""

    async def one(store: S3Blobs, number: int, size: int = size) -> None:
        sink = await store.open(str(number), URL)
        for _ in range(size // 100_000):
            await sink.write(bytes(100_000))
        await sink.commit("")

    async def job() -> None:
        store = S3Blobs(bucket, "", server.options())
        await store.prepare(())
        await one(store, 0, 1_000_000)
        before = peak()
        await asyncio.gather(*(one(store, number) for number in range(blobs)))
        await store.close()
        print(peak() - before)

    asyncio.run(job())
