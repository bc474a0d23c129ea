"""`expect`: the blocks are valid, are met by the tables they were made from, and miss a worse table."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.config_files import MINIMAL, loaded
from support.forked_command import run

from asyncscrape.commands.expect import blocks
from asyncscrape.expectations import ColumnExpectation, TableExpectation
from asyncscrape.facts import ColumnFacts, TableFacts
from asyncscrape.quality.proposal import proposal

JOB = """\
name = "c"
seeds = ["https://example.org/"]
[[page]]
match = "/*"
table = "the items"
[page.fields]
"the url" = "@url"
price = { css = ".price", type = "float" }
change = { css = ".change", type = "float" }
day = { css = "time", type = "date" }
n = { css = ".n", type = "int" }
cover = "img::attr(src)"
"""
FACTS = TableFacts(
    237,
    {
        "the url": ColumnFacts(237, 237, ("http://h/1",)),
        "price": ColumnFacts(236, 230, ("1.5",), "http://h/9", 0.99, 1299.0),
        "change": ColumnFacts(237, 237, ("-3",), "", -3.5, 4.0),
        "day": ColumnFacts(118, 237, ("2021-04-08",), "", "2021-04-08", "2021-05-08"),
        "n": ColumnFacts(237, 237, ("1",), "", 1, 237),
        "cover": ColumnFacts(0, 0, (), "http://h/1"),
    },
)


def test_the_blocks_are_toml_that_the_config_understands(tmp_path: Path) -> None:
    some = {"a": ColumnFacts(9)}
    tables = {"the items": FACTS, "empty": TableFacts(0, some), "blobs": TableFacts(9, some)}
    text = "\n".join(blocks(tables, {"the items": ["the url"]}))
    assert {
        "the items": TableExpectation(
            210,
            None,
            0.2,
            {
                "the url": ColumnExpectation(0.98, unique=True),
                "price": ColumnExpectation(0.98, 0, 100_000),
                "change": ColumnExpectation(0.98),
                "day": ColumnExpectation(0.49),
                "n": ColumnExpectation(0.98, 0, 10_000),
            },
        )
    } == loaded(tmp_path, JOB + text).expectations


@pytest.mark.parametrize(("rows", "least"), [(1, 1), (9, 8), (70, 63), (1482, 1300), (5_000_000, 4_500_000)])
def test_about_nine_tenths_of_the_rows_are_expected(rows: int, least: int) -> None:
    assert least == proposal(TableFacts(rows)).min_rows


@pytest.mark.parametrize("greatest", [0, 1, 9.99, 10, 1e9])
def test_bounds_leave_room(greatest: float) -> None:
    column = proposal(TableFacts(9, {"a": ColumnFacts(9, 9, (), "", 0, greatest)})).columns["a"]
    assert column.min == 0
    assert column.max is None or 10 * greatest <= float(column.max) <= 100 * greatest


@pytest.mark.parametrize(("key", "unique"), [((), False), (("a",), True), (("a", "b"), False)])
def test_only_a_key_is_called_unique(key: tuple[str, ...], unique: bool) -> None:
    assert unique == proposal(TableFacts(99, {"a": ColumnFacts(99, 99)}), key).columns["a"].unique


def test_before_the_first_run_it_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(MINIMAL)
    ended = run("expect", tmp_path / "c.toml", "--data", tmp_path)
    assert (2, "") == (ended.code, ended.out)
    assert "no table of catalog has been finished with rows in it; run the job to its end first" in ended.err
