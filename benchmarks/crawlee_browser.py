"""The same crawl with Crawlee's PlaywrightCrawler: `crawlee_browser.py ORIGIN FOLDER CHROMIUM`."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from crawlee import ConcurrencySettings
from crawlee.configuration import Configuration
from crawlee.crawlers import PlaywrightCrawler, PlaywrightCrawlingContext, PlaywrightPreNavCrawlingContext
from parsel import Selector

TABS = 4
BLOCKED = frozenset({"image", "font", "media", "stylesheet"})


async def decide(route: Any) -> None:
    """Block what nobody reads."""
    await (route.abort() if route.request.resource_type in BLOCKED else route.continue_())


async def main(origin: str, folder: Path, program: str) -> None:
    """Crawl from the list."""
    found: list[dict[str, object]] = []
    crawler = PlaywrightCrawler(
        configuration=Configuration(storage_dir=str(folder / "crawlee")),
        concurrency_settings=ConcurrencySettings(TABS, TABS, desired_concurrency=TABS),
        browser_launch_options={"executable_path": program, "chromium_sandbox": os.geteuid() != 0},
        headless=True,
        fingerprint_generator=None,
        configure_logging=False,
    )

    @crawler.pre_navigation_hook
    async def block(context: PlaywrightPreNavCrawlingContext) -> None:
        await context.page.route("**/*", decide)

    @crawler.router.default_handler
    async def handle(context: PlaywrightCrawlingContext) -> None:
        if context.request.url == f"{origin}/late":
            await context.enqueue_links(selector="a")
            return
        await context.page.wait_for_selector("tr.row", state="attached")
        tree = Selector(await context.page.content())
        found.append({"name": tree.css("h1.name::text").get(), "rows": len(tree.css("tr.row"))})

    await crawler.run([f"{origin}/late"])
    (folder / "items.jsonl").write_text("".join(json.dumps(one) + "\n" for one in found))


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
