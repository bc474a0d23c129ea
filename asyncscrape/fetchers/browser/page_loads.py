"""When an open page has loaded, and whether it still grows."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from playwright.async_api import Error, JSHandle, Page

from asyncscrape.fetchers.browser.page_frames import of_frames

AGAIN = 0.05
"""Seconds until a page that goes on to another document is asked again."""
COMPLETE = """
() => new Promise((done) => {
  const look = () => document.readyState === "complete" ? done() : setTimeout(look, 20);
  look();
})
"""

GROWTH = """
() => {
  // Replacing as much as before, as clocks and carousels do, is no growth.
  let last = -Infinity;
  const roots = [document];
  const watch = new MutationObserver((changes) => {
    const more = (sum, { addedNodes, removedNodes }) => sum + addedNodes.length - removedNodes.length;
    if (changes.reduce(more, 0) > 0) last = performance.now();
  });
  for (let n = 0; n < roots.length; n += 1) {
    for (const { shadowRoot } of roots[n].querySelectorAll("*")) if (shadowRoot) roots.push(shadowRoot);
    watch.observe(roots[n], { childList: true, subtree: true });
  }
  return { still: () => (performance.now() - last) / 1000, end: () => watch.disconnect() };
}
"""


class PageGrowth:
    """Watches whether a page and its frames grow."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._watches: list[JSHandle] = []

    async def begin(self) -> None:
        """Watch the documents that there are now."""
        self._watches = [one for _, one in await of_frames(self._page, lambda frame: frame.evaluate_handle(GROWTH))]

    async def still_for(self) -> float:
        """Seconds since the page grew for the last time, as far as it was watched."""
        seconds = [float("inf")]
        for one in self._watches:
            with suppress(Error):
                seconds.append(await one.evaluate("(watch) => watch.still()"))
        return min(seconds)

    async def end(self) -> None:
        """Watch no longer."""
        for one in self._watches:
            with suppress(Error):
                await one.evaluate("(watch) => watch.end()")


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
