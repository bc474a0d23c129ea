"""The same crawl as Scrapy's documentation would write it: a spider, a JSONL feed, and JOBDIR so that it can resume.

Everything that is yielded passes through Scrapy's pipeline, so much depends on what an item is. By default a page is
one item, with its rows inside, which is to Scrapy's advantage. With `rows` behind the other arguments each row is an
item of its own, as it is a record of its own in asyncscrape; with `uvloop` it gets that event loop, which is not
Scrapy's default but makes it faster.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import scrapy
from extraction import item, rows
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response, TextResponse

CONCURRENCY = 16


class ShopSpider(scrapy.Spider):
    """Follows every link, and reads the item pages."""

    name = "shop"
    origin: str
    rows_apart: bool

    async def start(self) -> AsyncIterator[Any]:
        """The only seed."""
        yield scrapy.Request(f"{self.origin}/list/0.html")

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Any]:
        """Records first, then the links."""
        assert isinstance(response, TextResponse)
        if "/item/" in response.url:
            yield from self.items(response)
        yield from response.follow_all(css="a")

    def items(self, response: TextResponse) -> Iterator[dict[str, Any]]:
        """The page as one item or as many."""
        page = item(response.selector, response.url)
        table = rows(response.selector, response.url)
        if self.rows_apart:
            yield page
            yield from table
        else:
            yield {**page, "rows": list(table)}


def settings(folder: Path, *, uvloop: bool) -> dict[str, Any]:
    """Concurrency as for the others, nothing logged but warnings; all else is Scrapy's default."""
    return {
        "ROBOTSTXT_OBEY": False,
        "CONCURRENT_REQUESTS": CONCURRENCY,
        "CONCURRENT_REQUESTS_PER_DOMAIN": CONCURRENCY,
        "DOWNLOAD_DELAY": 0,
        "JOBDIR": str(folder / "job"),
        "FEEDS": {str(folder / "records.jsonl"): {"format": "jsonlines"}},
        "ASYNCIO_EVENT_LOOP": "uvloop.Loop" if uvloop else None,
        "LOG_LEVEL": "WARNING",
        "TELNETCONSOLE_ENABLED": False,
    }


if __name__ == "__main__":
    origin, folder, *more = sys.argv[1:]
    process = CrawlerProcess(settings(Path(folder), uvloop="uvloop" in more))
    process.crawl(ShopSpider, origin=origin, rows_apart="rows" in more)
    process.start()
