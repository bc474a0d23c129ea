"""All that a group of outcomes adds to the queue, in order, whatever database has it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from asyncscrape.frontier.base import Group
from asyncscrape.model import Outcome, Request


class OfferedByGroup(NamedTuple):
    """A request that may be new, and what it belongs to."""

    request: Request
    parent: int
    """The row of the page that leads to it; 0 for seeds."""
    bundle: int


def offered_by(group: Group, outcomes: Sequence[Outcome]) -> Iterator[OfferedByGroup]:
    """What a group with these outcomes offers, but for openings of bundles. Links have the bundle of their page."""
    yield from (OfferedByGroup(new, 0, new.bundle) for new in group.offers if not new.opens)
    for outcome in outcomes:
        asked = outcome.request
        yield from (OfferedByGroup(new, asked.id, asked.bundle or new.bundle) for new in outcome.links)


def grown(opened: Request) -> OfferedByGroup:
    """What a bundle begins with."""
    return OfferedByGroup(opened, 0, opened.bundle)
