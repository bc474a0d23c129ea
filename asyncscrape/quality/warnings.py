"""What looks wrong about the findings of a job, as sentences: what, where, and what to look at.

Expectations that are not met are no matter of guessing: the run tells them itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from asyncscrape.facts import TableFacts
from asyncscrape.model import FlawKind, FoundFlaw, Kind, State, Table
from asyncscrape.quality.shown_values import percent
from asyncscrape.quality.wishes import Wishes
from asyncscrape.stats import TableCoverage, Totals

FALL = 0.2
"""A column that is filled in this share of the rows less than before is told."""
MANY = 0.2
"""Pages that fit no rule are told if they are at least this share of all."""
ENOUGH = 10
"""Pages that tell something about those that still wait."""
MOST_REPLACED = 0.5
"""Replaced records are told if they are more than this share of all."""

Weighed = tuple[float, str]
"""How bad it is, and the sentence."""
NOTHING_FOUND, EMPTY, LOST, ODD = 5.0, 3.0, 2.0, 1.0
"""How bad each sort is; the share that it concerns is added."""


def warnings(
    totals: Totals, coverage: Mapping[str, TableCoverage], tables: Sequence[Table], wishes: Wishes
) -> list[str]:
    """All that looks wrong, the worst first."""
    keys = {table.name: ", ".join(table.key) for table in tables}
    asked = set(wishes.tables.values())
    found = [
        *_nothing(totals, coverage, wishes),
        *(one for name, facts in totals.facts.items() for one in _columns(name, facts, totals, name in asked)),
        *(one for flaw in totals.flaws for one in _flaw(flaw, totals.facts.get(flaw.flaw.table), wishes)),
        *(
            one
            for name, table in coverage.items()
            if name in asked
            for one in _replaced(name, table, keys.get(name, ""))
        ),
        *_pages(totals, wishes),
    ]
    return [text for _, text in sorted(found, key=lambda one: -one[0])]


def _example(value: str, url: str) -> str:
    return f', for example "{value}" on {url}' if value else f", for example on {url}"


def _nothing(totals: Totals, coverage: Mapping[str, TableCoverage], wishes: Wishes) -> Iterator[Weighed]:
    """Why there are no rows at all."""
    done, failed = totals.of(Kind.PAGE, State.DONE), totals.of(Kind.PAGE, State.FAILED)
    if any(table.rows for table in coverage.values()) or done + failed < _enough(totals):
        return
    if not done:
        yield NOTHING_FOUND, f"no page could be fetched: {_pages_told(failed)} failed; see `asyncscrape errors`"
        return
    if out := totals.skipped.get("scope", 0):
        yield (
            NOTHING_FOUND,
            f"{out:,} links lead out of scope; look at [scope], and at `asyncscrape errors --skipped`",
        )
    for number, table in wishes.tables.items():
        if pages := totals.uses.get(f"rule {number}", 0):
            yield (
                NOTHING_FOUND,
                f"{table}: rule {number} fits {_pages_told(pages)} and finds no rows there; see `asyncscrape try`",
            )


def _columns(name: str, facts: TableFacts, totals: Totals, asked: bool) -> Iterator[Weighed]:
    """Columns that are much less filled than before; and those that are empty, if a rule has asked for them."""
    before = totals.facts_before.get(name, TableFacts(0))
    misfits = {one.flaw.column for one in totals.flaws if one.flaw.table == name and one.flaw.kind is FlawKind.MISFIT}
    for column, now in facts.columns.items() if facts.rows else ():
        was = before.columns[column].filled / before.rows if before.rows and column in before.columns else 0.0
        share = now.filled / facts.rows
        if asked and not now.filled and column not in misfits:
            yield EMPTY + 1, f"{name}: `{column}` is empty in {_all(facts.rows)}{_page(now.empty_at)}"
        elif round(was - share, 9) >= FALL:
            fell = f"filled in {percent(was)} of the rows of the generation before, now in {percent(share)}"
            yield EMPTY + was - share, f"{name}: `{column}` was {fell}{_page(now.empty_at)}"


def _all(rows: int) -> str:
    return "the only row" if rows == 1 else f"all {rows:,} rows"


def _page(url: str) -> str:
    return f", for example on {url}" if url else ""


def _flaw(found: FoundFlaw, facts: TableFacts | None, wishes: Wishes) -> Iterator[Weighed]:
    """Rows left out, and values that do not fit."""
    flaw, count = found.flaw, found.flaw.count
    if flaw.kind is FlawKind.LEFT_OUT:
        kept = facts.rows if facts else 0
        rows = "1 row" if count == 1 else f"{count:,} rows"
        yield (
            LOST + count / (count + kept),
            (f"{flaw.table}: {rows} left out because `{flaw.column}` was empty{_page(found.url)}"),
        )
        return
    fit = facts.columns[flaw.column].filled if facts and flaw.column in facts.columns else 0
    values = f"{count:,} of {count + fit:,} values" if facts else f"{count:,} {'value' if count == 1 else 'values'}"
    verb, wanted = "does" if count == 1 else "do", _wanted((flaw.table, flaw.column), wishes)
    yield (
        EMPTY + count / (count + fit),
        (f"{flaw.table}: `{flaw.column}`: {values} {verb} not fit {wanted}{_example(flaw.example, found.url)}"),
    )


def _wanted(place: tuple[str, str], wishes: Wishes) -> str:
    if place in wishes.formats:
        return wishes.formats[place]
    return f"the type {wishes.types[place]}" if place in wishes.types else "their type"


def _replaced(name: str, table: TableCoverage, key: str) -> Iterator[Weighed]:
    """A key that many records share: nearly always one that is too small."""
    records = table.rows + table.replaced
    if records and table.replaced > MOST_REPLACED * records:
        what = f"{table.replaced:,} of {records:,} records were replaced by another with the same key"
        yield LOST + table.replaced / records, f"{name}: {what}{f' ({key})' if key else ''}"


def _pages(totals: Totals, wishes: Wishes) -> Iterator[Weighed]:
    """Pages that no rule wants, rules that no page fits, and links that no page has."""
    done, uses, enough = totals.of(Kind.PAGE, State.DONE), totals.uses, _enough(totals)
    unmatched = uses.get("unmatched", 0)
    if done >= enough and unmatched >= MANY * done:
        fit = "fits" if unmatched == 1 else "fit"
        yield (
            ODD + unmatched / done,
            f"{unmatched:,} of {_pages_told(done)} {fit} no rule; see `asyncscrape errors --skipped`",
        )
    for number, match in wishes.rules.items() if uses and not _waiting(totals) else ():
        if not uses.get(f"rule {number}"):
            yield ODD + 0.9, f'no page fits match = "{match}" (rule {number})'
    for number, selector in wishes.follows.items():
        rule = number.partition(".")[0]
        pages = uses.get(f"rule {rule}", 0)
        if failed := uses.get(f"follow failed {number}"):
            yield (
                LOST + failed / max(pages, 1),
                f'follow = "{selector}" failed on {_pages_told(failed)} (rule {rule})',
            )
        elif pages >= enough and not uses.get(f"follow {number}"):
            yield ODD + 0.8, f'no page had a link for follow = "{selector}" (rule {rule}, {_pages_told(pages)})'


def _waiting(totals: Totals) -> int:
    """Pages that are still to come."""
    return totals.of(Kind.PAGE, State.PENDING, State.LEASED)


def _enough(totals: Totals) -> int:
    """How many pages must have been read before anything is concluded from what they lack."""
    return ENOUGH if _waiting(totals) else 1


def _pages_told(number: int) -> str:
    return "1 page" if number == 1 else f"{number:,} pages"
