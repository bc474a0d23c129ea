"""Pictures and PDFs of an open page, made once all its steps are done."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import msgspec
from multidict import CIMultiDict
from playwright.async_api import Page, TimeoutError

from asyncscrape.model import Kind, Request, Response
from asyncscrape.page_shots import IN_VIEW, SHOT_TYPES, WHOLE_PAGE, Shot, ShotKind, note_of
from asyncscrape.units import in_words

DRAWN_WITHIN = 15.0
"""Seconds for one shot."""
GONE = "the page had gone on to another document"
LONGEST_SIDE = 16_384
"""Pixels that the browser draws; what is beyond them would be empty or repeated."""

AT_REST = """() => {
  for (const one of document.getAnimations()) {
    try { one.finish(); } catch { one.cancel(); }  // what has no end cannot be finished
  }
}"""
SIZE = "() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]"

_TIME = re.compile(rb"(/(?:CreationDate|ModDate) \(D:)[0-9]{14}")
"""When a PDF says that it was made."""


class NotTaken(Exception):
    """A shot cannot be made of this page; the message tells the user why."""


async def with_shots(page: Page, shots: Sequence[Shot], pages: Sequence[Response]) -> list[Response]:
    """The contents of a page, told which shots there are, and the shots: answers to requests for files."""
    if not shots:
        return list(pages)
    reasons: dict[Shot, str] = {}
    taken: list[Response] = []
    for shot in shots:
        try:
            body = await _body(page, shot)
        except NotTaken as why:
            reasons[shot] = str(why)
        else:
            reasons[shot] = ""
            taken.append(_as_file(shot, body, pages[-1]))
    here, before = note_of(reasons), note_of(dict.fromkeys(shots, GONE))
    told = [(one, here if one.url == pages[-1].url else before) for one in pages]
    return [*(replace(one, request=msgspec.structs.replace(one.request, note=note)) for one, note in told), *taken]


def _as_file(shot: Shot, body: bytes, page: Response) -> Response:
    request = Request(shot.address(page.url), Kind.BLOB, depth=page.request.depth, parent=page.url)
    headers = CIMultiDict({"Content-Type": SHOT_TYPES[shot.kind]})
    return replace(page, request=request, headers=headers, body=body)


async def _body(page: Page, shot: Shot) -> bytes:
    """The bytes of a shot. Raises NotTaken."""
    try:
        body = await (_printed(page) if shot.kind is ShotKind.PDF else _drawn(page, shot.target))
    except TimeoutError:
        raise NotTaken(f"the browser has not drawn it within {in_words(DRAWN_WITHIN)}") from None
    if len(body) > shot.most:
        raise NotTaken(f"it has {len(body):,} bytes, more than max_blob")
    return body


async def _printed(page: Page) -> bytes:
    """The page as a PDF, with everything that moves at rest. Equal pages are equal files: it has no time."""
    await page.evaluate(AT_REST)
    return _TIME.sub(rb"\g<1>19700101000000", await page.pdf(print_background=True, prefer_css_page_size=True))


async def _drawn(page: Page, target: str) -> bytes:
    """A picture of the page or of an element, with everything that moves at rest."""
    if target in (WHOLE_PAGE, IN_VIEW):
        whole = target == WHOLE_PAGE
        if whole:
            _check_size(await page.evaluate(SIZE))
        return await page.screenshot(
            full_page=whole, animations="disabled", scale="css", timeout=1_000 * DRAWN_WITHIN
        )
    found = page.locator(target).first
    if not await found.count():
        raise NotTaken(f"nothing on the page matches {target!r}")
    box = await found.bounding_box()
    if box is None or not (box["width"] and box["height"]) or not await found.is_visible():
        raise NotTaken(f"what matches {target!r} is not visible")
    _check_size([box["width"], box["height"]])
    return await found.screenshot(animations="disabled", scale="css", timeout=1_000 * DRAWN_WITHIN)


def _check_size(sides: Sequence[float]) -> None:
    """Raises NotTaken if it is more than the browser can draw."""
    if max(sides) > LONGEST_SIDE:
        width, height = map(round, sides)
        raise NotTaken(f"{width:,} × {height:,} pixels are more than the browser draws ({LONGEST_SIDE:,} a side)")
