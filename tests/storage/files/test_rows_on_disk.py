"""Finished tables as CSV and Parquet: columns, types, and values that do not match them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from support.storage_journal import lines

from asyncscrape.destinations import TableForm
from asyncscrape.model import Column, FieldType, Table
from asyncscrape.storage.files.column_types import survey
from asyncscrape.storage.files.finished_rows import write_form
from asyncscrape.storage.files.line_blocks import BLOCK
from asyncscrape.storage.files.rows_on_disk import RowsOnDisk

WHERE = {"_url": "http://127.0.0.1/", "_fetched_at": "2026-11-20T10:00:00.123Z"}


def made(tmp_path: Path, form: str, about: Table, records: list[dict[str, Any]]) -> Path:
    source, target = tmp_path / "lines", tmp_path / f"table.{form}"
    source.write_bytes(lines(records))
    with target.open("wb") as out:
        write_form(RowsOnDisk(source, survey(about, source)), TableForm(form), out)
    return target


def one_column(tmp_path: Path, kind: FieldType, *values: Any) -> pl.Series:
    """The values of a Parquet column that was declared with this type."""
    records = [{"value": value, **WHERE} for value in values]
    return pl.read_parquet(made(tmp_path, "parquet", Table("t", ("value",), (Column("value", kind),)), records))[
        "value"
    ]


def cells(tmp_path: Path, about: Table, records: list[dict[str, Any]]) -> list[list[str]]:
    with made(tmp_path, "csv", about, records).open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize(
    ("kind", "values", "dtype", "expected"),
    [
        ("str", ["a", None, "ä"], pl.String(), ["a", None, "ä"]),
        ("str", [["a", "b"], None], pl.String(), ['["a","b"]', None]),
        ("str", ["a", ["b"]], pl.String(), ["a", '["b"]']),
        ("int", [1, None, -(2**63)], pl.Int64(), [1, None, -(2**63)]),
        ("int", [1, 2**63], pl.String(), ["1", str(2**63)]),
        ("int", [1, 2.5], pl.Float64(), [1.0, 2.5]),
        ("int", [1, "n/a"], pl.String(), ["1", "n/a"]),
        ("float", [1.5, None, 2], pl.Float64(), [1.5, None, 2.0]),
        ("float", [1.5, "n/a"], pl.String(), ["1.5", "n/a"]),
        ("decimal", ["1.500", None, "20"], pl.Decimal(38, 1), [Decimal("1.5"), None, Decimal(20)]),
        ("decimal", ["100", "0.00"], pl.Decimal(38, 0), [Decimal(100), Decimal(0)]),
        ("decimal", ["-9" + "0" * 37], pl.Decimal(38, 0), [Decimal("-9" + "0" * 37)]),
        ("decimal", ["9" * 30, "0.123456789"], pl.String(), ["9" * 30, "0.123456789"]),
        ("decimal", ["1.5", "NaN"], pl.String(), ["1.5", "NaN"]),
        ("decimal", ["1.25", "n/a"], pl.String(), ["1.25", "n/a"]),
        ("decimal", ["1E+3", "1E-2"], pl.Decimal(38, 2), [Decimal(1000), Decimal("0.01")]),
        ("decimal", ["1_000", " 2 ", None], pl.Decimal(38, 0), [Decimal(1000), Decimal(2), None]),
        ("decimal", [f"1.{'0' * 80}1E+0"], pl.String(), [f"1.{'0' * 80}1E+0"]),
        ("bool", [True, None, False], pl.Boolean(), [True, None, False]),
        ("bool", [True, "maybe"], pl.String(), ["true", "maybe"]),
        ("date", ["2026-11-20", None], pl.Date(), [date(2026, 11, 20), None]),
        ("date", ["2026-11-20", "soon"], pl.String(), ["2026-11-20", "soon"]),
        ("json", [{"a": [1]}, None, "x", 2**70], pl.String(), ['{"a":[1]}', None, '"x"', str(2**70)]),
    ],
)
def test_a_parquet_column_has_its_declared_type_if_all_values_fit(
    tmp_path: Path, kind: FieldType, values: list[Any], dtype: pl.DataType, expected: list[Any]
) -> None:
    column = one_column(tmp_path, kind, *values)
    assert (dtype, expected) == (column.dtype, column.to_list())


def test_times_become_utc_whatever_their_offset(tmp_path: Path) -> None:
    values = ["2026-11-20T10:00:00.123456Z", "2026-11-20T10:00:00+02:00", "2026-11-20T10:00:00", None]
    column = one_column(tmp_path, "datetime", *values)
    expected = [
        datetime(2026, 11, 20, 10, 0, 0, 123456, UTC),
        datetime(2026, 11, 20, 8, tzinfo=UTC),
        datetime(2026, 11, 20, 10, tzinfo=UTC),
        None,
    ]
    assert (pl.Datetime("us", "UTC"), expected) == (column.dtype, column.to_list())


@pytest.mark.parametrize("name", ["*", "^v.*$"])
def test_a_columns_name_is_never_read_as_a_pattern(tmp_path: Path, name: str) -> None:
    about = Table("t", (), (Column(name, "decimal"), Column("value", "datetime"), Column(f"{name}$", "datetime")))
    record = {name: "1.5", "value": "2026-11-20T10:00:00Z", f"{name}$": "2026-11-20T10:00:00", **WHERE}
    frame = pl.read_parquet(made(tmp_path, "parquet", about, [record]))
    time = datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert (Decimal("1.5"), time, time) == frame.row(0)[:3]


def test_an_empty_table_has_its_columns(tmp_path: Path) -> None:
    about = Table("t", ("id",), (Column("id", "int"), Column("at", "date"), Column("price", "decimal")))
    frame = pl.read_parquet(made(tmp_path, "parquet", about, []))
    expected = {
        "id": pl.Int64(),
        "at": pl.Date(),
        "price": pl.Decimal(38, 0),
        "_url": pl.String(),
        "_fetched_at": pl.Datetime("us", "UTC"),
    }
    assert (expected, 0) == (dict(frame.schema), frame.height)
    assert [["id", "at", "price", "_url", "_fetched_at"]] == cells(tmp_path, about, [])
    assert b"" == made(tmp_path, "jsonl", about, []).read_bytes()


def test_columns_that_nobody_declared_are_found(tmp_path: Path) -> None:
    about = Table("t", ("id",), ())
    records: list[dict[str, Any]] = [
        {"id": 1, "b": 1.5, **WHERE},
        {"id": 2, "a": [1], "b": 2, "c": None, **WHERE},
        {"id": 3, "ok": True},
    ]
    frame = pl.read_parquet(made(tmp_path, "parquet", about, records))
    expected = {
        "id": pl.Int64(),
        "b": pl.Float64(),
        "a": pl.String(),
        "c": pl.String(),
        "ok": pl.Boolean(),
        "_url": pl.String(),
        "_fetched_at": pl.Datetime("us", "UTC"),
    }
    assert expected == dict(frame.schema)
    assert list(expected) == cells(tmp_path, about, records)[0]


def test_undeclared_columns_join_the_declared_ones(tmp_path: Path) -> None:
    about = Table("t", ("id",), (Column("id", "int"), Column("name")))
    records = [{"id": 1, "extra": "x", "name": "a", **WHERE}]
    assert ["id", "name", "extra", "_url", "_fetched_at"] == cells(tmp_path, about, records)[0]


def test_the_columns_of_a_table_may_hold_where_it_comes_from(tmp_path: Path) -> None:
    about = Table("t", ("_url",), (Column("_url"), Column("n", "int")))
    assert ["_url", "n", "_fetched_at"] == cells(tmp_path, about, [{"n": 1, **WHERE}])[0]


def test_csv_keeps_to_rfc_4180(tmp_path: Path) -> None:
    columns = ("text", "tags", "ok", "none", "n")
    about = Table("t", ("text",), tuple(map(Column, columns)))
    record = {"text": 'a "b", c\r\nd', "tags": ["x", "é"], "ok": True, "none": None, "n": 2**70, **WHERE}
    path = made(tmp_path, "csv", about, [record])
    expected = (
        "text,tags,ok,none,n,_url,_fetched_at\r\n"
        '"a ""b"", c\r\nd","[""x"",""é""]",true,,1180591620717411303424,http://127.0.0.1/,2026-11-20T10:00:00.123Z\r\n'
    )
    assert expected.encode() == path.read_bytes()


def sheet(path: Path) -> pl.DataFrame:
    """The first sheet of a workbook."""
    header, *rows = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
    return pl.DataFrame(rows, schema=list(header), orient="row")


@pytest.mark.parametrize("form", TableForm)
def test_tables_of_many_blocks_are_whole_and_in_order(tmp_path: Path, form: str) -> None:
    about = Table("t", ("n",), (Column("n", "int"), Column("text")))
    path = made(tmp_path, form, about, [{"n": n, "text": "x" * (BLOCK // 300), **WHERE} for n in range(3000)])
    readers: dict[str, Callable[[Path], pl.DataFrame]] = {
        "csv": pl.read_csv,
        "parquet": pl.read_parquet,
        "jsonl": pl.read_ndjson,
        "csv-excel": pl.read_csv,
        "xlsx": sheet,
    }
    assert list(range(3000)) == readers[form](path)["n"].to_list()


def test_a_parquet_file_of_many_blocks_has_few_row_groups(tmp_path: Path) -> None:
    about = Table("t", ("n",), (Column("n", "int"), Column("text")))
    path = made(tmp_path, "parquet", about, [{"n": n, "text": "x" * 500, **WHERE} for n in range(20_000)])
    assert 20_000 == pl.scan_parquet(path).select(pl.len()).collect().item()
    assert path.stat().st_size < 500_000
