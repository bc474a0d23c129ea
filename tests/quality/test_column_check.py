"""The check of a column's values: what it finds, counts and shows, for values from JSON and from databases."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from asyncscrape.expectations import ColumnExpectation, Missed
from asyncscrape.quality.column_check import ColumnCheck
from asyncscrape.quality.pattern_process import PatternProcess, Undecided
from asyncscrape.quality.shown_values import example

Examples = tuple[tuple[str, str], ...]


def missed(expected: ColumnExpectation, *blocks: Sequence[Any]) -> list[tuple[str, Examples]]:
    """What the values miss; the pages are numbered."""
    check = ColumnCheck("item", "price", expected)
    number = 0
    for block in blocks:
        check.note(block, [f"/{number + place}" for place in range(len(block))])
        number += len(block)
    found = check.missed()
    assert all(one == Missed("item", "price", one.what, one.examples) for one in found)
    return [(one.what, one.examples) for one in found]


def test_nothing_expected_is_met_by_anything() -> None:
    assert [] == missed(ColumnExpectation(), [None, 1, "x", []])


def test_empty_values_count_against_the_share_that_is_filled() -> None:
    values = [[1, None, "", 2], [[], {}, 0, False]]
    assert [] == missed(ColumnExpectation(filled=0.5), *values)
    expected = "4 of 8 values are empty; expected: 51 % filled", (("", "/1"), ("", "/2"), ("", "/4"))
    assert [expected] == missed(ColumnExpectation(filled=0.51), *values)


def test_a_share_that_is_just_met_is_met() -> None:
    assert [] == missed(ColumnExpectation(filled=0.07), [1] * 7 + [None] * 93)


def test_a_table_without_rows_has_no_share_to_judge() -> None:
    assert [] == missed(ColumnExpectation(filled=1.0, min=0), [])


@pytest.mark.parametrize("convert", [int, float, Decimal, lambda number: f"{number}.00"])
def test_numbers_are_compared_as_numbers(convert: Any) -> None:
    below = ("1 of 3 values is below 9", ((convert_text(convert(-10)), "/2"),))
    above = ("1 of 3 values is above 99", ((convert_text(convert(100)), "/0"),))
    values = [convert(100)], [convert(9), convert(-10)]
    assert [below, above] == missed(ColumnExpectation(min=9, max=99), *values)


def convert_text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def test_dates_and_times_are_compared_as_such() -> None:
    days: list[Any] = ["2021-04-08", date(2021, 4, 9), None]
    assert [("1 of 2 values is above 2021-04-08", (("2021-04-09", "/1"),))] == missed(
        ColumnExpectation(max="2021-04-08"), days
    )
    # 01:00 in Berlin is before midnight in UTC
    moments: list[Any] = ["2021-04-08T01:00:00+02:00", datetime(2021, 4, 8, tzinfo=UTC), "2021-04-08T00:00:00.5Z"]
    assert [("1 of 3 values is below 2021-04-08T00:00:00Z", (("2021-04-08T01:00:00+02:00", "/0"),))] == missed(
        ColumnExpectation(min="2021-04-08T00:00:00Z"), moments
    )


def test_what_cannot_be_compared_is_told_apart() -> None:
    expected = "2 of 3 values cannot be compared with 0", (("n/a", "/1"), ("[1]", "/2"))
    assert [expected] == missed(ColumnExpectation(min=0), [1, "n/a", [1]])


def test_repeated_values_are_found_within_and_across_blocks() -> None:
    blocks = ["a", "b", None, None], ["c", "a"], ["c", "c"]
    expected = "3 of 6 values repeat an earlier one", (("a", "/5"), ("c", "/6"), ("c", "/7"))
    assert [expected] == missed(ColumnExpectation(unique=True), *blocks)
    assert [] == missed(ColumnExpectation(unique=True), ["-1", "-2", [1], [2]], [-1, -2])


def test_a_pattern_that_could_be_matched_for_years_is_told_and_ends() -> None:
    check = ColumnCheck("item", "price", ColumnExpectation(pattern="(a+)+b"), patience=0.05)
    for block in (["ab"], ["c", "a" * 40], ["ab"]):
        check.note(block, [""] * len(block))
    (found,) = check.missed()
    assert ("price", ()) == (found.column, found.examples)
    assert found.what.startswith("whether its values match (a+)+b cannot be told within")


def test_a_pattern_holds_no_process_between_blocks() -> None:
    check = ColumnCheck("item", "price", ColumnExpectation(pattern="a+"))
    children = Path(f"/proc/self/task/{threading.get_native_id()}/children")
    before = children.read_text()
    check.note(["a", "b"], ["/0", "/1"])
    assert before == children.read_text(), "whether or not somebody asks what was missed"


def test_the_time_for_a_pattern_is_for_all_blocks_together() -> None:
    matching = PatternProcess("(a+)+b", seconds=0.15)
    with pytest.raises(Undecided):
        for _ in range(100):
            matching.others(["a" * 20])


def test_a_pattern_must_match_the_whole_value() -> None:
    expected = "2 of 4 values do not match [A-Z]{2}", (("ABC", "/1"), ("a", "/3"))
    assert [expected] == missed(ColumnExpectation(pattern="[A-Z]{2}"), ["AB", "ABC", "CD", "a"])
    assert [] == missed(ColumnExpectation(pattern=r"\d+\.\d"), [1.5, Decimal("2.5")])


def test_examples_are_three_at_most_and_shortened() -> None:
    found = missed(ColumnExpectation(pattern="x"), [f"{'long ' * 30}\n{n}" for n in range(9)])
    ((_, examples),) = found
    assert ["/0", "/1", "/2"] == [url for _, url in examples]
    assert {60} >= {len(text) for text, _ in examples}
    assert examples[0][0].endswith(" lon…") or examples[0][0].endswith("long…")


def test_an_example_does_not_control_the_terminal() -> None:
    assert "a \ufffd[2J b\ufffd c\u200dd" == example("a\t\x1b[2J\nb\u202e c\u200dd")
