"""The facts about finished tables: the same whether the table was made in memory or on the disk."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from support.storage_journal import batch

from asyncscrape.destinations import TableForm
from asyncscrape.expectations import ColumnExpectation, Missed, TableExpectation
from asyncscrape.facts import ColumnFacts, TableFacts
from asyncscrape.model import Column, FieldType, Table
from asyncscrape.storage.files.finish import NOTHING, FinishedForm
from asyncscrape.storage.files.in_memory import MOST_BYTES
from asyncscrape.storage.files.store import FileStore

WAYS = pytest.mark.parametrize("most_in_memory", [MOST_BYTES, 0], ids=["in memory", "on the disk"])
ITEM = Table(
    "item",
    ("n",),
    (
        Column("n", "int"),
        Column("name"),
        Column("price", "decimal"),
        Column("weight", "float"),
        Column("tags", "json"),
        Column("day", "date"),
        Column("at", "datetime"),
        Column("new", "bool"),
    ),
)
RECORDS = [
    {
        "n": 1,
        "name": "a",
        "price": "1.50",
        "weight": 0.5,
        "tags": ["x"],
        "day": "2021-04-08",
        "at": "2021-04-08T10:00:00Z",
    },
    {"n": 2, "name": "", "price": None, "weight": None, "tags": [], "day": None, "at": None, "new": False},
    {"n": 3, "name": "a", "price": "11.50", "weight": 2.5, "tags": ["x", "y"], "day": "2021-05-08", "new": True},
    {
        "n": 4,
        "name": "b\n " + "c" * 80,
        "price": "6.00",
        "tags": None,
        "day": "2021-04-09",
        "at": "2021-04-08T12:00:00Z",
    },
]


def placed(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {**record, "_url": f"http://h/{place}", "_fetched_at": "2026-11-20T10:00:00.123Z"}
        for place, record in enumerate(records)
    ]


async def facts_of(
    folder: Path,
    table: Table,
    records: Sequence[dict[str, Any]],
    expected: TableExpectation = NOTHING,
    most_in_memory: int = MOST_BYTES,
    forms: Sequence[TableForm] = (TableForm.PARQUET,),
) -> TableFacts:
    """The facts that a new store tells of a table with these records."""
    words = {form.value: FinishedForm(form, folder) for form in forms}
    store = FileStore(folder, [table], words, most_in_memory=most_in_memory)
    await store.open(0)
    await store.write([batch(1, *placed(records), table=table.name)])
    facts = await store.finish({table.name: expected})
    assert facts == await store.finish({table.name: expected}), "a second finish tells the same"
    await store.close()
    return facts[table.name]


@WAYS
async def test_every_column_tells_what_it_holds(tmp_path: Path, most_in_memory: int) -> None:
    found = await facts_of(tmp_path, ITEM, RECORDS, most_in_memory=most_in_memory)
    long = "b " + "c" * 57 + "…"
    first, last = "2021-04-08T10:00:00Z", "2021-04-08T12:00:00Z"
    assert (
        TableFacts(
            4,
            {
                "n": ColumnFacts(4, 4, ("1", "2"), "", 1, 4, (1, 0, 0, 1, 0, 0, 1, 0, 0, 1)),
                "name": ColumnFacts(3, 2, ("a", long), "http://h/1"),
                "price": ColumnFacts(
                    3, 3, ("1.50", "11.50"), "http://h/1", 1.5, 11.5, (1, 0, 0, 0, 1, 0, 0, 0, 0, 1)
                ),
                "weight": ColumnFacts(2, 2, ("0.5", "2.5"), "http://h/1", 0.5, 2.5, (1, *(0,) * 8, 1)),
                "tags": ColumnFacts(2, 2, ('["x"]', '["x","y"]'), "http://h/1"),
                "day": ColumnFacts(
                    3, 3, ("2021-04-08", "2021-05-08"), "http://h/1", "2021-04-08", "2021-05-08", (2, *(0,) * 8, 1)
                ),
                "at": ColumnFacts(2, 2, (first, last), "http://h/1", first, last, (1, *(0,) * 8, 1)),
                "new": ColumnFacts(2, 2, ("false", "true"), "http://h/0"),
            },
        )
        == found
    )


@WAYS
async def test_a_table_without_rows_has_facts_too(tmp_path: Path, most_in_memory: int) -> None:
    found = await facts_of(tmp_path, ITEM, [], most_in_memory=most_in_memory)
    assert TableFacts(0, {column.name: ColumnFacts(0, 0) for column in ITEM.columns}) == found


@WAYS
async def test_many_different_values_are_not_counted(tmp_path: Path, most_in_memory: int) -> None:
    table = Table("t", ("n",), (Column("n", "int"), Column("name")))
    records = [{"n": n, "name": f"name {n % 10_000}"} for n in range(10_001)]
    found = await facts_of(tmp_path, table, records, most_in_memory=most_in_memory)
    assert (None, 10_000) == (found.columns["n"].distinct, found.columns["name"].distinct)


@WAYS
async def test_only_the_newest_rows_count(tmp_path: Path, most_in_memory: int) -> None:
    records = [{"n": 1, "name": "old"}, {"n": 1, "name": "new"}]
    table = Table("t", ("n",), (Column("n", "int"), Column("name")))
    found = await facts_of(tmp_path, table, records, most_in_memory=most_in_memory)
    assert ColumnFacts(1, 1, ("new",)) == found.columns["name"]


@WAYS
async def test_what_is_expected_is_judged_by_the_finished_rows(tmp_path: Path, most_in_memory: int) -> None:
    expected = TableExpectation(
        columns={
            "name": ColumnExpectation(filled=0.9, unique=True),
            "price": ColumnExpectation(min=2),
            "tags": ColumnExpectation(filled=0.6),
            "day": ColumnExpectation(max="2021-04-09"),
            "weight": ColumnExpectation(min=0),
        }
    )
    found = await facts_of(tmp_path, ITEM, RECORDS, expected, most_in_memory)
    assert (
        Missed("item", "name", "1 of 4 values is empty; expected: 90 % filled", (("", "http://h/1"),)),
        Missed("item", "name", "1 of 3 values repeats an earlier one", (("a", "http://h/2"),)),
        Missed("item", "price", "1 of 3 values is below 2", (("1.50", "http://h/0"),)),
        Missed(
            "item", "tags", "2 of 4 values are empty; expected: 60 % filled", (("", "http://h/1"), ("", "http://h/3"))
        ),
        Missed("item", "day", "1 of 3 values is above 2021-04-09", (("2021-05-08", "http://h/2"),)),
    ) == found.missed


@WAYS
async def test_other_expectations_are_judged_anew(tmp_path: Path, most_in_memory: int) -> None:
    store = FileStore(
        tmp_path, [ITEM], {"parquet": FinishedForm(TableForm.PARQUET, tmp_path)}, most_in_memory=most_in_memory
    )
    await store.open(0)
    await store.write([batch(1, *placed(RECORDS))])
    assert () == (await store.finish())["item"].missed
    few = TableExpectation(columns={"n": ColumnExpectation(max=3)})
    expected = (Missed("item", "n", "1 of 4 values is above 3", (("4", "http://h/3"),)),)
    assert expected == (await store.finish({"item": few}))["item"].missed
    assert () == (await store.finish())["item"].missed


async def test_columns_that_nobody_declared_and_values_of_other_types_are_told_too(tmp_path: Path) -> None:
    records = [{"n": 1, "price": 1.5, "extra": [1]}, {"n": 2, "price": "n/a", "extra": None}, {"n": 3, "price": 2}]
    found = await facts_of(tmp_path, ITEM, records)
    assert ColumnFacts(3, 3, ("1.5", "n/a")) == found.columns["price"]
    assert ColumnFacts(1, 1, ("[1]",), "http://h/1") == found.columns["extra"]


@pytest.mark.parametrize("kind", ["int", "float", "date"])
async def test_the_bars_of_a_large_table_are_a_fair_sample(tmp_path: Path, kind: FieldType) -> None:
    """Rows come sorted, so a sample of the first ones would show nothing of the others."""
    table = Table("t", ("n",), (Column("n", kind),))
    values = [f"{2000 + n // 300}-01-{1 + n // 30 % 10:02}" if kind == "date" else n for n in range(30_000)]
    records = [{"n": value} for value in values]
    found = await facts_of(tmp_path, Table("t", (), table.columns), records, most_in_memory=0)
    bars = found.columns["n"].bars
    assert 4096 <= sum(bars) <= 8192
    assert max(bars) - min(bars) < sum(bars) / 10 * 0.2


JSONL_ONLY = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, "tests")
from storage.files.test_facts import ITEM, RECORDS, TableForm, facts_of
folder = Path(sys.argv[1])
found = asyncio.run(facts_of(folder, ITEM, RECORDS, forms=(TableForm.JSONL, )))
assert found.rows == 4 and found.columns["price"].greatest == 11.5, found
assert "polars" not in sys.modules
"""


def test_lines_alone_need_no_polars_for_their_facts(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", JSONL_ONLY, str(tmp_path)], capture_output=True, text=True)
    assert ("", 0) == (ended.stderr, ended.returncode)


@WAYS
@pytest.mark.parametrize("forms", [(TableForm.PARQUET,), (TableForm.JSONL,)])
async def test_an_expected_column_that_no_row_has_is_empty(
    tmp_path: Path, most_in_memory: int, forms: Sequence[TableForm]
) -> None:
    expected = TableExpectation(columns={"stock": ColumnExpectation(filled=0.5)})
    free = Table("free", ("n",), ())
    facts = await facts_of(tmp_path, free, [{"n": 1}, {"n": 2}], expected, most_in_memory, forms)
    assert ColumnFacts(0, 0, (), "http://h/0") == facts.columns["stock"]
    assert ["stock"] == [one.column for one in facts.missed]
    assert () == (await facts_of(tmp_path / "none", free, [], expected, most_in_memory, forms)).missed
