"""The rows of a finished table, however they were made, and the forms they are written in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol

from asyncscrape.destinations import ExcelDialect, TableForm
from asyncscrape.storage.files.column_types import FinishedColumn
from asyncscrape.storage.files.excel_csv import write_excel_csv
from asyncscrape.storage.files.workbook import write_workbook


class FinishedRows(Protocol):
    """Rows sorted by key, with each key once in its newest version."""

    @property
    def fields(self) -> Sequence[FinishedColumn]:
        """The columns."""

    @property
    def count(self) -> int:
        """The number of rows."""

    def cells(self) -> Iterator[Iterable[Any]]:
        """The values of each row: integers as such, decimals as they came, everything else as text like in JSON."""

    def write_parquet(self, out: BinaryIO) -> None:
        """Write typed columns."""

    def write_csv(self, out: BinaryIO) -> None:
        """Write RFC 4180 in UTF-8 with a header; nested values are JSON text, null is an empty cell, and NUL is
        U+FFFD."""

    def write_jsonl(self, out: BinaryIO) -> None:
        """Write the JSON lines as they came, each with its origin."""


class SheetOptions(NamedTuple):
    """What a spreadsheet takes besides its rows."""

    title: str = "table"
    excel: ExcelDialect = ExcelDialect()
    scratch: Path | None = None
    """The folder for temporary files; None means the system's."""


PLAIN = SheetOptions()


def write_form(rows: FinishedRows, form: TableForm, out: BinaryIO, sheet: SheetOptions = PLAIN) -> None:
    """Write the rows in one form."""
    match form:
        case TableForm.PARQUET:
            rows.write_parquet(out)
        case TableForm.CSV:
            rows.write_csv(out)
        case TableForm.JSONL:
            rows.write_jsonl(out)
        case TableForm.CSV_EXCEL:
            write_excel_csv(rows.fields, rows.cells(), sheet.excel, out)
        case TableForm.XLSX:
            write_workbook(rows.fields, rows.cells(), sheet.title, sheet.scratch, out)
