"""Whether finished tables are as expected: the number of their rows, their values, and the URLs that failed."""

from __future__ import annotations

import pytest

from asyncscrape.crawl.judgement import complaints
from asyncscrape.expectations import ColumnExpectation, Missed, TableExpectation
from asyncscrape.facts import TableFacts
from asyncscrape.model import Kind, State
from asyncscrape.stats import Totals

PAGE = "http://shop.test/1"


@pytest.mark.parametrize(
    ("wanted", "rows", "told"),
    [
        (TableExpectation(min_rows=3), 3, ()),
        (TableExpectation(min_rows=3), 2, ("item: 2 rows; at least 3 are expected",)),
        (TableExpectation(max_rows=3), 3, ()),
        (TableExpectation(max_rows=3), 4000, ("item: 4,000 rows; at most 3 are expected",)),
        (TableExpectation(min_rows=1), 0, ("item: 0 rows; at least 1 are expected",)),
        (TableExpectation(drop=0.2), 80, ()),
        (
            TableExpectation(drop=0.2),
            70,
            ("item: 70 rows, 30 % less than the 100 of the generation before; at most 20 % less is expected",),
        ),
        (TableExpectation(), 0, ("item: 0 rows; the generation before had 100 (rows = { min = 0 } allows it)",)),
        (None, 0, ("item: 0 rows; the generation before had 100 (rows = { min = 0 } allows it)",)),
        (None, 1, ()),
        (TableExpectation(min_rows=0), 0, ()),
        (
            TableExpectation(columns={"price": ColumnExpectation(filled=1.0)}),
            0,
            ("item: 0 rows; the generation before had 100 (rows = { min = 0 } allows it)",),
        ),
    ],
)
def test_the_number_of_rows_is_judged(wanted: TableExpectation | None, rows: int, told: tuple[str, ...]) -> None:
    before = Totals(facts_before={"item": TableFacts(100)})
    expected = {} if wanted is None else {"item": wanted}
    assert told == complaints(expected, {"item": TableFacts(rows)}, before, 1.0)


def test_columns_are_not_as_expected_where_there_are_no_rows() -> None:
    expected = {"item": TableExpectation(columns={"price": ColumnExpectation(filled=1.0)})}
    assert ("item: 0 rows; its columns are expected to hold values",) == complaints(
        expected, {"item": TableFacts(0)}, Totals(), 1.0
    )


def test_a_first_generation_cannot_drop() -> None:
    assert () == complaints({"item": TableExpectation(drop=0)}, {"item": TableFacts(1)}, Totals(), 1.0)


def test_a_table_without_any_record_has_no_rows() -> None:
    assert ("item: 0 rows; at least 1 are expected",) == complaints(
        {"item": TableExpectation(min_rows=1)}, {}, Totals(), 1.0
    )


def test_values_that_are_not_as_expected_are_told_with_examples_and_pages() -> None:
    missed = Missed("item", "price", "2 of 9 values are below 0", (("-3", PAGE), ("", PAGE)))
    facts = {"item": TableFacts(9, missed=(missed,))}
    assert (f"item.price: 2 of 9 values are below 0, such as -3 ({PAGE}), {PAGE}",) == complaints(
        {}, facts, Totals(), 1.0
    )


def test_pages_without_a_value_are_named_to_be_seen() -> None:
    missed = Missed("item", "price", "2 of 9 values are empty; expected: 95 % filled", (("", PAGE), ("", PAGE)))
    assert (f"item.price: {missed.what}; see {PAGE}, {PAGE}",) == complaints(
        {}, {"item": TableFacts(9, missed=(missed,))}, Totals(), 1.0
    )


@pytest.mark.parametrize(("failed", "ratio", "told"), [(1, 0.5, 0), (5, 0.5, 0), (6, 0.5, 1), (0, 0, 0), (1, 0, 1)])
def test_more_failures_than_allowed_are_a_complaint(failed: int, ratio: float, told: int) -> None:
    totals = Totals({Kind.PAGE: {State.FAILED: failed, State.DONE: 10 - failed}})
    assert told == len(complaints({}, {}, totals, ratio))


def test_failures_are_counted_in_words() -> None:
    totals = Totals({Kind.PAGE: {State.FAILED: 1, State.DONE: 3}, Kind.BLOB: {State.FAILED: 1}})
    assert ("2 of 5 URLs failed (40 %); max_failure_ratio allows 5 %",) == complaints({}, {}, totals, 0.05)
