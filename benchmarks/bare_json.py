"""The bare loop for answers in JSON: `bare_json.py ORIGIN HOST CONCURRENCY FILE`; each line of the file is a path.

Downloads all of them, does `json.loads` on each, and prints how many there were, their bytes and the seconds that
took, without the start of Python.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp


async def work(session: aiohttp.ClientSession, host: str, targets: Iterator[str]) -> int:
    """Take one path after the other from what all workers share; the bytes that came."""
    size = 0
    for target in targets:
        async with session.get(target, headers={"Host": host}) as response:
            response.raise_for_status()
            body = await response.read()
        json.loads(body)
        size += len(body)
    return size


async def main(origin: str, host: str, concurrency: int, file: Path) -> None:
    """Download everything, and tell."""
    paths = file.read_text(encoding="utf-8").splitlines()
    begun = time.perf_counter()
    shared = iter(paths)
    async with aiohttp.ClientSession(origin, connector=aiohttp.TCPConnector(limit=concurrency)) as session:
        sizes = await asyncio.gather(*(work(session, host, shared) for _ in range(concurrency)))
    print(len(paths), sum(sizes), time.perf_counter() - begun)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])))
