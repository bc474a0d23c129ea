"""The part of a summary that tells what was found: gaps in columns, and what looks wrong."""

from __future__ import annotations

import io

from rich.console import Console, Group

from asyncscrape.stats import ColumnCoverage, RunState, ShownState, Snapshot, TableCoverage
from asyncscrape.views.tables import findings, summary

NOTHING = dict.fromkeys(ShownState, 0)


def shown(snapshot: Snapshot) -> list[str]:
    console = Console(file=io.StringIO(), width=60)
    console.print(Group(*findings(snapshot)))
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().split("\n")]


def snapshot(coverage: dict[str, TableCoverage], *warnings: str) -> Snapshot:
    return Snapshot("c", RunState.FINISHED, NOTHING, NOTHING, {}, {}, coverage=coverage, warnings=warnings)


def test_columns_that_are_not_full_are_told_in_one_line_a_table() -> None:
    columns = {
        "url": ColumnCoverage(1.0),
        "price": ColumnCoverage(0.4849),
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
        "item:  price 48 %, name 99 %, cover 0 %",
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
    start = lines.index("left out  12 rows of item, because `price` was empty")
    assert [
        "1 row of item, because `url` was empty",
        "replaced  1 record of item, by newer ones with the same key",
        "1,200 records of row, by newer ones with the same key",
    ] == lines[start + 1 : start + 4]
