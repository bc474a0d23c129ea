"""What a browser is good for: told of each page that one may open, and learned for each rule and host."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

ENOUGH = 20
"""Pages in a row after which something counts as learned."""


class Brought(StrEnum):
    """What plain HTTP and a browser have brought for one rule on one page."""

    BY_HTTP = "by_http"
    """Plain HTTP brought what the rule wants."""
    HELPED = "helped"
    """Plain HTTP did not, and the browser brought more."""
    IN_VAIN = "in_vain"
    """Plain HTTP did not, and the browser brought no more."""
    PASSED_OVER = "passed_over"
    """Plain HTTP did not, and the page was not opened, because that was in vain on all pages before."""
    AT_ONCE = "at_once"
    """The page was opened without a look at what plain HTTP brings."""


class RuleOnPage(msgspec.Struct, frozen=True):
    """What was found out about one rule on one page."""

    rule: str
    """The rule as people know it."""
    key: str
    """The same, until anything in the rule changes."""
    brought: Brought


class Opening(msgspec.Struct, frozen=True):
    """How a page was read that a browser may open."""

    opened: bool
    seconds: float = 0.0
    """For which it had a tab."""
    rules: tuple[RuleOnPage, ...] = ()


class Experience(msgspec.Struct, frozen=True):
    """What was learned about one rule on one host."""

    key: str
    """Of the rule, see `RuleOnPage`."""
    host: str
    by_http: int = 0
    """Pages of this generation for which plain HTTP was enough; and so on, see `Brought`."""
    helped: int = 0
    in_vain: int = 0
    vain_before: int = 0
    """Pages of the generations before, back to the last one on which a browser helped, that were opened in vain."""
    needed_before: int = 0
    """Pages of the generations before, back to the last one on which plain HTTP was enough, that a browser helped."""

    @property
    def hopeless(self) -> bool:
        """Whether a browser has never brought more for this rule: known from the generations before, and not refuted
        since."""
        return self.vain_before >= ENOUGH and not self.helped

    @property
    def sure(self) -> bool:
        """Whether plain HTTP has never been enough; the same."""
        return self.needed_before >= ENOUGH and not self.by_http and not self.in_vain

    @property
    def unlikely(self) -> bool:
        """Whether a browser has not helped so far, on pages enough to let others go first."""
        return not self.helped and self.vain_before + self.in_vain >= ENOUGH

    def after(self, brought: Brought) -> Experience:
        """With one more page."""
        if brought not in LEARNED:
            return self
        return msgspec.structs.replace(self, **{brought: getattr(self, brought) + 1})

    def in_next_generation(self) -> Experience:
        """As the next generation begins with it."""
        vain = 0 if self.helped else self.vain_before + self.in_vain
        needed = 0 if self.by_http or self.in_vain else self.needed_before + self.helped
        return Experience(self.key, self.host, vain_before=vain, needed_before=needed)


LEARNED = (Brought.BY_HTTP, Brought.HELPED, Brought.IN_VAIN)
"""What says something about the pages to come."""


class BrowserTotals(msgspec.Struct, frozen=True):
    """What the browser has done for a job, over all its runs."""

    pages: int = 0
    """Pages that were opened."""
    seconds: float = 0.0
    """For which they had a tab, together."""
    by_http: int = 0
    """Pages that could have been opened and were not."""
    rules: Mapping[str, Mapping[str, int]] = {}
    """Pages of each rule by what plain HTTP and the browser brought, see `Brought`."""

    @property
    def saved(self) -> float | None:
        """Seconds of the browser that pages by plain HTTP have saved, roughly; None before any page was opened."""
        return self.by_http * self.seconds / self.pages if self.pages else None
