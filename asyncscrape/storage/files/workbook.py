"""Excel workbooks, written row by row, so that memory holds one row at a time.

Texts are never formulas or links. Excel rounds numbers to 15 digits and knows no day before March 1900 by its right
weekday, so longer numbers and earlier days become text, and nothing is changed on the way.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, BinaryIO

from asyncscrape.storage.files.column_types import ColumnKind, FinishedColumn
from asyncscrape.storage.files.sheet_times import day_of, utc

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

log = logging.getLogger(__name__)

MOST_ROWS = 1_048_576
"""Rows of a sheet, with its header."""
MOST_COLUMNS = 16_384
MOST_CHARACTERS = 32_767
DIGITS = 15
LEAST, GREATEST = 1e-307, 9.99e307
FIRST_MONTH = (1900, 3)
MADE = datetime(2000, 1, 1)
"""The same table gives the same bytes, whenever it is made."""
OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
WIDTHS: Mapping[ColumnKind, int] = {"date": 12, "datetime": 20}

WriteCell = Callable[["Worksheet", int, int, Any], bool]
"""Writes a value into a cell; whether it fitted."""


def write_workbook(
    fields: Sequence[FinishedColumn],
    rows: Iterable[Iterable[Any]],
    title: str,
    scratch: Path | None,
    out: BinaryIO,
    most_rows: int = MOST_ROWS,
) -> None:
    """Write a sheet with a header and the rows; those that do not fit go on in further sheets."""
    from xlsxwriter.exceptions import FileCreateError
    from xlsxwriter.workbook import Workbook

    if len(fields) > MOST_COLUMNS:
        log.warning("%s.xlsx lacks columns: Excel holds %s of the %s", title, f"{MOST_COLUMNS:,}", f"{len(fields):,}")
    with TemporaryDirectory(dir=scratch) as folder:
        book = Workbook(_ZipTarget(out), {**OPTIONS, "tmpdir": folder})
        book.use_zip64()
        book.set_properties({"created": MADE})
        sheets = _Sheets(book, title, fields[:MOST_COLUMNS], most_rows)
        for row in rows:
            sheets.add(row)
        sheets.complete()
        try:
            book.close()
        except FileCreateError as error:
            raise error.args[0] from None


class _ZipTarget:
    """The file of a zip archive, which writes once more when it is collected, even after the disk was full."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._failed = False

    def write(self, data: bytes) -> int:
        """Write, unless that has failed before."""
        return self._do(lambda: self._out.write(data))

    def tell(self) -> int:
        """The place in the file."""
        return self._do(self._out.tell)

    def seek(self, *place: int) -> int:
        """Go to a place."""
        return self._do(lambda: self._out.seek(*place))

    def flush(self) -> None:
        """Give everything to the system."""
        self._do(self._out.flush)

    def _do(self, step: Callable[[], int | None]) -> int:
        try:
            return 0 if self._failed else step() or 0
        except OSError:
            self._failed = True
            raise


