"""One page in a browser: opened, waited for, its steps carried out, its contents read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from multidict import CIMultiDict
from playwright.async_api import Dialog, Error, Page

from asyncscrape.browsing import PagePlan, PageStep
from asyncscrape.errors import FetchError, Reason
from asyncscrape.fetchers.browser.shots import with_shots
from asyncscrape.fetchers.browser.snapshot import covers, snapshot
from asyncscrape.fetchers.browser.steps import QUIET, turns, wait_for
from asyncscrape.fetchers.browser.traffic import Traffic, TrafficRules
from asyncscrape.model import Response
from asyncscrape.units import in_words
from asyncscrape.urls import canonical

HTML = CIMultiDict({"Content-Type": "text/html; charset=utf-8"})
NOWHERE = "about:blank"
LEAVES_WITHIN = 3.0
PATIENCE = 5
"""Looks at a page that does not change after a step, before nothing more is expected of it."""


class Snapshots:
    """The contents of a page after each turn, without those that a later turn still shows."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.kept: list[str] = []

    def add(self, html: str) -> bool:
        """Add the newest; whether it differs from the one before."""
        if self.kept and html == self.kept[-1]:
            return False
        if self.kept and covers(html, self.kept[-1]):
            self.kept.pop()
        self.kept.append(html)
        if sum(map(len, self.kept)) > self._most:
            raise FetchError(Reason.TOO_LARGE, "all its turns together are larger than max_body", transient=False)
        return True


class Tab:
    """A tab that opens one page after the other."""

    def __init__(self, page: Page, rules: TrafficRules, seconds: float, most: int) -> None:
        self._page = page
        self._traffic = Traffic(page, rules)
        self._seconds = seconds
        self._most = most
        page.on("dialog", _dismissed)

    async def attach(self) -> None:
        """Make ready for pages."""
        await self._traffic.attach()

    async def read(self, document: Response, plan: PagePlan) -> list[Response]:
        """What becomes of a document: its contents, after each turn, and what it captures. Raises FetchError."""
        self._traffic.begin(document, plan.capture)
        self._doing = "to open"
        try:
            async with asyncio.timeout(self._seconds):
                contents = await with_shots(self._page, plan.shots, await self._contents(document, plan))
                return [*contents, *await self._captures(document)]
        except TimeoutError:
            why = f"after {in_words(self._seconds)} in the browser the page was still {self._doing}"
            raise FetchError(Reason.BROWSER, why, transient=True) from None
        except Error as error:
            why = f"the browser gave up while the page was {self._doing}: {error.message.splitlines()[0]}"
            raise FetchError(Reason.BROWSER, why, transient=True) from error
        finally:
            self._traffic.end()

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
        for what in plan.wait:
            self._doing = f"waiting for {what}"
            await wait_for(self._page, self._traffic, what)
        found = Snapshots(self._most)
        for step in plan.steps:
            await self._dismiss(plan.dismiss)
            await self._carry_out(step, found)
        await self._dismiss(plan.dismiss)
        self._doing = "being read"
        found.add(await self._html())
        url = canonical(self._page.url) or document.url
        return [_as_answer(document, url, html.encode("utf-8", "replace")) for html in found.kept]

    async def _carry_out(self, step: PageStep, found: Snapshots) -> None:
        self._doing = f"at the step {step.kind} {step.target}"
        if step.repeat > 1:
            found.add(await self._html())
        async for _ in turns(self._page, self._traffic, step):
            if step.repeat > 1 and not await self._turned(found):
                return

    async def _turned(self, found: Snapshots) -> bool:
        """Whether the page has changed, or does so soon."""
        for _ in range(PATIENCE):
            if found.add(await self._html()):
                return True
            await self._traffic.quiet(QUIET)
        return False

    async def _html(self) -> str:
        return await snapshot(self._page.main_frame, self._most)

    async def _dismiss(self, selectors: Sequence[str]) -> None:
        for selector in selectors:
            found = self._page.locator(selector).first
            if await found.is_visible():
                await found.click(timeout=0)

    async def _captures(self, document: Response) -> list[Response]:
        return [
            _as_answer(document, canonical(url) or url, body, CIMultiDict(headers))
            for url, headers, body in await self._traffic.captured()
        ]


async def _dismissed(dialog: Dialog) -> None:
    """No dialog holds up a page. One that asks whether to leave is told yes, any other no."""
    await (dialog.accept() if dialog.type == "beforeunload" else dialog.dismiss())


def _as_answer(document: Response, url: str, body: bytes, headers: CIMultiDict[str] = HTML) -> Response:
    request = msgspec.structs.replace(document.request, url=url)
    return Response(request, 200, headers, body, datetime.now(UTC), document.elapsed)
