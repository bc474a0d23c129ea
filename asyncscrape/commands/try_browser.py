"""What `try` does with a browser: the flags, the picture, and whether the browser was worth it."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from pathlib import Path

import msgspec

from asyncscrape.browsing import Use
from asyncscrape.commands import needed_extras
from asyncscrape.config.browser_keys import plan_of
from asyncscrape.config.models import Config, PageRule
from asyncscrape.crawl.page_opener import OpenedPage, Show
from asyncscrape.errors import UsageError
from asyncscrape.model import Response
from asyncscrape.quality.page_data import PageData, page_data
from asyncscrape.views.echo import echo
from asyncscrape.views.figures import count
from asyncscrape.views.trial import Trial

SCREENS = ("DISPLAY", "WAYLAND_DISPLAY")
HTML = ("text/html", "application/xhtml+xml", "")
NOT_TEXT = re.compile(r"<(script|style|template)\b[^>]*>[^<]*(?:<(?!/\1)[^<]*)*</\1>|<[^>]*>", re.I)


class Looks(msgspec.Struct, frozen=True):
    """The flags."""

    browser: bool | None = None
    """None for what a run would do."""
    screenshot: Path | None = None
    headed: bool = False

    @property
    def show(self) -> Show:
        """What to look at while the page is open."""
        return Show(self.headed, self.screenshot is not None, _until_enter if self.headed else None)


def chosen_use(config: Config, looks: Looks) -> Config:
    """The config with the rules' use of a browser as the flags want it. Raises UsageError if that cannot be."""
    asked = [name for name, given in (("--screenshot", looks.screenshot), ("--headed", looks.headed)) if given]
    if looks.browser is False and asked:
        raise UsageError(f"{asked[0]} needs a browser, so it cannot be used with --no-browser")
    if looks.headed and sys.platform == "linux" and not any(map(os.environ.get, SCREENS)):
        raise UsageError("--headed needs a screen, and this machine shows none ($DISPLAY is not set)")
    browser = True if asked else looks.browser
    if browser is not None:
        rules = tuple(rule.model_copy(update={"browser": browser}) for rule in config.page)
        config = config.model_copy(update={"page": rules})
    needed_extras.require_browser(config)
    return config


async def _until_enter() -> None:
    """The window stays until somebody has seen it."""
    if sys.stdin.isatty():
        echo("The window stays open until you press Enter.", err=True)
        await asyncio.to_thread(sys.stdin.readline)


def keep_picture(looks: Looks, opened: OpenedPage) -> None:
    """Write the screenshot."""
    if looks.screenshot is None:
        return
    if not opened.picture:
        echo("there is no screenshot: the browser did not open the page", err=True)
        return
    looks.screenshot.write_bytes(opened.picture)
    echo(f"the screenshot is in {looks.screenshot}", err=True)


def data_of(opened: OpenedPage) -> list[PageData]:
    """The answers that look like the data of the page; none if some are captured already."""
    pages = [one for one in opened.answers if one.content_type in HTML]
    if len(pages) < len(opened.answers):
        return []
    text = "\n".join(unescape(NOT_TEXT.sub(" ", one.text)) for one in pages)
    return page_data(opened.requests, " ".join(text.split()))


# Whether the browser is worth it


def advice(
    rules: Mapping[str, PageRule], use: object, plain: Sequence[Trial], opened: Sequence[Trial] | None
) -> Iterator[str]:
    """For each rule by its title: what the browser brings, or may bring; `use` is that of [fetch.browser]."""
    later = {one.rule: one for one in opened or ()}
    for one in plain:
        wants = plan_of(rules[one.rule], use)
        title, _, _ = one.rule.partition(":")
        if opened is None:
            if wants.use is Use.AUTO:
                yield f"{title}: plain HTTP brings what it wants, so a run does not open the page in a browser"
            continue
        there = later[one.rule]
        works = bool(wants.steps or wants.capture)
        yield f"{title}: {_compared(_found(one), _found(there), wants.use, works=works)}"


def _compared(plain: str, opened: str, use: Use, *, works: bool) -> str:
    if plain == opened:
        spare = ' as well; browser = "auto" spares the browser where it can'
        return f"plain HTTP brings {plain}{spare if use is Use.ALWAYS and not works else ', the browser no more'}"
    told = f"plain HTTP brings {plain}, the browser {opened}"
    return f"{told}: add browser = true to the rule" if use is Use.NEVER else told


def _found(one: Trial) -> str:
    """How much a rule has found."""
    rows, links = len(one.page.records), len(one.page.links)
    parts = [_number(rows, "row"), _number(links, "link")]
    return " and ".join(filter(None, parts)) or "nothing"


def _number(number: int, noun: str) -> str:
    return f"{count(number)} {noun}{'' if number == 1 else 's'}" if number else ""


def hint(document: Response, trials: Sequence[Trial]) -> str:
    """What to try if plain HTTP brings nothing of a page with scripts."""
    empty = all(not (one.page.records or one.page.links or one.page.blobs or one.refused) for one in trials)
    if empty and document.content_type in HTML and "<script" in document.text.lower():
        return "If scripts make what you see on this page, a browser brings it: try again with --browser."
    return ""
