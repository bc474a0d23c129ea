"""The steps of a plan, on an open page."""

from __future__ import annotations

import asyncio
import inspect
import re
from contextlib import suppress
from time import monotonic

from playwright.async_api import Error, Page
from playwright.async_api import TimeoutError as TookTooLong

from asyncscrape.browsing import END, IDLE, PageStep, StepKind
from asyncscrape.errors import FetchError
from asyncscrape.fetchers.browser.page_frames import Target, find
from asyncscrape.fetchers.browser.page_loads import PageGrowth, loaded
from asyncscrape.fetchers.browser.scrolling import QUIET, Look, ScrollWalk, to_the_end
from asyncscrape.fetchers.browser.traffic import Traffic
from asyncscrape.parsers.import_parser import ParserError, import_parser

LOADS_WITHIN = 10.0
"""Seconds after which a page that never says that it has loaded is taken as it is."""
COMES_WITHIN = 5.0
"""Seconds for an element to come that a step needs."""
EXPECTED_WITHIN = 3.0
"""Seconds for what a rule reads to come, once the page asks for nothing: some begin to ask late."""
GROWS_WITHIN = 5.0
"""Seconds after which a page that goes on to grow, without asking for anything, is taken as it is."""
STEADY = 10.0
"""Seconds after which a page that goes on to ask, and does not grow by that, is taken as it is."""
ACTS_WITHIN = 8_000.0
"""Milliseconds for what is in the way to go away."""
PATIENCE = 5
"""Looks at a page that does not change after a step, before nothing more is expected of it."""
POLL = 0.1
MISFITS = {
    "Unknown key": "there is no such key; write it like Enter, Tab, ArrowDown or Control+A",
    "not an <input>": "this is nothing to write into; name the input itself",
    "not a <select>": "this is no list to choose from; click it and its option instead",
}
"""Steps that do not fit their element, by what playwright says of them."""

_ABOVE = re.compile(r"(<[^\n]{1,200}?>)[^\n]*? (?:from (<[^\n]{1,200}?>)[^\n]*? subtree )?intercepts pointer events")


class StepError(Exception):
    """A step that cannot be carried out; `transient` if another try may do better."""

    def __init__(self, why: str, *, transient: bool = True) -> None:
        super().__init__(why)
        self.transient = transient


def spoken(number: int, step: PageStep) -> str:
    """A step as messages name it; never with what it fills in, which may be a secret."""
    return f'step {number}, {step.kind} "{step.target}"'


async def wait_for(page: Page, traffic: Traffic, what: str | float) -> None:
    """Wait for one thing."""
    if what == IDLE:
        await settled(page, traffic)
    elif isinstance(what, str):
        await _attached(page, what)
    else:
        await asyncio.sleep(what)


async def _attached(page: Page, selector: str) -> None:
    """Wait until an element exists, in the page or a frame of it."""
    while True:
        limit = 0.0 if len(page.frames) == 1 else 1_000 * POLL
        with suppress(TookTooLong):
            await page.wait_for_selector(f"css={selector}", state="attached", timeout=limit or 1_000.0)
            return
        if len(page.frames) > 1 and (await find(page, selector)).state:
            return


async def carry_out(page: Page, traffic: Traffic, step: PageStep, look: Look) -> None:
    """Carry out a step as often as it wants, and look at the page after each time. Raises StepError."""
    try:
        if step.kind is StepKind.PYTHON:
            await _python(page, step.target, look)
        elif step.kind is StepKind.SCROLL and step.target == END:
            await to_the_end(page, traffic, look, step.repeat, step.pause)
        elif step.kind is StepKind.SCROLL:
            await _into_view(page, traffic, step, look)
        else:
            await _repeated(page, traffic, step, look)
    except TookTooLong as error:
        raise StepError(_why(error.message, step)) from error
    except Error as error:
        why = next((words for told, words in MISFITS.items() if told in error.message), None)
        if why is None:
            raise
        raise StepError(why, transient=False) from error
    await settled(page, traffic)


