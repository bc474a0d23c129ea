"""The same crawl as Scrapy's documentation would write it: a spider, a JSONL feed, and JOBDIR so that it can resume."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response, TextResponse


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
            yield self.item(response)
            yield from self.rows(response)
        yield from response.follow_all(css="a")

    def item(self, response: TextResponse) -> dict[str, Any]:
        """The record of the page itself."""
        return {
            "url": response.url,
            "name": response.css("h1.name::text").get(),
            "price": float(response.css(".price::text").re_first(r"[\d.]+") or "nan"),
            "artist": response.css("a.artist::text").get(),
            "label": response.css("span.label::text").get(),
            "tags": response.css(".tag::text").getall(),
        }

    def rows(self, response: TextResponse) -> Iterator[dict[str, Any]]:
        """A record of each row of its table."""
        for position, row in enumerate(response.css("tr.row"), 1):
            date, open_, high, low, close, volume, cap = row.css("td::text").getall()
            yield {
                "url": response.url,
                "position": position,
                "date": date,
                "open": float(open_),
                "high": float(high),
                "low": float(low),
                "close": float(close),
                "volume": int(volume),
                "cap": int(cap),
            }


def settings(folder: Path) -> dict[str, Any]:
    """Concurrency as for everybody, no robots.txt, nothing logged but warnings; all else is Scrapy's default."""
    return {
        "ROBOTSTXT_OBEY": False,
        "CONCURRENT_REQUESTS": 16,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
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
