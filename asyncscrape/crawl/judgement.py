"""Whether the finished tables of a run are what was expected: if not, nothing takes the place of older ones. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from asyncscrape.errors import Reason
from asyncscrape.expectations import Missed, TableExpectation
from asyncscrape.facts import TableFacts
from asyncscrape.model import Kind, State
from asyncscrape.quality.shown_values import counted, percent
from asyncscrape.stats import Totals

NO_ROWS = TableFacts(0)


class Consent(msgspec.Struct, frozen=True):
    """What the user allows this run to do."""

    accept: bool = False
    """Take tables that miss an expectation."""
    mix: bool = False
    """Go on although the rules of stored tables have changed."""


def complaints(
    expected: Mapping[str, TableExpectation], facts: Mapping[str, TableFacts], totals: Totals, ratio: float
) -> tuple[str, ...]:
    """Everything that is not as expected, in words; `ratio` is the share of URLs that may fail."""
    missed = [one for found in facts.values() for one in found.missed]
    before = totals.facts_before
    rows = [one for table in {**before, **expected} for one in missed_rows(table, expected.get(table), facts, before)]
    return (*failures(totals, ratio), *damaged(totals), *map(told, (*rows, *missed)))


def failures(totals: Totals, ratio: float) -> Iterator[str]:
    """The complaint about failed requests, over all runs of the generation, if there are too many."""
    failed, done = (sum(totals.of(kind, state) for kind in Kind) for state in (State.FAILED, State.DONE))
    if failed and failed / (failed + done) > ratio:
        share = failed / (failed + done)
        allowed = f"max_failure_ratio allows {percent(ratio)}"
        yield f"{failed:,} of {failed + done:,} URLs failed ({percent(share)}); {allowed}"


def damaged(totals: Totals) -> Iterator[str]:
    """The complaint about kept answers that cannot be read again."""
    if number := totals.skipped.get(Reason.DAMAGED, 0):
        yield (
            f"{counted(number, 'kept answer')} cannot be read, so the tables are without what they say; the next run "
            "asks for it again (`errors --skipped` names the places)"
        )


def missed_rows(
    table: str, wanted: TableExpectation | None, facts: Mapping[str, TableFacts], before: Mapping[str, TableFacts]
) -> Iterator[Missed]:
    """The expectations of the number of rows that a table does not meet.

    One that had rows and is empty now is nobody's wish, unless `[expect]` says so.
    """
    rows, last = facts.get(table, NO_ROWS).rows, before.get(table, NO_ROWS).rows
    told_rows = counted(rows, "row")
    silent = wanted is None or (wanted.min_rows is None and wanted.drop is None)
    if silent and last and not rows and table in facts:
        yield Missed(table, "", f"0 rows; the generation before had {last:,} (rows = {{ min = 0 }} allows it)")
    if wanted is None:
        return
    if wanted.columns and not rows and not last and not wanted.min_rows:
        yield Missed(table, "", "0 rows; its columns are expected to hold values")
    if wanted.min_rows is not None and rows < wanted.min_rows:
        yield Missed(table, "", f"{told_rows}; at least {wanted.min_rows:,} are expected")
    if wanted.max_rows is not None and rows > wanted.max_rows:
        yield Missed(table, "", f"{told_rows}; at most {wanted.max_rows:,} are expected")
    if wanted.drop is not None and rows < last * (1 - wanted.drop):
        fall = f"{percent(1 - rows / last)} less than the {last:,} of the generation before"
        yield Missed(table, "", f"{told_rows}, {fall}; at most {percent(wanted.drop)} less is expected")


def told(missed: Missed) -> str:
    """An expectation that is not met, with examples and their pages."""
    place = f"{missed.table}.{missed.column}" if missed.column else missed.table
    examples = ", ".join(f"{value} ({url})" if value else url for value, url in missed.examples)
    lead = ", such as " if any(value for value, _ in missed.examples) else "; see "
    return f"{place}: {missed.what}" + (f"{lead}{examples}" if examples else "")
