"""Keeps what pages that failed in the browser looked like."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
from collections.abc import Sequence
from contextlib import suppress
from html import escape
from pathlib import Path
from urllib.parse import quote, quote_plus

from playwright.async_api import Error, Page

from asyncscrape.browsing import PageStep, StepKind
from asyncscrape.model import Response

log = logging.getLogger(__name__)

LOOKS_WITHIN = 10.0
"""Seconds for a picture of a page, which may hang."""
MOST_PAGES = 100
MOST_BYTES = 5_000_000
"""Of the HTML and of the picture of one page."""
LONGEST = 60
"""Letters of the URL in a file name."""
SHORTEST = 3
"""Characters of the shortest text that is covered: shorter ones stand everywhere."""
COVER = "\u2022\u2022\u2022"
UNSAFE = re.compile(r"[^a-zA-Z0-9.-]+")


class FailedPages:
    """A folder with a picture and the HTML of pages that failed last."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    async def keep(self, document: Response, page: Page | None, steps: Sequence[PageStep] = ()) -> str:
        """Keep one, and say where; the page itself is none any more if its tab has crashed.

        What its steps have filled in may be a secret, and is covered.
        """
        if self._folder is None:
            return ""
        filled = [step for step in steps if step.kind is StepKind.FILL]
        picture, html = await asyncio.gather(_picture(page, filled), _contents(page, filled)) if page else (b"", b"")
        files = {".png": picture, ".html": html or document.body}
        try:
            name = await asyncio.to_thread(_write, self._folder, file_name(document.url), files)
        except OSError as error:
            log.warning("what %s looked like cannot be kept: %s", document.url, error)
            return ""
        return f"; see {self._folder.name}/{name}"


def file_name(url: str) -> str:
    """A name that tells the URL, is safe on every disk, and has no other URL's."""
    words = UNSAFE.sub("_", url.partition("://")[2]).strip("._-")[:LONGEST]
    return f"{words}-{hashlib.sha256(url.encode()).hexdigest()[:8]}"


async def _picture(page: Page, filled: Sequence[PageStep]) -> bytes:
    with suppress(Error, TimeoutError):
        async with asyncio.timeout(LOOKS_WITHIN):
            taken = await page.screenshot(timeout=0, mask=[page.locator(step.target) for step in filled])
            return taken if len(taken) <= MOST_BYTES else b""
    return b""


async def _contents(page: Page, filled: Sequence[PageStep]) -> bytes:
    with suppress(Error, TimeoutError):
        async with asyncio.timeout(LOOKS_WITHIN):
            return covered(await page.content(), [step.value for step in filled]).encode("utf-8", "replace")
    return b""


def covered(html: str, texts: Sequence[str]) -> str:
    """The HTML without these texts, in whatever way it spells them."""
    spelt = {
        spell(text) for text in texts if len(text) >= SHORTEST for spell in (str, escape, quote, quote_plus, in_json)
    }
    for text in sorted(spelt, key=len, reverse=True):
        html = html.replace(text, COVER)
    return html


def in_json(text: str) -> str:
    """A text as scripts spell it, without the quotes."""
    return json.dumps(text)[1:-1]


def _write(folder: Path, name: str, files: dict[str, bytes]) -> str:
    """The name of the first file that there is something for."""
    folder.mkdir(parents=True, exist_ok=True)
    _make_room(folder, [name + ending for ending in files])
    kept = [name + ending for ending, contents in files.items() if contents]
    for ending, contents in files.items():
        if contents:
            (folder / (name + ending)).write_bytes(contents[:MOST_BYTES])
    return kept[0] if kept else name


def _make_room(folder: Path, names: Sequence[str]) -> None:
    """Remove an earlier look of the same page, and the oldest of the others if there are too many."""
    for name in names:
        (folder / name).unlink(missing_ok=True)
    kept = {path.stem: path for path in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)}
    for stem in [*kept][: max(0, len(kept) - MOST_PAGES + 1)]:
        for name in names:
            (folder / (stem + Path(name).suffix)).unlink(missing_ok=True)
