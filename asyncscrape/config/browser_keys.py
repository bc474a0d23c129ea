"""The keys for pages that need a browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from pydantic import AfterValidator, BeforeValidator, Field, Strict, WithJsonSchema, model_validator

from asyncscrape import units
from asyncscrape.browsing import (
    BLOCKABLE,
    END,
    IDLE,
    BrowserSettings,
    LoginPlan,
    PagePlan,
    PageStep,
    StepKind,
    Use,
)
from asyncscrape.config import values as kinds
from asyncscrape.config.section import Section
from asyncscrape.page_shots import Shot, shot_of
from asyncscrape.selectors import SelectorError, compile_selector
from asyncscrape.urls import authority, canonical

MOST_SCROLLS = 100
"""How often a step scrolls that does not say how often."""
NO_WAIT = 'is nothing to wait for; write "css:tr.row", "idle" or "500ms"'
NOT_CSS = ("xpath:", "json:", "re:", "text=", "/", "(/")
"""How other kinds of selectors begin."""
SMALLEST, LARGEST = 50, 10_000
"""Sides of a window, in pixels."""


def _wait(value: object) -> str | float:
    """ "idle", a CSS selector, or seconds."""
    if value == IDLE:
        return IDLE
    if isinstance(value, str) and value.startswith("css:"):
        return _css(value)
    try:
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            return units.duration(value)
        raise ValueError("neither text nor a number")
    except ValueError:
        raise kinds.Misfit(NO_WAIT, instead=f"css:{value}" if _selects(value) else None) from None


def _selects(value: object) -> bool:
    """Whether this looks like a selector whose prefix was left out."""
    try:
        return isinstance(value, str) and bool(re.search(r"[.#\[]", value)) and bool(_css(value))
    except kinds.Misfit:
        return False


def _css(value: object) -> str:
    """A CSS selector for elements, as browsers understand it."""
    if not isinstance(value, str):
        raise kinds.Misfit('is not a selector; write CSS in quotes, such as "button.more"')
    text = value.removeprefix("css:")
    if text.startswith(NOT_CSS) or "::" in text:
        raise kinds.Misfit('does not select elements on an open page; write CSS without "::", such as "button.more"')
    try:
        compile_selector(text)
    except SelectorError as error:
        raise kinds.Misfit("is not a selector", str(error)) from None
    return text


def _target(value: object) -> str:
    if value in (True, "bottom", "down"):
        raise kinds.Misfit('is no place to scroll to; write "end", or the selector of an element', instead=END)
    return END if value == END else _css(value)


def _blocked(word: str) -> str:
    """A kind of request, or a pattern for whole URLs."""
    if word in BLOCKABLE or "*" in word or "://" in word:
        return word
    if re.search(r"[./]", word):
        raise kinds.Misfit('is no pattern for whole URLs; write "*" for what may stand there', instead=f"*{word}*")
    about = (
        f'is neither a kind of request ({", ".join(BLOCKABLE)}) nor a pattern of URLs, such as "*.tracker.example/*"'
    )
    raise kinds.Misfit(about, instead=kinds.nearest(word, BLOCKABLE))


Blocked = Annotated[kinds.NonEmpty, AfterValidator(_blocked), kinds.InWords("kind")]
Element = Annotated[str, BeforeValidator(_css), kinds.InWords("CSS selector")]
WaitFor = Annotated[
    str | float,
    BeforeValidator(_wait),
    WithJsonSchema({"type": "string"}),
    kinds.InWords('`"css:…"`, `"idle"` or duration'),
]
WaitsFor = Annotated[
    tuple[WaitFor, ...],
    BeforeValidator(lambda value: [value] if isinstance(value, (str, int, float)) else value),
    kinds.OneOrMany(),
    kinds.InWords('`"css:…"`, `"idle"`, duration, or list of them'),
]
Captures = Annotated[
    tuple[kinds.Glob, ...],
    BeforeValidator(kinds.as_list),
    kinds.OneOrMany(),
    kinds.InWords("pattern, or list of them"),
]
ScrollTarget = Annotated[str, BeforeValidator(_target), kinds.InWords('`"end"` or CSS selector')]


def _use(value: object) -> object:
    if isinstance(value, bool) or value == "auto":
        return value
    raise kinds.Misfit('does not say when to open pages; write true, false or "auto"')


UseOfBrowser = Annotated[
    bool | Literal["auto"],
    BeforeValidator(_use),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"const": "auto"}]}),
    kinds.InWords('`true`, `false` or `"auto"`'),
]
VIEWPORT = re.compile(r"(\d{2,5})x(\d{2,5})")


def _viewport(value: object) -> tuple[int, int]:
    """Width and height, from "1280x800" or a list of both."""
    found = VIEWPORT.fullmatch(value) if isinstance(value, str) else None
    both = [int(found[1]), int(found[2])] if found else value
    match both:
        case [int(width), int(height)] | (int(width), int(height)) if not isinstance(value, bool):
            if all(SMALLEST <= side <= LARGEST for side in (width, height)):
                return width, height
    raise kinds.Misfit('is not the size of a window; write width and height in pixels, such as "1280x800"')


Viewport = Annotated[
    tuple[int, int],
    BeforeValidator(_viewport),
    WithJsonSchema({"type": ["string", "array"]}),
    kinds.InWords("width and height in pixels"),
]


def _storage_state(value: object) -> object:
    if isinstance(value, (bool, str, Path)):
        return value
    raise kinds.Misfit('is neither true, false nor a file; write true, or the name of a file such as "session.json"')


StorageState = Annotated[
    Annotated[bool, Strict()] | kinds.FileBeside,
    Field(union_mode="left_to_right"),
    BeforeValidator(_storage_state),
    kinds.InWords("`true`, `false` or path"),
]

USES: dict[object, Use] = {True: Use.ALWAYS, False: Use.NEVER, "auto": Use.AUTO}


class BrowserStep(Section):
    """One step on an open page: one of click, fill, select, press, scroll, python, and how."""

    click: Element | None = None
    """Click this element."""
    fill: Element | None = None
    """Fill this input with text."""
    text: str | None = None
    """What to fill in; best as "env:NAME" if it is a secret."""
    select: Element | None = None
    """Choose an option of this list."""
    value: str | None = None
    """The option to choose, by its value or by what it shows."""
    press: kinds.NonEmpty | None = None
    """Press this key, such as "Enter"."""
    scroll: ScrollTarget | None = None
    """Scroll to the end of the page ("end"), or until this element is in view."""
    python: kinds.Parser | None = None
    """Let an async function do it, "module:function", which gets the page as Playwright knows it. What the page holds
    at each `yield` is kept."""
    if_present: kinds.Switch = False
    """Leave the step out where there is nothing like it on the page."""
    repeat: kinds.Positive | None = None
    """How often at most; it ends sooner once the element is gone, or nothing changes any more. Default: once, and 100
    times for scroll."""
    max: kinds.Positive | None = None
    """The same as repeat."""
    pause: kinds.Pause = 0.0
    """Time to wait after each time."""

    @property
    def step(self) -> PageStep:
        """As a value."""
        kind = next(one for one in StepKind if getattr(self, one, None) is not None)
        value = self.text if kind is StepKind.FILL else self.value
        often = self.max or self.repeat or (MOST_SCROLLS if kind is StepKind.SCROLL else 1)
        return PageStep(kind, getattr(self, kind), value or "", self.if_present, often, self.pause)


Steps = Annotated[tuple[BrowserStep, ...], kinds.InWords("list of [steps](#pagesteps)")]


class BrowserLogin(Section):
    """A login, carried out before the first page of its hosts, and again when a page says "signed out"."""

    url: kinds.WebUrl
    """The page with the form."""
    hosts: tuple[kinds.Host, ...] = ()
    """The hosts that want it. Default: that of the URL."""
    wait: WaitsFor = ()
    """What to wait for before the steps."""
    dismiss: tuple[Element, ...] = ()
    """What to click away, such as the button of a consent pop-up."""
    steps: Steps
    """How to sign in: fill, click, press."""
    signed_in: Element | None = None
    """An element that is there only for those who are signed in."""
    signed_out: Element | None = None
    """An element that is there only for those who are not, such as the form: a page that shows it is opened again
    after another login. A redirect to the URL of the login says the same."""

    @model_validator(mode="after")
    def _can_tell(self) -> BrowserLogin:
        if self.signed_in is None and self.signed_out is None:
            raise ValueError("needs signed_in or signed_out, to tell whether the login has worked")
        return self

    @property
    def plan(self) -> LoginPlan:
        """As a value."""
        url = canonical(self.url) or self.url
        page = PagePlan(Use.ALWAYS, self.wait or (IDLE,), self.dismiss, tuple(step.step for step in self.steps))
        hosts = self.hosts or (authority(url),)
        return LoginPlan(url, hosts, page, self.signed_in or "", self.signed_out or "")


class FetchBrowser(Section):
    """Pages that need a browser: how it is set up."""

    use: UseOfBrowser = False
    """When to open pages in a browser, for rules that do not say: true, false, or "auto" for pages where plain HTTP
    does not bring what the rule wants."""
    executable: kinds.NonEmpty | None = None
    """The browser: a Chromium or Chrome. Default: that of Playwright, else the system's."""
    pages: kinds.Positive = 4
    """Tabs open at once."""
    block: tuple[Blocked, ...] = ()
    """What pages may not load: "image", "font", "media", "stylesheet", and patterns of URLs, such as
    "*.tracker.example/*"."""
    viewport: Viewport = (1280, 800)
    """Width and height of the window in pixels: "1280x800" or [1280, 800]."""
    locale: kinds.NonEmpty | None = None
    """Language and region, such as "de-DE". Default: that of the browser."""
    timezone: kinds.Zone | None = None
    """Time zone, such as "Europe/Berlin". Default: that of the machine."""
    timeout: kinds.Duration = 30.0
    """Time for a page with all its steps."""
    recycle_after: kinds.Positive = 200
    """Pages after which the browser is started anew, so that its memory does not grow."""
    memory: kinds.Size = 1_000_000_000
    """Memory that a page may take in the browser. Each tab is a process or two, and the browser itself is three."""

    storage_state: StorageState = False
    """Whether cookies are kept between runs, in the folder of the job; or the file to keep them in, in the form of
    Playwright's storage state."""
    login: tuple[BrowserLogin, ...] = ()
    """How to sign in to sites: one [[fetch.browser.login]] each."""

    @property
    def settings(self) -> BrowserSettings:
        """As a value."""
        return BrowserSettings(
            executable=self.executable or "",
            tabs=self.pages,
            block=self.block,
            viewport=self.viewport,
            locale=self.locale or "",
            timezone=self.timezone or "",
            timeout=self.timeout,
            recycle_after=self.recycle_after,
            memory=self.memory,
        )


