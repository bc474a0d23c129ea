"""The bare loop: aiohttp, parsel, a set of known URLs and a file. No queue on disk, no retries, no politeness.

It is what a programmer writes for one site in an afternoon, and the least that fetching and parsing cost that way.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urljoin

import aiohttp
import orjson
import uvloop
from extraction import item, rows
from parsel import Selector

CONCURRENCY = 16


class Loop:
    """Some workers around one queue."""

    def __init__(self, session: aiohttp.ClientSession, file: BinaryIO) -> None:
        self._session = session
        self._file = file
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._known: set[str] = set()

    async def run(self, seed: str) -> None:
        """Crawl everything that can be reached from the seed."""
        self._offer(seed)
        workers = asyncio.gather(*(self._work() for _ in range(CONCURRENCY)))
        done = asyncio.ensure_future(self._queue.join())
        await asyncio.wait({workers, done}, return_when=asyncio.FIRST_COMPLETED)
        workers.cancel()
        if not done.done():
            await workers  # one of them failed

    async def _work(self) -> None:
        while True:
            url = await self._queue.get()
            async with self._session.get(url) as response:
                response.raise_for_status()
                text = await response.text()
            self._read(Selector(text), url)
            self._queue.task_done()

    def _read(self, page: Selector, url: str) -> None:
        if "/item/" in url:
            records = [item(page, url), *rows(page, url)]
            self._file.write(b"".join(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records))
        for href in page.css("a::attr(href)").getall():
            self._offer(urljoin(url, href))

    def _offer(self, url: str) -> None:
        if url not in self._known:
            self._known.add(url)
            self._queue.put_nowait(url)


async def main(origin: str, folder: Path) -> None:
    """Crawl the shop at `origin` into a file in `folder`."""
    with (folder / "records.jsonl").open("wb") as file:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONCURRENCY)) as session:
            await Loop(session, file).run(f"{origin}/list/0.html")


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], Path(sys.argv[2])))
