"""What looks wrong about the pages of a job: those that fit no rule, rules without pages, links that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from asyncscrape.model import UNMATCHED, Kind, State
from asyncscrape.quality.shown_values import counted, left_links
from asyncscrape.quality.weights import ENOUGH, LOST, MANY, NOTHING_FOUND, ODD, Weighed, enough, waiting
from asyncscrape.quality.wishes import Wishes
from asyncscrape.stats import TableCoverage, Totals

NOT_FOLLOWED = {
    "scope": "out of scope; look at [scope], and at `asyncscrape errors --skipped`",
    "depth": "deeper than scope.max_depth allows; see `asyncscrape errors --skipped`",
    "nofollow": "marked nofollow; see `asyncscrape errors --skipped`, and politeness.nofollow",
    "robots": "that robots.txt disallows; see `asyncscrape errors --skipped`",
}
"""What is said of links, by the reason why they are not followed."""


def page_warnings(totals: Totals, coverage: Mapping[str, TableCoverage], wishes: Wishes) -> Iterator[Weighed]:
    """All of them, in no order."""
    done, failed = totals.of(Kind.PAGE, State.DONE), totals.of(Kind.PAGE, State.FAILED)
    if done + failed < enough(totals):
        return
    if not done:
        yield NOTHING_FOUND, f"no page could be fetched: {counted(failed, 'page')} failed; see `asyncscrape errors`"
        return
    yield from _unmatched(totals.uses.get(UNMATCHED, 0), done)
    idle = _idle_rules(totals, wishes)
    if _starves(totals, coverage, wishes, idle):
        yield from _not_followed(totals, done)
    if not waiting(totals):
        yield from _without_pages(idle, failed)
    yield from _follows(totals, wishes)


def _unmatched(unmatched: int, done: int) -> Iterator[Weighed]:
    if unmatched >= MANY * done:
        fit = "fits" if unmatched == 1 else "fit"
        told = f"{unmatched:,} of {counted(done, 'page')} {fit} no rule; see `asyncscrape errors --skipped`"
        yield ODD + unmatched / done, told


def _idle_rules(totals: Totals, wishes: Wishes) -> Mapping[str, str]:
    """The rules that no page fits, as far as the pages were all read by these rules: others tell nothing of them."""
    counted_pages = sum(number for use, number in totals.uses.items() if use == UNMATCHED or use.startswith("rule "))
    if counted_pages < totals.of(Kind.PAGE, State.DONE) - totals.merged:
        return {}
    return {number: match for number, match in wishes.rules.items() if not totals.uses.get(f"rule {number}")}


def _starves(totals: Totals, coverage: Mapping[str, TableCoverage], wishes: Wishes, idle: Mapping[str, str]) -> bool:
    """Whether pages are missing: then the links that were not followed are where to look."""
    nothing = not any(table.rows for table in coverage.values())
    if not wishes.rules:
        return nothing
    return bool(idle) and (nothing or not waiting(totals))


def _not_followed(totals: Totals, done: int) -> Iterator[Weighed]:
    for reason, links in totals.skipped.items():
        if links >= MANY * done and reason in NOT_FOLLOWED:
            yield NOTHING_FOUND, f"not followed: {left_links(links)} {NOT_FOLLOWED[reason]}"


def _without_pages(idle: Mapping[str, str], failed: int) -> Iterator[Weighed]:
    """Rules that no page fits; a page that failed may have been one for them."""
    for number, match in idle.items():
        if failed:
            why = f"{counted(failed, 'page')} failed; see `asyncscrape errors`"
            yield ODD + 0.7, f'no page that could be read fits match = "{match}" (rule {number}), but {why}'
        else:
            yield ODD + 0.7, f'no page fits match = "{match}" (rule {number})'


def _follows(totals: Totals, wishes: Wishes) -> Iterator[Weighed]:
    """Selectors of links that fail, or find nothing: on many pages, or beside others that find nothing either."""
    uses = totals.uses
    useful = {number.partition(".")[0] for number in wishes.follows if uses.get(f"follow {number}")}
    for number, selector in wishes.follows.items():
        rule = number.partition(".")[0]
        pages = uses.get(f"rule {rule}", 0)
        told = f'follow = "{selector}"'
        if failed := uses.get(f"follow failed {number}"):
            bad = LOST + failed / max(pages, 1)
            yield bad, f"{told} failed on {counted(failed, 'page')} (rule {rule})"
        elif pages >= (ENOUGH if rule in useful else enough(totals)) and not uses.get(f"follow {number}"):
            yield ODD + 0.8, f"no page had a link for {told} (rule {rule}, {counted(pages, 'page')})"
