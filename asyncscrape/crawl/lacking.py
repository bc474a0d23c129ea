"""Whether an answer by plain HTTP has all that its rules want, and whether a browser has brought more. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from asyncscrape.browsing import PagePlan, RuleNeeds, Use
from asyncscrape.model import ANSWERS, FlawKind, Kind, Response
from asyncscrape.openings import Brought
from asyncscrape.parsing.base import Mishap, Parsed, Unparsed

NOT_WHOLE = frozenset({Mishap.PARSE, Mishap.FAULT})
"""Mishaps of a page that may only be incomplete: what its parser looks for is not there, or not yet."""

HTML = frozenset({"text/html", "application/xhtml+xml", ""})
"""Types of answers that a browser makes more of than they are."""

ALIVE = re.compile(
    rb"<(?:[\w.-]+:)?(?:script|i?frame|object|embed|applet|portal|fencedframe)"
    rb"|[\s/\"']on[a-z]+\s*=|http-equiv|shadowroot|xml-stylesheet|<!entity|\0",
    re.IGNORECASE,
)
"""What makes a page change by itself: scripts, handlers, other documents inside; or it is written in UTF-16."""


class Amount(NamedTuple):
    """What a page has for a rule."""

    rows: int
    links: int


def may_be_opened(response: Response) -> bool:
    """Whether this is a document; sitemaps and data are not."""
    return response.request.kind not in (Kind.SITEMAP, Kind.BLOB) and response.content_type in HTML


def can_change(response: Response, plan: PagePlan) -> bool:
    """Whether a browser may show anything but the document itself."""
    return bool(plan.steps or plan.capture or ALIVE.search(response.body))


def lacking(plan: PagePlan, found: Parsed | Unparsed) -> list[RuleNeeds]:
    """The rules of a page that miss something there, among those that would then have it opened."""
    return [needs for needs in plan.rules if needs.use is Use.AUTO and lacks(needs, found)]


def lacks(needs: RuleNeeds, found: Parsed | Unparsed) -> bool:
    """Whether a rule misses something on a page: all records, a required field of some row, all links."""
    if isinstance(found, Unparsed):
        return found.mishap in NOT_WHOLE
    rows, links = amount(needs, found)
    if needs.table:
        return not rows or _left_out(needs, found) or (needs.follows and not links and not needs.captures)
    return needs.captures or (needs.follows and not links) or (needs.free and not rows and not links)


def brought(needs: RuleNeeds, before: Parsed | Unparsed, after: Parsed | Unparsed) -> Brought:
    """What a browser has brought for a rule that missed something before."""
    had, has = amount(needs, before), amount(needs, after)
    return Brought.HELPED if has.rows > had.rows or has.links > had.links else Brought.IN_VAIN


def amount(needs: RuleNeeds, found: Parsed | Unparsed) -> Amount:
    """What a page has for a rule, as far as that can be told: rules may share a table."""
    if isinstance(found, Unparsed):
        return Amount(0, 0)
    if needs.table:
        rows = found.records[needs.table].count if needs.table in found.records else 0
    else:
        rows = sum(lines.count for table, lines in found.records.items() if table != ANSWERS)
    mark = f"follow {needs.number}."
    own = needs.free or needs.captures or any(use.startswith(mark) for use in found.uses)
    return Amount(rows, len(found.links) + len(found.outside) + len(found.nofollow) if own else 0)


def _left_out(needs: RuleNeeds, found: Parsed) -> bool:
    return any(flaw.table == needs.table and flaw.kind is FlawKind.LEFT_OUT for flaw in found.flaws)
