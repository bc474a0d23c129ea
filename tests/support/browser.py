"""A real browser without a network: Debian's Chromium, driven by playwright."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright, expect

PATIENCE = 120_000.0
"""Milliseconds in which a page does what it should, on a slow machine too."""
expect.set_options(timeout=PATIENCE)

NAMES = ("chromium", "chromium-browser", "google-chrome")
BAD = ("error", "warning")
"""Console messages that a good page does not cause."""


@dataclass
class Opened:
    """An open page, with all its complaints and requests."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


def chromium() -> str:
    """The path of the browser."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    assert found, "a browser is needed for this test: apt-get install chromium"
    return found


@asynccontextmanager
async def started() -> AsyncIterator[Browser]:
    """A browser for several pages: starting one takes longer than most tests."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium())
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def opened(browser: Browser, file: Path, **looks: Any) -> AsyncIterator[Opened]:
    """The file as one visitor sees it, without a network connection."""
    async with await browser.new_context(offline=True, **looks) as context:
        context.set_default_timeout(PATIENCE)
        seen = Opened(await context.new_page())
        seen.page.on("console", lambda message: seen.complaints.append(message.text) if message.type in BAD else None)
        seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        seen.page.on("request", lambda request: seen.asked.append(request.url))
        await seen.page.goto(file.as_uri())
        yield seen