async def settled(page: Page, traffic: Traffic) -> None:
    """Wait until a page that may have been left for another is there, asks for nothing more, and has grown."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LOADS_WITHIN):
            await loaded(page)
    growth = PageGrowth(page)
    await growth.begin()
    await _at_rest(growth, traffic)
    await growth.end()


async def _at_rest(growth: PageGrowth, traffic: Traffic) -> None:
    """Many pages make their rows bit by bit out of one answer."""
    begun, rest = monotonic(), QUIET
    while rest > 0:
        quiet = await _quiet(traffic, rest)
        still = await growth.still_for()
        if not quiet and still > STEADY:
            return
        rest = QUIET - still if quiet else QUIET
        if quiet and monotonic() > begun + GROWS_WITHIN:
            return


async def _quiet(traffic: Traffic, seconds: float) -> bool:
    """Whether the page comes to ask for nothing. Some ask whether there is news, again and again."""
    try:
        async with asyncio.timeout(STEADY):
            await traffic.quiet(seconds)
    except TimeoutError:
        return False
    return True


async def expect(page: Page, traffic: Traffic, selector: str) -> bool | None:
    """Wait a while for what is wanted of a page but not there yet; whether it came, None if it was there."""
    limit, waited = monotonic() + EXPECTED_WITHIN, None
    while not (await find(page, selector)).state:
        if monotonic() > limit:
            return False
        waited = True
        await asyncio.sleep(POLL)
    if waited:
        await settled(page, traffic)
    return waited


async def _repeated(page: Page, traffic: Traffic, step: PageStep, look: Look) -> None:
    if step.repeat > 1:
        await look()
    for count in range(step.repeat):
        if step.kind is not StepKind.PRESS:
            target = await _target(page, step, again=count > 0)
            if not _usable(target, step):
                if count or step.if_present:
                    return
                raise StepError(_missing(target))
            await _act(target, step)
        else:
            await page.keyboard.press(step.target)
        await asyncio.sleep(step.pause)
        if step.repeat > 1:
            await settled(page, traffic)
            if not await _changes(traffic, look):
                return


async def _target(page: Page, step: PageStep, *, again: bool) -> Target:
    """The element for a step. One that must be there has time to come; one that was there, to come back."""
    started = monotonic()
    target = await find(page, step.target)
    limit = PATIENCE * QUIET if again else 0.0 if step.if_present else COMES_WITHIN
    while not _usable(target, step) and monotonic() < started + limit:
        if again and not target.state and monotonic() > started + QUIET:
            break
        await asyncio.sleep(POLL)
        target = await find(page, step.target)
    return target


def _usable(target: Target, step: PageStep) -> bool:
    """Lists to choose from are often hidden behind something prettier."""
    return target.ready or (step.kind is StepKind.SELECT and target.state == "hidden")


def _missing(target: Target) -> str:
    if not target.state:
        return "nothing on the page matches it; if some pages lack it, add if_present = true"
    return f"it stays {target.state}; if that is as it should be, add if_present = true"


async def _act(target: Target, step: PageStep) -> None:
    match step.kind:
        case StepKind.CLICK:
            await target.locator.click(timeout=ACTS_WITHIN)
        case StepKind.FILL:
            await target.locator.fill(step.value, timeout=ACTS_WITHIN)
        case StepKind.SELECT:
            await target.locator.select_option(step.value, timeout=ACTS_WITHIN, force=not target.ready)


async def _changes(traffic: Traffic, look: Look) -> bool:
    """Whether the page has changed, or does so soon."""
    for _ in range(PATIENCE):
        if await look():
            return True
        await traffic.quiet(QUIET)
    return False


async def _into_view(page: Page, traffic: Traffic, step: PageStep, look: Look) -> None:
    """Scroll to an element; if it does not exist yet, down the page until it does."""
    walk = ScrollWalk(page, traffic)
    for _ in range(max(step.repeat, 1)):
        target = await find(page, step.target)
        if target.state or not await walk.begin():
            break
        await walk.run(look)
        await traffic.quiet(QUIET)
    target = await find(page, step.target)
    if target.state:
        await target.locator.evaluate("(one) => one.scrollIntoView({ block: 'center', behavior: 'instant' })")
    elif not step.if_present:
        raise StepError(_missing(target))
    await asyncio.sleep(step.pause)


async def _python(page: Page, name: str, look: Look) -> None:
    """Let a function of the user do what it does with the page. An asynchronous generator says when to look."""
    try:
        doing = import_parser(name)(page)
        if inspect.isasyncgen(doing):
            async for _ in doing:
                await look()
        elif inspect.isawaitable(doing):
            await doing
        else:
            raise StepError("this is not an async function; write async def", transient=False)
    except (FetchError, StepError):
        raise
    except ParserError as error:
        raise StepError(str(error), transient=False) from error
    except Exception as error:
        message = error.message.splitlines()[0] if isinstance(error, Error) and error.message else str(error)
        raise StepError(f"{type(error).__name__}: {message}", transient=isinstance(error, Error)) from error


def _why(message: str, step: PageStep) -> str:
    """The reason why an element could not be used, from what playwright has tried."""
    if found := _ABOVE.search(message):
        return f"{found[2] or found[1]} lies over it; if that can be clicked away, name its button in dismiss"
    if step.kind is StepKind.SELECT:
        return f"it has no option {step.value!r}"
    return "it does not come to rest: it moves, or stays hidden or disabled"
