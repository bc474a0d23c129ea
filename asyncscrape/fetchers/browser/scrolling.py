"""Scrolling as people do: view by view, so that what is only made when it comes into view is made."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic

from playwright.async_api import Error, JSHandle, Page

from asyncscrape.fetchers.browser.page_frames import of_frames
from asyncscrape.fetchers.browser.traffic import Traffic

Look = Callable[[], Awaitable[bool]]
"""Keep the contents of the page as they are now; whether they have changed."""

QUIET = 0.3
"""Seconds without a request after which a page counts as idle."""
CALM = 0.1
"""The same between two views of a list, of which only the rows in view exist."""
BRIEF = 0.02
"""Seconds after which most pages have begun to do something about a new view."""
VIEWS_TRIED = 2
"""Views of a walk that get more time: so it shows whether the page makes its rows as they come into view."""
PATIENCE = 4
"""Looks at the end of a page that does not grow, before nothing more is expected of it."""

CHANGED = "(walker) => walker.changed()"
WALKER = """
() => {
  const found = [], roots = [document];
  const scrolls = (one) =>
    one === document.scrollingElement || /auto|scroll|overlay/.test(getComputedStyle(one).overflowY);
  for (let n = 0; n < roots.length; n += 1) {
    for (const one of roots[n].querySelectorAll("*")) {
      if (one.shadowRoot) roots.push(one.shadowRoot);
      if (one.scrollHeight > one.clientHeight + 1 && scrolls(one)) found.push([one, one.scrollHeight]);
    }
  }
  const left = ([one, goal]) => one.isConnected && one.scrollTop + one.clientHeight < goal - 1;
  const height = (one) => one === document.scrollingElement ? innerHeight : one.clientHeight;
  const painted = () => Promise.race([
    new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    new Promise((done) => setTimeout(done, 100)),
  ]);
  let changed = false, moved = false;
  const watch = new MutationObserver(() => { changed = true; });
  for (const root of roots) watch.observe(root, { childList: true, subtree: true, characterData: true });
  return {
    further: () => found.some(left),
    moved: () => moved,
    depth: () => found.reduce((sum, [, goal]) => sum + goal, 0),
    changed: () => { const was = changed; changed = false; return was; },
    async step() {
      for (const one of found.filter(left)) {
        const before = one[0].scrollTop;
        const by = Math.max(40, Math.floor(0.8 * height(one[0])));
        one[0].scrollTo({ top: Math.min(one[0].scrollTop + by, one[1]), behavior: "instant" });
        if (one[0].scrollTop === before) one[1] = 0;
        else moved = true;
      }
      await painted();
      return found.some(left);
    },
    async nudge() {
      const where = found.filter(([one]) => one.isConnected && one.scrollTop);
      for (const [one] of where) one.scrollTo({ top: one.scrollTop - height(one), behavior: "instant" });
      await painted();
      for (const [one] of where) one.scrollTo({ top: one.scrollHeight, behavior: "instant" });
    },
    end: () => watch.disconnect(),
  };
}
"""


class ScrollWalk:
    """A walk from where everything on a page stands to its end, as far down as that is now."""

    def __init__(self, page: Page, traffic: Traffic) -> None:
        self._page = page
        self._traffic = traffic
        self._walkers: list[JSHandle] = []
        self.depth = 0.0
        """The height of everything that scrolls."""

    async def begin(self) -> bool:
        """Measure the page; whether it goes on below."""
        await self.end()
        self._walkers = [one for _, one in await of_frames(self._page, lambda frame: frame.evaluate_handle(WALKER))]
        self.depth = sum(await self._all("(walker) => walker.depth()"))
        return any(await self._all("(walker) => walker.further()"))

    async def run(self, look: Look) -> bool:
        """ScrollWalk down, and keep all that comes into view; whether anything has moved."""
        further, views, reacts = True, 0, False
        while further:
            further = any(await self._all("(walker) => walker.step()"))
            views += 1
            if await self._changes(QUIET if reacts or views <= VIEWS_TRIED else BRIEF):
                reacts = True
                await self._traffic.quiet(CALM)
                await self._all(CHANGED)  # what has come by now
                await look()
        return any(await self._all("(walker) => walker.moved()"))

    async def _changes(self, seconds: float) -> bool:
        """Whether the page does something about the view that it has come to, within this time."""
        limit = monotonic() + seconds
        while self._traffic.idle and not any(await self._all(CHANGED)):
            if monotonic() > limit:
                return False
            await asyncio.sleep(BRIEF)
        return True

    async def nudge(self) -> None:
        """Go up a little and down again: some pages only then see that their end is in view."""
        await self._all("(walker) => walker.nudge()")

    async def end(self) -> None:
        """Watch no longer."""
        await self._all("(walker) => walker.end()")
        self._walkers = []

    async def _all(self, ask: str) -> list[float]:
        """What all frames answer. Those that are gone say nothing."""
        answers = []
        for walker in self._walkers:
            with suppress(Error):
                answers.append(await walker.evaluate(ask))
        return answers


async def to_the_end(page: Page, traffic: Traffic, look: Look, most: int, pause: float) -> None:
    """Scroll until nothing grows any more, or `most` times."""
    await look()
    walk, moved, deepest = ScrollWalk(page, traffic), True, 0.0
    for _ in range(most):
        further = await walk.begin()
        if not (further and moved) and not await _grows(walk, traffic, look, deepest):
            break
        deepest = walk.depth
        moved = await walk.run(look)
        await asyncio.sleep(pause)
        await traffic.quiet(CALM)
        await look()
    await walk.end()


async def _grows(walk: ScrollWalk, traffic: Traffic, look: Look, deepest: float) -> bool:
    """Whether the page becomes longer soon."""
    for count in range(PATIENCE):
        if count:
            await walk.nudge()
        await traffic.quiet(QUIET)
        await look()
        if await walk.begin() and walk.depth > deepest:
            return True
    return False
