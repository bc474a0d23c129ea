"""A browser for the tests of the page `tracks.html`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser
from support.browser import Opened, opened, started

WIDE = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 800}, "has_touch": True}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with started() as browser:
        yield browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def window(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Opened]:
    """A window for one file after the other."""
    async with opened(browser, empty(tmp_path_factory), **WIDE) as window:
        yield window


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def phone(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Opened]:
    """A phone, which also shows one file after the other."""
    async with opened(browser, empty(tmp_path_factory), **PHONE) as phone:
        yield phone


def empty(folders: pytest.TempPathFactory) -> Path:
    """A page to begin with."""
    file = folders.mktemp("window") / "empty.html"
    file.write_text("<!doctype html>")
    return file
