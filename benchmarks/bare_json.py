"""The bare loop for answers of an API: `bare_json.py ORIGIN CONCURRENCY FILE`.

The file is JSON: `targets` are pairs of a host and a path, `headers` what each host wants to see. Downloads all of
them, does `json.loads` on each answer in JSON, and prints how many answers there were, their bytes, and the seconds
and CPU seconds that took, without the start of Python.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import aiohttp
from yarl import URL

Targets = Iterator[tuple[str, URL]]


async def work(session: aiohttp.ClientSession, targets: Targets, headers: Mapping[str, Mapping[str, str]]) -> int:
    """Take one address after the other from what all workers share; the bytes that came."""
    size = 0
    for host, url in targets:
        async with session.get(
            url, headers={"Host": host, **headers.get(host, {})}, allow_redirects=False
        ) as response:
            body = await response.read()
            if response.content_type == "application/json":
                json.loads(body)
        size += len(body)
    return size


async def main(origin: str, concurrency: int, file: Path) -> None:
    """Download everything, and tell."""
    told = json.loads(file.read_bytes())
    begun, cpu = time.perf_counter(), time.process_time()
    shared = ((host, URL(origin + target, encoded=True)) for host, target in told["targets"])
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=concurrency)) as session:
        sizes = await asyncio.gather(*(work(session, shared, told["headers"]) for _ in range(concurrency)))
    print(len(told["targets"]), sum(sizes), time.perf_counter() - begun, time.process_time() - cpu)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
