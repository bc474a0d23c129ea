"""Tables for spreadsheets: CSV that Excel opens rightly, and workbooks."""

from __future__ import annotations

import csv
import io
import logging
import re
import time
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from asyncscrape.destinations import ExcelDialect
from asyncscrape.storage.files.column_types import ColumnKind, FinishedColumn
from asyncscrape.storage.files.excel_csv import write_excel_csv
from asyncscrape.storage.files.workbook import MOST_CHARACTERS, write_workbook

GERMAN = ExcelDialect(";", ",")
TYPES: Sequence[ColumnKind] = ("str", "int", "float", "decimal", "bool", "date", "datetime", "json")
FIELDS = [FinishedColumn(kind, kind) for kind in TYPES]
ROW = ("ä; b", -5, "1.5", "1234.50", "true", "2026-11-20", "2026-11-20T10:00:00.120Z", '["a"]')


def excel_csv(rows: Iterable[Sequence[Any]], *fields: FinishedColumn, dialect: ExcelDialect = GERMAN) -> bytes:
    out = io.BytesIO()
    write_excel_csv(fields or FIELDS, rows, dialect, out)
    return out.getvalue()


def cell(kind: ColumnKind, value: Any) -> str:
    """The one cell of a table, as Excel reads it."""
    text = excel_csv([(value,)], FinishedColumn("a", kind)).decode("utf-8-sig")
    [_, [found]] = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    return found


def workbook(rows: Iterable[Sequence[Any]], *fields: FinishedColumn, title: str = "item", **options: Any) -> bytes:
    out = io.BytesIO()
    write_workbook(fields or FIELDS, rows, title, None, out, **options)
    return out.getvalue()


def sheets(made: bytes) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(io.BytesIO(made))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}


def value(kind: ColumnKind, given: Any) -> Any:
    """The value of the one cell of a table."""
    [[_, (found,)]] = sheets(workbook([(given,)], FinishedColumn("a", kind))).values()
    return found


# --- CSV for Excel ----------------------------------------------------------------------------


def test_excel_gets_a_mark_crlf_and_the_signs_of_its_locale() -> None:
    expected = (
        "\ufeffstr;int;float;decimal;bool;date;datetime;json\r\n"
        '"ä; b";-5;1,5;1234,50;true;2026-11-20;2026-11-20 10:00:00,120;"[""a""]"\r\n'
        ";;;;;;;\r\n"
    )
    assert expected.encode() == excel_csv([ROW, (None,) * 8])
    english = excel_csv([("a\tb", "1.5")], FIELDS[0], FIELDS[2], dialect=ExcelDialect("\t", "."))
    assert '\ufeffstr\tfloat\r\n"a\tb"\t1.5\r\n'.encode() == english


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "-5", "\u200b=1", "\ufeff+1"]
)
def test_a_text_is_never_a_formula(text: str) -> None:
    assert f"'{text}" == cell("str", text)
    assert [f"'{text}"] == next(
        csv.reader(io.StringIO(excel_csv([], FinishedColumn(text, "str")).decode("utf-8-sig"), newline=""))
    )


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("int", -5, "-5"),
        ("float", "-1.5e-7", "-1,5e-7"),
        ("decimal", "-1E+3", "-1000"),
        ("mixed", "-5", "-5"),
        ("mixed", "-5-5", "'-5-5"),
        ("json", "-5", "-5"),
        ("str", "a=b, c-d", "a=b, c-d"),
    ],
)
def test_a_number_and_a_harmless_text_are_left_alone(kind: ColumnKind, given: Any, expected: str) -> None:
    assert expected == cell(kind, given)


def test_no_cell_holds_a_nul() -> None:
    assert ["\ufffd=1", "a\ufffdb"] == [cell("str", "\0=1").lstrip("'"), cell("str", "a\0b")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T10:00:00Z", "2026-11-20 10:00:00"),
        ("2026-11-20T10:00:00+02:00", "2026-11-20 08:00:00"),
        ("2026-11-20T10:00:00", "2026-11-20 10:00:00"),
        ("0001-01-01T00:00:00+02:00", "0001-01-01T00:00:00+02:00"),
    ],
)
def test_times_are_in_utc(text: str, expected: str) -> None:
    assert expected == cell("datetime", text)


# --- workbooks --------------------------------------------------------------------------------


def test_cells_have_their_types() -> None:
    [[header, empty, row]] = sheets(workbook([(None,) * 8, ROW])).values()
    assert tuple(TYPES) == header
    day, moment = datetime(2026, 11, 20), datetime(2026, 11, 20, 10, 0, 0, 120_000)
    assert ("ä; b", -5, 1.5, 1234.5, True, day, moment, '["a"]') == row
    assert (None,) * 8 == empty


