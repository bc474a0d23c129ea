"""Finished tables, written by the file store, are read back with the same values from every form."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from support.storage_journal import SEEN, batch

from asyncscrape.analysis.finished_tables import READABLE, in_types, read_table
from asyncscrape.config.stores import record_store
from asyncscrape.destinations import TableForm
from asyncscrape.errors import UsageError
from asyncscrape.model import Column, Table
from asyncscrape.storage.build import build_stores

TABLE = Table(
    "t",
    ("id",),
    (
        Column("id", "int"),
        Column("text"),
        Column("share", "float"),
        Column("price", "decimal"),
        Column("there", "bool"),
        Column("on", "date"),
        Column("at", "datetime"),
        Column("tags", "json"),
    ),
)
TYPES = {
    "id": pl.Int64(),
    "text": pl.String(),
    "share": pl.Float64(),
    "price": pl.Float64(),
    "there": pl.Boolean(),
    "on": pl.Date(),
    "at": pl.Datetime("us", "UTC"),
    "tags": pl.List(pl.String()),
    "new": pl.Int64(),
}
SENT: dict[str, Any] = {
    "id": 2**62,
    "text": 'שלום, "a"\nb',
    "share": 0.25,
    "price": "3.20",
    "there": False,
    "on": "2024-02-29",
    "at": "2024-02-29T23:59:01.500Z",
    "tags": ["deep house", 'a "b"', ""],
}
READ = SENT | {
    "price": 3.2,
    "on": date(2024, 2, 29),
    "at": datetime(2024, 2, 29, 23, 59, 1, 500_000, tzinfo=UTC),
    "new": None,
}


async def read_back(folder: Path, form: TableForm, rows: list[dict[str, Any]]) -> pl.DataFrame:
    [store] = build_stores([record_store(form)], folder, [TABLE])
    await store.open(0)
    found = {"_url": "http://h/1", "_fetched_at": SEEN}
    await store.write([batch(1, *(row | found for row in rows), table="t")] if rows else [])
    await store.finish()
    await store.close()
    return in_types(read_table(folder / form.file_name("t"), TABLE), TYPES)


@pytest.mark.parametrize("form", READABLE)
async def test_every_form_gives_the_same_values(tmp_path: Path, form: TableForm) -> None:
    nothing = dict.fromkeys(SENT) | {"id": 1, "tags": []}
    found = await read_back(tmp_path, form, [SENT, nothing])
    assert TYPES == dict(found.schema)
    assert [dict.fromkeys(READ) | {"id": 1, "tags": []}, READ] == found.sort("id").to_dicts()


@pytest.mark.parametrize("form", READABLE)
async def test_a_table_without_rows_has_its_columns(tmp_path: Path, form: TableForm) -> None:
    found = await read_back(tmp_path, form, [])
    assert (0, TYPES) == (found.height, dict(found.schema))


def test_a_value_that_does_not_fit_is_missing() -> None:
    columns = {"id": ["x", "7"], "share": ["n/a", " 1e3 "], "there": ["yes", "true"], "on": ["1.2.2024", ""]}
    texts = pl.DataFrame(columns)
    found = in_types(texts, {name: TYPES[name] for name in texts.columns})
    assert [(None, None, None, None), (7, 1000.0, True, None)] == found.rows()
    numbers = pl.DataFrame({"id": [1.0, 2.5], "price": [Decimal("1.10"), None]})
    assert [(1, 1.1), (2, None)] == in_types(numbers, {"id": TYPES["id"], "price": TYPES["price"]}).rows()


def test_a_list_that_does_not_fit_is_missing_and_the_others_stay() -> None:
    written = ['["a", null, "b"]', "[]", "not json", '[{"x": 1}]', "", None]
    found = in_types(pl.DataFrame({"tags": written}), {"tags": pl.List(pl.String())})
    assert [["a", None, "b"], [], None, None, None, None] == found["tags"].to_list()


def test_a_time_that_is_in_no_calendar_is_missing() -> None:
    days = pl.Series([-(2**31), -719_163, -719_162, 2_932_896, 2_932_897, 2**31 - 1], dtype=pl.Int32).cast(pl.Date)
    found = in_types(pl.DataFrame({"on": days}), {"on": TYPES["on"]})["on"].to_list()
    assert [None, None, date.min, date.max, None, None] == found
    moments = pl.Series([-(2**63), 0, 2**63 - 1]).cast(pl.Datetime("us", "UTC"))
    at = in_types(pl.DataFrame({"at": moments}), {"at": TYPES["at"]})["at"].to_list()
    assert [None, datetime(1970, 1, 1, tzinfo=UTC), None] == at
    texts = pl.DataFrame({"on": ["0000-05-01", "99999-01-01", "2024-02-30"]})
    assert [None] * 3 == in_types(texts, {"on": TYPES["on"]})["on"].to_list()


@pytest.mark.parametrize("form", READABLE)
async def test_a_day_that_is_in_no_month_is_missing_in_every_form(tmp_path: Path, form: TableForm) -> None:
    found = await read_back(tmp_path, form, [SENT | {"on": "2024-02-30"}])
    assert [None] == found["on"].to_list()


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_a_damaged_file_is_told_with_what_to_do(tmp_path: Path, form: str) -> None:
    (tmp_path / f"item.{form}").write_bytes(b"PAR1 {cut off")
    with pytest.raises(UsageError, match=rf"item\.{form} cannot be read.*asyncscrape tables"):
        read_table(tmp_path / f"item.{form}", Table("item", ("id",), (Column("id"),)))
