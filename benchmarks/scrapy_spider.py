"""The same crawl as Scrapy's documentation would write it: a spider, a JSONL feed, and JOBDIR so that it can resume."""

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

    async def start(self) -> AsyncIterator[Any]:
        """The only seed."""
        yield scrapy.Request(f"{self.origin}/list/0.html")

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Any]:
        """Records first, then the links."""
        assert isinstance(response, TextResponse)
        if "/item/" in response.url:
            yield item(response.selector, response.url)
            yield from rows(response.selector, response.url)
        yield from response.follow_all(css="a")


def settings(folder: Path) -> dict[str, Any]:
    """Concurrency as for everybody, no robots.txt, nothing logged but warnings; all else is Scrapy's default."""
    return {
        "ROBOTSTXT_OBEY": False,
        "CONCURRENT_REQUESTS": CONCURRENCY,
        "CONCURRENT_REQUESTS_PER_DOMAIN": CONCURRENCY,
        "DOWNLOAD_DELAY": 0,
        "JOBDIR": str(folder / "job"),
        "FEEDS": {str(folder / "records.jsonl"): {"format": "jsonlines"}},
        "LOG_LEVEL": "WARNING",
        "TELNETCONSOLE_ENABLED": False,
    }


if __name__ == "__main__":
    process = CrawlerProcess(settings(Path(sys.argv[2])))
    process.crawl(ShopSpider, origin=sys.argv[1])
    process.start()
