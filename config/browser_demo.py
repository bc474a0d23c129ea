"""What config/browser-demo.toml says in Python, because TOML has no words for it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from playwright.async_api import Page


async def every_route(page: Page) -> AsyncIterator[None]:
    """Show what is behind each link, one after the other. What the page holds at each `yield` is kept."""
    for link in await page.locator("nav a").all():
        async with page.expect_response("**/api/*"):
            await link.click()
        await page.wait_for_timeout(50)
        yield
