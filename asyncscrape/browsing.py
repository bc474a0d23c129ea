"""What a browser does with a page: values that the config makes, and that a browser carries out."""

from __future__ import annotations

from enum import StrEnum

import msgspec


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


END = "end"
"""Where to scroll to: the end of the page, instead of an element."""


class PageStep(msgspec.Struct, frozen=True):
    """One step on a page."""

    kind: StepKind
    target: str
    """A selector; for a key to press its name."""
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
