"""What a browser does with a page: values that the config makes, and that a browser carries out."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from asyncscrape.page_shots import Shot


class Use(StrEnum):
    """When a page is opened in a browser."""

    NEVER = "never"
    AUTO = "auto"
    """Once plain HTTP has brought too little."""
    ALWAYS = "always"


class StepKind(StrEnum):
    """One thing that a browser can do on a page."""

    CLICK = "click"
    FILL = "fill"
    SELECT = "select"
    PRESS = "press"
    SCROLL = "scroll"
    PYTHON = "python"


BLOCKABLE = ("image", "font", "media", "stylesheet")
"""Kinds of requests that pages may be kept from making."""
END = "end"
"""Where to scroll to: the end of the page, instead of an element."""


class PageStep(msgspec.Struct, frozen=True):
    """One step on a page."""

    kind: StepKind
    target: str
    """A selector; for a key to press its name, for Python the function's."""
    value: str = ""
    """What to fill in, or to select."""
    if_present: bool = False
    """Whether the step is left out where its target is missing."""
    repeat: int = 1
    """How often at most; it ends sooner once the target is gone, or nothing changes any more."""
    pause: float = 0.0
    """Seconds to wait after each time."""


IDLE = "idle"
"""Wait until the page asks for nothing any more."""


class RuleNeeds(msgspec.Struct, frozen=True):
    """What one rule wants of a page, so that it can be told whether plain HTTP brings it."""

    use: Use
    number: int = 1
    """Its place in the config."""
    name: str = ""
    """The rule as people know it: its pages and its table."""
    key: str = ""
    """The same until anything in the rule changes."""
    table: str = ""
    """The table that it fills."""
    follows: bool = False
    """Whether it wants links."""
    captures: bool = False
    """Whether it wants answers to the page's own requests."""
    free: bool = False
    """Whether a parser in Python reads the page, which may fill any table and find any links."""


class PagePlan(msgspec.Struct, frozen=True):
    """What a browser does with a page."""

    use: Use
    wait: tuple[str | float, ...] = (IDLE,)
    """Selectors that must match, seconds, or `IDLE`; one after the other."""
    dismiss: tuple[str, ...] = ()
    """Selectors of what is clicked away wherever it is in the way."""
    steps: tuple[PageStep, ...] = ()
    capture: tuple[str, ...] = ()
    """Patterns for the URLs of answers to the page's own requests that become pages of their own."""
    rules: tuple[RuleNeeds, ...] = ()
    """The rules that may want the page opened."""
    shots: tuple[Shot, ...] = ()
    """Pictures and PDFs to make of it."""
    expects: tuple[str, ...] = ()
    """Selectors of what the rules read there, for which a page has some time beyond `wait`."""


class LoginPlan(msgspec.Struct, frozen=True):
    """How to sign in to a site."""

    url: str
    hosts: tuple[str, ...]
    """The authorities that want it."""
    page: PagePlan
    signed_in: str = ""
    """A selector of what is only there for those who are signed in."""
    signed_out: str = ""
    """A selector of what is only there for those who are not."""

    @property
    def typed(self) -> list[str]:
        """What is filled in. The last of it is the password: what comes before is a name, which pages may show."""
        return [step.value for step in self.page.steps if step.kind is StepKind.FILL]


class BrowserSettings(msgspec.Struct, frozen=True):
    """How the browser of a run is set up."""

    executable: str = ""
    """Its path; found by itself if empty."""
    tabs: int = 4
    block: tuple[str, ...] = ()
    """Kinds of requests, and patterns of URLs, that pages are not allowed to make."""
    viewport: tuple[int, int] = (1280, 800)
    locale: str = ""
    timezone: str = ""
    timeout: float = 30.0
    """Seconds for a page with all its steps."""
    recycle_after: int = 200
    """Pages after which the browser is started anew."""
    memory: int = 1_000_000_000
    """Bytes for one process of the browser, and so for one page."""
    headed: bool = False
    """Whether its window is shown."""


class SeenRequest(msgspec.Struct, frozen=True):
    """A request that an open page made, as it is shown to people."""

    method: str
    kind: str
    """What it was for, such as "fetch", "script" or "image"."""
    url: str
    status: int = 0
    """0 without an answer."""
    content_type: str = ""
    size: int = 0
    """Bytes of the body."""
    failure: str = ""
    """Why there was no answer."""
    body: bytes = b""
    """Kept where it may be data."""


class BrowserProgram(msgspec.Struct, frozen=True):
    """The browser of this machine."""

    path: str
    version: str
    sandbox: bool
    """Whether it can have its sandbox, as far as the user decides that."""
