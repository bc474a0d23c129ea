"""The part of a summary that tells what was found: gaps in columns, and what looks wrong."""

from __future__ import annotations

import io

import msgspec
from rich.console import Console, Group

from asyncscrape.stats import MOST_LEFT, ColumnCoverage, RunState, ShownState, Snapshot, TableCoverage
from asyncscrape.views.tables import findings, summary

NOTHING = dict.fromkeys(ShownState, 0)


def shown(snapshot: Snapshot) -> list[str]:
    console = Console(file=io.StringIO(), width=60)
    console.print(Group(*findings(snapshot)))
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().split("\n")]


def snapshot(coverage: dict[str, TableCoverage], *warnings: str) -> Snapshot:
    return Snapshot("c", RunState.FINISHED, NOTHING, NOTHING, {}, {}, coverage=coverage, warnings=warnings)


def test_columns_that_are_not_full_are_told_each_with_a_page() -> None:
    columns = {
        "url": ColumnCoverage(1.0),
        "price": ColumnCoverage(0.4849, empty_at="http://h/1"),
        "name": ColumnCoverage(0.9999),
        "cover": ColumnCoverage(0.0),
    }
    tables = {
        "item": TableCoverage(70, columns=columns),
        "full": TableCoverage(3, columns={"url": ColumnCoverage(1.0)}),
        "blobs": TableCoverage(3, columns={"width": ColumnCoverage(0.0)}),
        "none": TableCoverage(0, columns={"url": ColumnCoverage(0.0)}),
        "unmade": TableCoverage(5, columns={"url": ColumnCoverage(misfit=2)}),
    }
    assert [
        "",
        "filled in part",
        "item:  price 48 %, empty on http://h/1",
        "       name 99 %",
        "       cover 0 %",
        "",
    ] == shown(snapshot(tables))


def test_warnings_are_numbered() -> None:
    assert ["", "look at", "1.  first", "2.  second", ""] == shown(snapshot({}, "first", "second"))


def test_a_run_without_gaps_says_nothing() -> None:
    assert [""] == shown(snapshot({}))[:1]


def test_the_summary_says_why_rows_were_left_out_and_how_many_records_were_replaced() -> None:
    told = snapshot({"item": TableCoverage(9, 1, {"price": 12, "url": 1}), "row": TableCoverage(9, 1200)})
    console = Console(file=io.StringIO(), width=100)
    console.print(summary(told, [], []))
    assert isinstance(console.file, io.StringIO)
    lines = [line.strip() for line in console.file.getvalue().split("\n")]
    assert ["rows      9 in item", "9 in row"] == lines[lines.index("9 in row") - 1 :][:2]
    start = lines.index("left out  12 rows of item, because `price` was empty")
    assert [
        "1 row of item, because `url` was empty",
        "replaced  1 record of item, by newer ones with the same key or by a withdrawal",
        "1,200 records of row, by newer ones with the same key or by a withdrawal",
    ] == lines[start + 1 : start + 4]


def test_the_summary_says_which_links_were_not_followed_and_which_records_were_merged() -> None:
    told = snapshot({"item": TableCoverage(9, 3, merged=True)})
    console = Console(file=io.StringIO(), width=100)
    console.print(
        summary(msgspec.structs.replace(told, skipped={"scope": 1200, "nofollow": 1, "depth": MOST_LEFT}), [], [])
    )
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "1,200 links not followed: scope" in shown
    assert "1 link not followed: nofollow" in shown
    assert "at least 10,000 links not followed: depth" in shown
    assert "merged    3 records of item, with others of the same key" in shown
    assert "replaced" not in shown


def test_a_run_that_missed_something_is_not_called_merely_finished() -> None:
    console = Console(file=io.StringIO(), width=100)
    console.print(summary(msgspec.structs.replace(snapshot({}), exit=3), [], []))
    assert isinstance(console.file, io.StringIO)
    assert "finished, but not as expected" in console.file.getvalue()
