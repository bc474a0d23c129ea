"""What a browser has done for a run, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from asyncscrape.openings import ENOUGH, Brought, BrowserTotals
from asyncscrape.quality.shown_values import counted
from asyncscrape.stats import Snapshot
from asyncscrape.views.figures import count, span

WORDS = {
    Brought.BY_HTTP: "{} by HTTP",
    Brought.HELPED: "the browser brought more on {}",
    Brought.IN_VAIN: "opened in vain {}",
    Brought.PASSED_OVER: "{} not opened, because that was in vain before",
    Brought.AT_ONCE: "{} opened at once",
}


def browser(snapshot: Snapshot) -> Iterator[str]:
    """Pages by HTTP and by browser, with the time that took and saved; then rule by rule."""
    told = snapshot.browser
    if not isinstance(told, BrowserTotals):
        return
    yield pages(told)
    for rule, counts in told.rules.items():
        if set(counts) - {Brought.AT_ONCE}:
            yield f"{rule}: {_rule(counts)}"


def pages(told: BrowserTotals) -> str:
    """Pages by HTTP and by browser: "90 pages by HTTP, 10 by browser in 4.2 s; about 38 s of it saved"."""
    parts = f"{counted(told.by_http, 'page')} by HTTP, {count(told.pages)} by browser"
    if not told.pages:
        return parts
    saved = f"; about {span(told.saved)} saved" if told.saved else ""
    return f"{parts} in {span(told.seconds)}{saved}"


def _rule(counts: Mapping[str, int]) -> str:
    parts = ", ".join(words.format(count(counts[brought])) for brought, words in WORDS.items() if counts.get(brought))
    vain, passed, helped = (counts.get(one, 0) for one in (Brought.IN_VAIN, Brought.PASSED_OVER, Brought.HELPED))
    if helped and passed:
        return f"{parts}; run --again opens those"
    return f"{parts}; browser = false would save that" if vain >= ENOUGH and not helped else parts
