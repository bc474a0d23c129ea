"""One page in a browser: opened, waited for, its steps carried out, its contents read."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import msgspec
from multidict import CIMultiDict
from playwright.async_api import Dialog, Error, Page

from asyncscrape.browsing import PagePlan, PageStep, StepKind
from asyncscrape.errors import FetchError, Reason
from asyncscrape.fetchers.base import Leave
from asyncscrape.fetchers.browser.page_frames import click_away, find
from asyncscrape.fetchers.browser.shots import with_shots
from asyncscrape.fetchers.browser.snapshot import Contents, covers, says_all_of, snapshot
from asyncscrape.fetchers.browser.steps import StepError, carry_out, expect, spoken, wait_for
from asyncscrape.fetchers.browser.traffic import Traffic, TrafficRules
from asyncscrape.fetchers.browser.windows import NOWHERE
from asyncscrape.model import Response
from asyncscrape.units import in_words
from asyncscrape.urls import canonical

HTML = CIMultiDict({"Content-Type": "text/html; charset=utf-8"})
LEAVES_WITHIN = 3.0
LOOKS_EVERY = 0.2
"""Seconds between two looks for what is to be clicked away."""
MOST_DISMISSED = 30
"""Clicks on what is in the way, for one page: some of it does not go away."""

MOST_IN_VAIN = 10
"""Pages in a row that lack what a rule reads, before no more time is given to it in this tab."""


class Snapshots:
    """The contents of a page after each turn, without those that a later turn still shows."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.kept: list[Contents] = []

    def add(self, newest: Contents, still_there: Callable[[str, str], bool] = covers) -> bool:
        """Add the newest; whether it differs from the one before, which goes if everything in it is still there."""
        before = self.kept[-1] if self.kept else None
        if before and newest.html == before.html:
            return False
        if before and newest.loaded == before.loaded and still_there(newest.html, before.html):
            self.kept.pop()
        self.kept.append(newest)
        if sum(len(one.html) for one in self.kept) > self._most:
            raise FetchError(Reason.TOO_LARGE, "all its turns together are larger than max_body", transient=False)
        return True


class Tab:
    """A tab that opens one page after the other."""

    def __init__(self, page: Page, rules: TrafficRules, seconds: float, most: int) -> None:
        self.page = self._page = page
        self._traffic = Traffic(page, rules)
        self._seconds = seconds
        self._most = most
        self.opened = False
        """Whether the page that it was given last has taken the place of the one before."""
        self._in_vain: Counter[str] = Counter()
        """How often in a row each of the selectors was waited for that rules expect."""
        page.on("dialog", _dismissed)

    async def attach(self) -> None:
        """Make ready for pages."""
        await self._traffic.attach()

    async def read(self, document: Response, plan: PagePlan, leave: Leave | None = None) -> list[Response]:
        """What becomes of a document: its contents, after each turn, and what it captures. Raises FetchError."""
        self._doing, self.opened = "being opened", False
        try:
            async with asyncio.timeout(self._seconds), self._traffic.of(document, plan.capture, leave):
                contents = await with_shots(self._page, plan.shots, await self._contents(document, plan))
                return [*contents, *self._captures(document)]
        except TimeoutError:
            why = f"after {in_words(self._seconds)} in the browser the page was still {self._doing}"
            raise FetchError(Reason.BROWSER, why, transient=True) from None
        except Error as error:
            why = f"the browser gave up while the page was {self._doing}: {error.message.splitlines()[0]}"
            raise FetchError(Reason.BROWSER, why, transient=True) from error

    async def leave(self) -> None:
        """Stop the scripts of the page, as long as no other page takes its place."""
        async with asyncio.timeout(LEAVES_WITHIN):
            await self._page.goto(NOWHERE)

    async def close(self) -> None:
        """Close it."""
        async with asyncio.timeout(LEAVES_WITHIN):
            await self._page.close()

    async def _contents(self, document: Response, plan: PagePlan) -> list[Response]:
        await self._page.goto(document.url, wait_until="commit", timeout=0)
        self.opened = True
        async with _beside(self._keep_clear(plan.dismiss)):
            for what in plan.wait:
                self._doing = f"waiting for {what}"
                await wait_for(self._page, self._traffic, what)
            found = Snapshots(self._most)
            for number, step in enumerate(plan.steps, 1):
                if step.kind is StepKind.SCROLL:  # an empty page has an end too
                    await self._expect(plan.expects)
                await self._carry_out(spoken(number, step), step, found)
            await self._expect(plan.expects)
            await self._dismiss(plan.dismiss)
        self._doing = "being read"
        found.add(await self._now())
        return [_turn(document, one) for one in found.kept]

    async def _expect(self, selectors: Sequence[str]) -> None:
        """Give what the rules read time to come, unless the pages before did without it."""
        for one in selectors:
            if self._in_vain[one] < MOST_IN_VAIN:
                with suppress(Error):  # browsers may not know the selector
                    self._doing = f"waiting for {one}"
                    came = await expect(self._page, self._traffic, one)
                    self._in_vain[one] = self._in_vain[one] + 1 if came is False else 0

    async def _carry_out(self, spoken: str, step: PageStep, found: Snapshots) -> None:
        self._doing = f"at {spoken}"

        async def look() -> bool:
            return found.add(await self._now(), says_all_of if step.kind is StepKind.SCROLL else covers)

        try:
            await carry_out(self._page, self._traffic, step, look)
        except StepError as error:
            raise FetchError(Reason.BROWSER, f"{spoken}: {error}", transient=error.transient) from error

    async def _now(self) -> Contents:
        found = await snapshot(self._page.main_frame, self._most)
        return found._replace(loaded=self._traffic.document_at(canonical(found.loaded) or ""))

    async def _keep_clear(self, selectors: Sequence[str]) -> None:
        """Click away what gets in the way, whenever it comes."""
        clicks = 0
        while selectors and clicks < MOST_DISMISSED:
            clicks += await self._dismiss(selectors)
            await asyncio.sleep(LOOKS_EVERY)

    async def _dismiss(self, selectors: Sequence[str]) -> bool:
        """Click away what is in the way now; whether there was anything."""
        with suppress(Error):
            found = await find(self._page, ", ".join(selectors)) if selectors else None
            if found and found.ready:
                await click_away(found.locator)
                return True
        return False

    def _captures(self, document: Response) -> list[Response]:
        return [
            _as_answer(document, answer.url, answer.body, CIMultiDict(answer.headers))
            for answer in self._traffic.captured()
        ]


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do this work meanwhile."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _dismissed(dialog: Dialog) -> None:
    """No dialog holds up a page. One that asks whether to leave is told yes, any other no."""
    await (dialog.accept() if dialog.type == "beforeunload" else dialog.dismiss())


def _turn(document: Response, contents: Contents) -> Response:
    """A turn of a page. It keeps its URL as long as its scripts do no more than to write another one above it."""
    url = canonical(contents.loaded) or document.url
    if canonical(contents.url) is None:
        raise FetchError(Reason.BROWSER, f"its scripts have led to {contents.url}", transient=True)
    return _as_answer(document, url, contents.based.encode("utf-8", "replace"))


def _as_answer(document: Response, url: str, body: bytes, headers: CIMultiDict[str] = HTML) -> Response:
    request = msgspec.structs.replace(document.request, url=url)
    return Response(request, 200, headers, body, datetime.now(UTC), document.elapsed)
