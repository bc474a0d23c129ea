"""When an open page has loaded."""

from __future__ import annotations

import asyncio

from playwright.async_api import Error, Page

AGAIN = 0.05
"""Seconds until a page that goes on to another document is asked again."""
COMPLETE = """
() => new Promise((done) => {
  const look = () => document.readyState === "complete" ? done() : setTimeout(look, 20);
  look();
})
"""


async def loaded(page: Page) -> None:
    """Wait until a page has loaded.

    The page is asked itself: of one that wanted to go elsewhere while it loaded, and was not let, the browser tells
    nothing more.
    """
    while True:
        try:
            await page.evaluate(COMPLETE)
            return
        except Error:
            if page.is_closed():
                raise
            # It has gone on to another document meanwhile.
            await asyncio.sleep(AGAIN)