class _Sheets:
    """The sheets of a table, filled one after the other."""

    def __init__(self, book: Workbook, title: str, fields: Sequence[FinishedColumn], most_rows: int) -> None:
        self._book, self._title, self._fields, self._most_rows = book, title, fields, most_rows
        self._bold = book.add_format({"bold": True})
        writers = _cell_writers(book)
        self._writers: list[WriteCell] = [writers.get(field.kind, _text) for field in fields]
        self._cut, self._first_cut = 0, ""
        self._sheet, self._next = self._new_sheet(), 1

    def add(self, row: Iterable[Any]) -> None:
        """Write one row."""
        if self._next == self._most_rows:
            self._end_sheet()
            self._sheet, self._next = self._new_sheet(), 1
        # A workbook of the most columns may get rows with more.
        for column, (write, value) in enumerate(zip(self._writers, row, strict=False)):
            if value not in (None, "") and not write(self._sheet, self._next, column, value):
                self._cut += 1
                self._first_cut = self._first_cut or self._fields[column].name
        self._next += 1

    def complete(self) -> None:
        """End the last sheet, and tell what Excel could not hold."""
        self._end_sheet()
        if (sheets := len(self._book.worksheets())) > 1:
            most = f"{self._most_rows:,}"
            log.warning("%s.xlsx has %s sheets, because Excel holds %s rows in one", self._title, sheets, most)
        if self._cut:
            most, cut = (
                f"{MOST_CHARACTERS:,}",
                f"{self._cut:,} longer {'text was' if self._cut == 1 else 'texts were'}",
            )
            about = "%s.xlsx: Excel holds %s characters in a cell; %s cut, the first in column %s"
            log.warning(about, self._title, most, cut, self._first_cut)

    def _new_sheet(self) -> Worksheet:
        sheet = self._book.add_worksheet(_sheet_name(self._title, len(self._book.worksheets()) + 1))
        sheet.freeze_panes(1, 0)
        for column, field in enumerate(self._fields):
            sheet.set_column(column, column, max(WIDTHS.get(field.kind, 10), min(len(field.name) + 3, 40)))
            _text(sheet, 0, column, field.name, self._bold)
        return sheet

    def _end_sheet(self) -> None:
        if self._fields:
            self._sheet.autofilter(0, 0, self._next - 1, len(self._fields) - 1)


def _sheet_name(title: str, number: int) -> str:
    """A name that Excel allows: at most 31 characters, and not "History", which it needs itself."""
    plain = re.sub(r"[\[\]:*?/\\']", "_", title).encode("utf-16-le")[:50].decode("utf-16-le", "ignore")
    own = f"{plain}_" if plain.lower() == "history" else plain
    return own if number == 1 else f"{own} {number}"


# Cells


def _cell_writers(book: Workbook) -> Mapping[ColumnKind, WriteCell]:
    """A function for each kind of column that writes one of its values into a cell; all other kinds are text."""
    day, time = (book.add_format({"num_format": form}) for form in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"))
    return {
        "int": _integer,
        "float": _float,
        "decimal": _decimal,
        "bool": lambda sheet, row, column, value: not sheet.write_boolean(row, column, value == "true"),
        "date": partial(_moment, read=day_of, look=day),
        "datetime": partial(_moment, read=utc, look=time),
    }


def _text(sheet: Worksheet, row: int, column: int, text: str, *look: Format) -> bool:
    whole = len(text) <= MOST_CHARACTERS // 2
    kept = text if whole else text.encode("utf-16-le")[: 2 * MOST_CHARACTERS].decode("utf-16-le", "ignore")
    if kept.startswith("<r>") and kept.endswith("</r>"):
        # The library takes such a text for its own markup, unless it comes in pieces.
        sheet.write_rich_string(row, column, kept[0], kept[1], kept[2:], *look)
    else:
        sheet.write_string(row, column, kept, *look)
    return kept == text


def _integer(sheet: Worksheet, row: int, column: int, value: int) -> bool:
    if abs(value) >= 10**DIGITS:
        return _text(sheet, row, column, str(value))
    return not sheet.write_number(row, column, value)


def _float(sheet: Worksheet, row: int, column: int, text: str) -> bool:
    number = float(text)
    if number and not LEAST < abs(number) < GREATEST:
        return _text(sheet, row, column, text)
    return not sheet.write_number(row, column, number)


def _decimal(sheet: Worksheet, row: int, column: int, value: Any) -> bool:
    number = Decimal(value)
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    if len(digits) > DIGITS:
        return _text(sheet, row, column, f"{number:f}")
    return not sheet.write_number(row, column, float(number))


def _moment(
    sheet: Worksheet, row: int, column: int, text: str, *, read: Callable[[str], date | None], look: Format
) -> bool:
    moment = read(text)
    if moment is None or (moment.year, moment.month) < FIRST_MONTH:
        return _text(sheet, row, column, text)
    return not sheet.write_datetime(row, column, moment, look)
