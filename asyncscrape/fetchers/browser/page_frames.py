"""The frames of a page: asked all at once, so that none that hangs holds up the others."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

from playwright.async_api import Error, Frame, Locator, Page
from playwright.async_api import TimeoutError as TookTooLong

T = TypeVar("T")

ANSWERS_WITHIN = 2.0
"""Seconds after which a frame inside a page counts as one that does not answer."""
CLICKS_WITHIN = 1_000.0
"""Milliseconds."""

STATE = """
(all) => {
  const shown = all.find((one) => one.getClientRects().length && getComputedStyle(one).visibility === "visible");
  if (!shown) return all.length ? "hidden" : "";
  return shown.matches(":disabled") || shown.closest("[aria-disabled=true]") ? "disabled" : "ready";
}
"""

MOVED = re.compile(r"context was destroyed|navigat|Cannot find context|not attached|detached", re.I)
"""What playwright says when it asks a document that is being left for another."""


class Target(NamedTuple):
    """The element that a selector means, in whatever frame it is."""

    state: str
    """ "ready", "disabled", "hidden"; empty if there is none."""
    locator: Locator

    @property
    def ready(self) -> bool:
        """Whether something can be done with it now."""
        return self.state == "ready"


async def of_frames(page: Page, ask: Callable[[Frame], Awaitable[T]]) -> list[tuple[Frame, T]]:
    """What each frame answers, the page itself first; without those that are gone or do not answer."""
    first, *inner = page.frames
    answers = [(first, await answer_of(ask(first), None))]
    others = await asyncio.gather(*(answer_of(ask(frame), ANSWERS_WITHIN) for frame in inner))
    answers += zip(inner, others, strict=True)
    return [(frame, answer[0]) for frame, answer in answers if answer]


async def answer_of(asked: Awaitable[T], seconds: float | None) -> tuple[T] | None:
    """What a frame answers, unless it is being left for another page, or takes too long."""
    try:
        async with asyncio.timeout(seconds):
            return (await asked,)
    except TimeoutError:
        return None
    except Error as error:
        if seconds is None and not MOVED.search(error.message):
            raise
        return None


async def find(page: Page, selector: str) -> Target:
    """The first element that a selector means and one can see; else what else it means."""
    states = await of_frames(page, lambda frame: frame.locator(f"css={selector}").evaluate_all(STATE))
    for wanted in ("ready", "disabled", "hidden"):
        for frame, state in states:
            if state == wanted:
                visible = "" if wanted == "hidden" else " >> visible=true"
                return Target(state, frame.locator(f"css={selector}{visible}").first)
    return Target("", page.locator(f"css={selector}").first)


async def click_away(locator: Locator) -> None:
    """Click an element that gets in the way, even where something else lies over it."""
    try:
        await locator.click(timeout=CLICKS_WITHIN)
    except TookTooLong:
        await locator.dispatch_event("click", timeout=CLICKS_WITHIN)