def plan_of(rule: Any, use: object, max_blob: int = 0) -> PagePlan:
    """What a rule wants of a browser; `use` counts where it does not say when.

    A picture or PDF of a page may have `max_blob` bytes.
    """
    shots = shots_of(rule, max_blob)
    wanted = USES[use if rule.browser is None else rule.browser]
    if shots and wanted is Use.AUTO:  # plain HTTP brings no pictures of pages
        wanted = Use.ALWAYS
    wait = rule.wait or (IDLE,)
    steps = tuple(step.step for step in rule.steps)
    return PagePlan(wanted, wait, rule.dismiss, steps, rule.capture, shots=shots, expects=expected_by(rule))


def shots_of(rule: Any, max_blob: int) -> tuple[Shot, ...]:
    """The pictures and PDFs that the fields of a rule want, each once."""
    wanted = (shot_of(field) for field in rule.fields.values())
    return tuple(dict.fromkeys(msgspec.structs.replace(shot, most=max_blob) for shot in wanted if shot))


def expected_by(rule: Any) -> tuple[str, ...]:
    """What must be on a page that a rule is to read; nothing if the rule says itself what to wait for."""
    if rule.wait:
        return ()
    if rule.table is None:
        return tuple(filter(None, [", ".join(filter(None, map(_element, rule.follow)))]))
    needed = [rule.each] if rule.each else [_css_of(field) for field in rule.fields.values()]
    return tuple(filter(None, (_element(one) for one in needed if one)))


def _css_of(field: Any) -> str | None:
    """The selector of a field that every record must have."""
    return None if isinstance(field, str) or not field.required else field.css


def _element(selector: str) -> str:
    """The elements that a selector finds, as browsers understand it; empty if it is no CSS."""
    if selector.startswith(("xpath:", "json:", "re:", "@")):
        return ""
    return re.sub(r"::(?:text|attr\([^)]*\))", "", selector.removeprefix("css:"))