def test_the_header_is_bold_stays_in_sight_and_filters() -> None:
    [sheet] = openpyxl.load_workbook(io.BytesIO(workbook([ROW, ROW]))).worksheets
    assert ("A2", "A1:H3") == (sheet.freeze_panes, sheet.auto_filter.ref)
    assert (True, False) == (sheet["A1"].font.b, sheet["A2"].font.b)
    assert ("yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss") == (sheet["F2"].number_format, sheet["G2"].number_format)


@pytest.mark.parametrize(
    "text", ["=1+1", "http://example.org/", "{=1}", "<r>a & b</r>", "<r></r>", "  a ", "a\nb", "-5"]
)
def test_a_text_is_never_a_formula_a_link_or_markup(text: str) -> None:
    made = workbook([(text,)], FinishedColumn("a", "str"))
    book = openpyxl.load_workbook(io.BytesIO(made))
    found = book.worksheets[0]["A2"]
    assert (text, None) == (found.value, found.hyperlink)
    assert found.data_type in ("inlineStr", "s")
    sheet = zipfile.ZipFile(io.BytesIO(made)).read("xl/worksheets/sheet1.xml")
    assert not re.search(rb"<f>|<hyperlink", sheet)


def test_characters_that_xml_cannot_hold_are_written_as_excel_writes_them() -> None:
    assert "_x0000_ _x001F_ _xFFFE_ _x005F_x0041_" == value("str", "\0 \x1f \ufffe _x0041_")


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("int", 10**15 - 1, 10**15 - 1),
        ("int", 10**15, "1000000000000000"),
        ("int", -(2**63), str(-(2**63))),
        ("float", "1e308", "1e308"),
        ("float", "5e-324", "5e-324"),
        ("float", "1e400", "1e400"),
        ("float", "-0.0", 0),
        ("decimal", "123456789012.345", 123456789012.345),
        ("decimal", "1234567890123.4567", "1234567890123.4567"),
        ("decimal", "1E+3", 1000),
        ("decimal", 2.5, 2.5),
        ("date", "1900-03-01", datetime(1900, 3, 1)),
        ("date", "1900-02-28", "1900-02-28"),
        ("date", "0001-01-01", "0001-01-01"),
        ("date", "9999-12-31", datetime(9999, 12, 31)),
        ("datetime", "9999-12-31T23:59:59.999999Z", datetime(9999, 12, 31, 23, 59, 59, 999_000)),
        ("datetime", "1900-01-01T00:00:00Z", "1900-01-01T00:00:00Z"),
        ("datetime", "0001-01-01T00:00:00+02:00", "0001-01-01T00:00:00+02:00"),
        ("mixed", "5", "5"),
    ],
)
def test_what_excel_would_change_is_text(kind: ColumnKind, given: Any, expected: Any) -> None:
    assert expected == value(kind, given)


@pytest.mark.parametrize("text", ["x" * 40_000, "😀" * 20_000, "<r>" + "x" * (MOST_CHARACTERS - 7) + "</r>yz"])
def test_a_text_that_is_too_long_is_cut_and_told(text: str, caplog: pytest.LogCaptureFixture) -> None:
    found = value("str", text)
    assert text.startswith(found)
    assert MOST_CHARACTERS - 1 <= len(found.encode("utf-16-le")) // 2 <= MOST_CHARACTERS
    told = "item.xlsx: Excel holds 32,767 characters in a cell; 1 longer text was cut, the first in column a"
    assert [told] == caplog.messages


def test_rows_that_do_not_fit_go_on_in_further_sheets(caplog: pytest.LogCaptureFixture) -> None:
    made = workbook([(n,) for n in range(5)], FinishedColumn("n", "int"), most_rows=3)
    expected = {"item": [("n",), (0,), (1,)], "item 2": [("n",), (2,), (3,)], "item 3": [("n",), (4,)]}
    assert expected == sheets(made)
    assert ["item.xlsx has 3 sheets, because Excel holds 3 rows in one"] == caplog.messages


@pytest.mark.parametrize(
    ("title", "expected"),
    [("History", "History_"), ("x" * 50, "x" * 25), ("a[b]:c*", "a_b__c_"), ("'a'", "_a_"), ("item", "item")],
)
def test_sheets_are_named_like_the_table_as_far_as_excel_allows(title: str, expected: str) -> None:
    assert [expected] == list(sheets(workbook([], title=title)))


def test_the_same_table_gives_the_same_bytes(caplog: pytest.LogCaptureFixture) -> None:
    first = workbook([ROW] * 3)
    time.sleep(2.1)  # the clock of a zip file ticks every two seconds
    assert first == workbook([ROW] * 3)
    assert [] == [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(OSError, match="No space left"):
        write_workbook(FIELDS, [ROW], "item", tmp_path, full)
    assert [] == list(tmp_path.iterdir())
