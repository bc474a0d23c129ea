"""The bare loop: aiohttp, parsel, a set of known URLs and a file. No queue on disk, no retries, no politeness.

It is what a programmer writes for one site in an afternoon, and the least that fetching and parsing can cost that way.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urljoin

import aiohttp
import orjson
import uvloop
from parsel import Selector

CONCURRENCY = 16


def item(page: Selector, url: str) -> dict[str, Any]:
    """The record of the page itself."""
    return {
        "url": url,
        "name": page.css("h1.name::text").get(),
        "price": float(page.css(".price::text").re_first(r"[\d.]+")),
        "artist": page.css("a.artist::text").get(),
        "label": page.css("span.label::text").get(),
        "tags": page.css(".tag::text").getall(),
    }


def rows(page: Selector, url: str) -> Iterator[dict[str, Any]]:
    """A record of each row of its table."""
    for position, row in enumerate(page.css("tr.row"), 1):
        date, open_, high, low, close, volume, cap = row.css("td::text").getall()
        yield {
            "url": url,
            "position": position,
            "date": date,
            "open": float(open_),
            "high": float(high),
            "low": float(low),
            "close": float(close),
            "volume": int(volume),
            "cap": int(cap),
        }


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
        workers = [asyncio.create_task(self._work()) for _ in range(CONCURRENCY)]
        await self._queue.join()
        for worker in workers:
            worker.cancel()

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
