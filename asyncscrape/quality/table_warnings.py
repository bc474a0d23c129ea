"""What looks wrong about the tables of a job: none of its rows, empty columns, values that do not fit, lost rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from asyncscrape.facts import ColumnFacts, TableFacts
from asyncscrape.model import Flaw, FlawKind, FoundFlaw, Table
from asyncscrape.quality.shown_values import counted, one_line, percent
from asyncscrape.quality.weights import EMPTY, LOST, MANY, NOTHING_FOUND, Weighed, enough
from asyncscrape.quality.wishes import Wishes
from asyncscrape.stats import TableCoverage, Totals

FALL = 0.2
"""A column that is filled in this share of the rows less than before is told."""
MOST_REPLACED = 0.5
"""Replaced records are told if they are more than this share of all."""
UNUSABLE = (FlawKind.MISFIT, FlawKind.FAILED)
DEFAULTED = FlawKind.DEFAULTED
PATH = "_path"
"""The end of the name of a column that is filled along with another."""
NO_FACTS = TableFacts(0)
NO_COVERAGE = TableCoverage(0)


def table_warnings(
    totals: Totals, coverage: Mapping[str, TableCoverage], tables: Sequence[Table], wishes: Wishes
) -> Iterator[Weighed]:
    """All of them, in no order."""
    yield from _without_rows(totals, coverage, wishes)
    asked = set(wishes.tables.values())
    for name, facts in totals.facts.items():
        yield from _columns(name, facts, totals, name in asked)
    for found in totals.flaws:
        yield from _flaw(found, totals, coverage.get(found.flaw.table, NO_COVERAGE), wishes)
    for table in tables:
        if table.name in asked and table.name in coverage and not table.merge:
            yield from _replaced(table, coverage[table.name])


def _without_rows(totals: Totals, coverage: Mapping[str, TableCoverage], wishes: Wishes) -> Iterator[Weighed]:
    """The rules that find no row on any page: each table is judged alone."""
    for number, table in wishes.tables.items():
        found, pages = coverage.get(table, NO_COVERAGE), totals.uses.get(f"rule {number}", 0)
        if found.rows or found.left_out or pages < enough(totals):
            continue
        before = totals.facts_before.get(table, NO_FACTS).rows
        was = f" ({before:,} before)" if before else ""
        match = f'match = "{wishes.rules.get(number, "")}" (rule {number})'
        fits = f"{match} fits {counted(pages, 'page')}"
        yield NOTHING_FOUND, f"{table}: no rows{was}: {fits} and finds none there; see `asyncscrape try`"


def _columns(name: str, facts: TableFacts, totals: Totals, asked: bool) -> Iterator[Weighed]:
    """Columns that are much less filled than before; and those that are empty, if a rule has asked for them."""
    misfits = {one.flaw.column: one.flaw.count for one in _misfits(totals, name)}
    defaulted = {one.flaw.column for one in totals.flaws if one.flaw.table == name and one.flaw.kind is DEFAULTED}
    for column, now in facts.columns.items() if facts.rows else ():
        if _goes_along(column, facts.columns) or 2 * misfits.get(column, 0) >= facts.rows - now.filled > 0:
            continue
        was, share = _share_before(totals, name, column), now.filled / facts.rows
        if asked and not now.filled:
            empty = "was not found, and has its default" if column in defaulted else "is empty"
            yield (
                EMPTY + 1,
                f"{name}: `{column}` {empty} in {_all(facts.rows)}{_before(was)}{_page(now.empty_at)}",
            )
        elif round(was - share, 9) >= FALL:
            fell = f"filled in {percent(was)} of the rows of the generation before, now in {percent(share)}"
            yield EMPTY + was - share, f"{name}: `{column}` was {fell}{_page(now.empty_at)}"


def _misfits(totals: Totals, table: str) -> Iterator[FoundFlaw]:
    """What was there and could not be used: values that do not fit, and those whose selector failed."""
    return (one for one in totals.flaws if one.flaw.table == table and one.flaw.kind in UNUSABLE)


def _goes_along(column: str, columns: Mapping[str, ColumnFacts]) -> bool:
    """Whether it is the path of a file, which is there or not as its URL is, and so told with that."""
    url = columns.get(column.removesuffix(PATH)) if column.endswith(PATH) else None
    return url is not None and url.filled == columns[column].filled


def _share_before(totals: Totals, table: str, column: str) -> float:
    """The share of rows that the generation before had filled."""
    before = totals.facts_before.get(table, NO_FACTS)
    return before.columns[column].filled / before.rows if before.rows and column in before.columns else 0.0


def _before(share: float) -> str:
    return f", and was filled in {percent(share)} before" if share else ""


def _all(rows: int) -> str:
    return "the only row" if rows == 1 else f"all {rows:,} rows"


def _page(url: str) -> str:
    return f", for example on {url}" if url else ""


def _flaw(found: FoundFlaw, totals: Totals, table: TableCoverage, wishes: Wishes) -> Iterator[Weighed]:
    """Rows left out, if they are many, and values that do not fit: the same fault once."""
    flaw = found.flaw
    left, rows = sum(table.left_out.values()), table.rows + table.replaced
    few = left < MANY * (left + rows)
    here = table.left_out.get(flaw.column, 0)
    if flaw.kind is FlawKind.MISFIT and not (few and flaw.count <= here):
        yield _misfit(found, totals, table, wishes)
    if flaw.kind is FlawKind.LEFT_OUT and not few:
        caused = any(
            one.flaw.column == flaw.column and one.flaw.count >= here for one in _misfits(totals, flaw.table)
        )
        if not caused:
            why = f"was empty or does not fit {_wanted(flaw, wishes)}" if flaw.example else "was empty"
            what = f"{counted(flaw.count, 'row')} left out because `{flaw.column}` {why}"
            bad = LOST + flaw.count / (left + rows) if rows else NOTHING_FOUND
            yield bad, f"{flaw.table}: {what}{_example(found)}"
    if flaw.kind is FlawKind.FAILED:
        what = f"the selector failed for {counted(flaw.count, 'row')}{_page(found.url)}: {one_line(flaw.example)}"
        yield EMPTY + flaw.count / max(left + rows, flaw.count), f"{flaw.table}: `{flaw.column}`: {what}"


def _example(found: FoundFlaw) -> str:
    """The first value and its page."""
    value = one_line(found.flaw.example)
    return f', for example "{value}" on {found.url}' if value else _page(found.url)


def _misfit(found: FoundFlaw, totals: Totals, table: TableCoverage, wishes: Wishes) -> Weighed:
    """Values that do not fit, and what became of their rows. After replacements nobody knows how many did fit."""
    flaw, here = found.flaw, table.left_out.get(found.flaw.column, 0)
    facts = totals.facts.get(flaw.table)
    fit = facts.columns[flaw.column].filled if facts and flaw.column in facts.columns else 0
    known = facts is not None and not table.replaced
    values = f"{flaw.count:,} of {counted(flaw.count + fit, 'value')}" if known else counted(flaw.count, "value")
    told = f"{values} {'does' if flaw.count == 1 else 'do'} not fit {_wanted(flaw, wishes)}"
    lost = f"; {counted(here, 'row')} left out for it" if here else ""
    was = _before(_share_before(totals, flaw.table, flaw.column)) if known and not fit else ""
    bad = NOTHING_FOUND if here and not table.rows else EMPTY + flaw.count / (flaw.count + fit)
    return bad, f"{flaw.table}: `{flaw.column}`: {told}{was}{_example(found)}{lost}"


def _wanted(flaw: Flaw, wishes: Wishes) -> str:
    place = (flaw.table, flaw.column)
    if place in wishes.formats:
        return wishes.formats[place]
    return f"the type {wishes.types[place]}" if place in wishes.types else "their type"


def _replaced(table: Table, found: TableCoverage) -> Iterator[Weighed]:
    """A key that many records share: nearly always one that is too small."""
    records = found.rows + found.replaced
    if records and found.replaced > MOST_REPLACED * records:
        what = f"{found.replaced:,} of {records:,} records were replaced by another with the same key"
        key = f" ({', '.join(table.key)})" if table.key else ""
        yield LOST + found.replaced / records, f"{table.name}: {what}{key}, or withdrawn"
