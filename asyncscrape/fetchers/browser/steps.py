"""The steps of a plan, on an open page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from playwright.async_api import Page

from asyncscrape.browsing import END, IDLE, PageStep, StepKind
from asyncscrape.errors import FetchError, Reason
from asyncscrape.fetchers.browser.page_loads import loaded
from asyncscrape.fetchers.browser.traffic import Traffic

QUIET = 0.3
"""Seconds without a request after which a page counts as idle."""

SCROLL = """
(target) => {
  if (target === "end") {
    const all = [document.scrollingElement, ...document.querySelectorAll("*")];
    for (const one of all) if (one && one.scrollHeight > one.clientHeight + 1) one.scrollTop = one.scrollHeight;
  } else document.querySelector(target)?.scrollIntoView();
}
"""


async def wait_for(page: Page, traffic: Traffic, what: str | float) -> None:
    """Wait for one thing."""
    if what == IDLE:
        await loaded(page)
        await traffic.quiet(QUIET)
    elif isinstance(what, str):
        await page.wait_for_selector(what, state="attached", timeout=0)
    else:
        await asyncio.sleep(what)


async def turns(page: Page, traffic: Traffic, step: PageStep) -> AsyncIterator[None]:
    """Carry out a step as often as it wants, and say so after each time."""
    for count in range(step.repeat):
        if not await _can(page, step):
            if count or step.if_present:
                return
            raise FetchError(Reason.BROWSER, f"nothing on the page matches {step.target!r}", transient=True)
        await _once(page, step)
        await asyncio.sleep(step.pause)
        await traffic.quiet(QUIET)
        yield


async def _can(page: Page, step: PageStep) -> bool:
    if step.kind is StepKind.PRESS or step.target == END:
        return True
    found = page.locator(step.target).first
    return await found.is_visible() and await found.is_enabled()


async def _once(page: Page, step: PageStep) -> None:
    found = page.locator(step.target).first
    match step.kind:
        case StepKind.CLICK:
            await found.click(timeout=0)
        case StepKind.FILL:
            await found.fill(step.value, timeout=0)
        case StepKind.SELECT:
            await found.select_option(step.value, timeout=0)
        case StepKind.PRESS:
            await page.keyboard.press(step.target)
        case StepKind.SCROLL:
            await page.evaluate(SCROLL, step.target)
