"""The least that a scraper with a browser can be: Playwright, four tabs. `bare_browser.py ORIGIN FOLDER CHROMIUM`."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from parsel import Selector
from playwright.async_api import BrowserContext, Route, async_playwright

TABS = 4
BLOCKED = frozenset({"image", "font", "media", "stylesheet"})


async def decide(route: Route) -> None:
    """Block what nobody reads."""
    await (route.abort() if route.request.resource_type in BLOCKED else route.continue_())


async def work(context: BrowserContext, left: list[str], found: list[dict[str, object]]) -> None:
    """One tab: page after page."""
    page = await context.new_page()
    await page.route("**/*", decide)
    while left:
        await page.goto(left.pop(), wait_until="commit")
        await page.wait_for_selector("tr.row", state="attached")
        tree = Selector(await page.content())
        found.append({"name": tree.css("h1.name::text").get(), "rows": len(tree.css("tr.row"))})


async def main(origin: str, folder: Path, program: str) -> None:
    """Read the list, then all pages."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program)
        context = await browser.new_context()
        page = await context.new_page()
        await page.goto(f"{origin}/late")
        places = Selector(await page.content()).css("a::attr(href)").getall()
        await page.close()
        left = [origin + place for place in reversed(places)]
        found: list[dict[str, object]] = []
        await asyncio.gather(*(work(context, left, found) for _ in range(TABS)))
        (folder / "items.jsonl").write_text("".join(json.dumps(one) + "\n" for one in found))
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
