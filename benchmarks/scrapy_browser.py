"""The same crawl with scrapy-playwright, as its documentation has it: `scrapy_browser.py ORIGIN FOLDER CHROMIUM`."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response
from scrapy_playwright.page import PageMethod

TABS = 4
BLOCKED = frozenset({"image", "font", "media", "stylesheet"})
HANDLER = "scrapy_playwright.handler.ScrapyPlaywrightDownloadHandler"


def blocked(request: Any) -> bool:
    """Whether nobody reads it."""
    return request.resource_type in BLOCKED


class DynamicSpider(scrapy.Spider):
    """Reads the list plainly, and each page in a browser."""

    name = "dynamic"
    origin: str

    async def start(self) -> AsyncIterator[Any]:
        """The only seed."""
        yield scrapy.Request(f"{self.origin}/late")

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Any]:
        """All pages of the list."""
        wait = PageMethod("wait_for_selector", "tr.row", state="attached")
        meta = {"playwright": True, "playwright_page_methods": [wait], "playwright_page_goto_kwargs": GOTO}
        yield from response.follow_all(css="a", callback=self.item, meta=meta)

    def item(self, response: Response, **kwargs: Any) -> Iterator[Any]:
        """One page."""
        yield {"name": response.css("h1.name::text").get(), "rows": len(response.css("tr.row"))}


GOTO = {"wait_until": "commit"}


if __name__ == "__main__":
    origin, folder, program = sys.argv[1:]
    process = CrawlerProcess(
        {
            "ROBOTSTXT_OBEY": False,
            "CONCURRENT_REQUESTS": TABS,
            "CONCURRENT_REQUESTS_PER_DOMAIN": TABS,
            "DOWNLOAD_DELAY": 0,
            "DOWNLOAD_HANDLERS": {"http": HANDLER, "https": HANDLER},
            "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
            "PLAYWRIGHT_LAUNCH_OPTIONS": {"executable_path": program},
            "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": TABS,
            "PLAYWRIGHT_ABORT_REQUEST": blocked,
            "FEEDS": {str(Path(folder) / "items.jsonl"): {"format": "jsonlines"}},
            "LOG_LEVEL": "WARNING",
            "TELNETCONSOLE_ENABLED": False,
        }
    )
    process.crawl(DynamicSpider, origin=origin)
    process.start()
