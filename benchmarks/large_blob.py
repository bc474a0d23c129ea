"""Sends one blob of many bytes through `S3Blobs`: `large_blob.py ENDPOINT BUCKET BYTES`, credentials by environment.

Prints the megabytes of memory that it took at most, above what the process had after its first small blob, and the
seconds. A process of its own, since the kernel remembers only the highest peak of a process.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from asyncscrape.destinations import S3Options
from asyncscrape.storage.s3.blobs import S3Blobs

CHUNK = 65_536


async def send(blobs: S3Blobs, path: str, size: int) -> None:
    """One blob, made as it goes."""
    sink = await blobs.open(path, f"http://example.org/{path}")
    for begin in range(0, size, CHUNK):
        await sink.write((begin.to_bytes(8, "big") * (CHUNK // 8))[: size - begin])
    stored = await sink.commit("application/octet-stream")
    assert size == stored.bytes


def peak() -> float:
    """Megabytes resident at most so far. `getrusage` would count what the process that started this one had, too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6


async def main(endpoint: str, bucket: str, size: int) -> None:
    """The small one, then the large one."""
    blobs = S3Blobs(bucket, "large", S3Options(endpoint=endpoint))
    await blobs.prepare([])
    await send(blobs, "small", CHUNK)
    baseline, begun = peak(), time.perf_counter()
    await send(blobs, "large", size)
    print(peak() - baseline, time.perf_counter() - begun)
    await blobs.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
