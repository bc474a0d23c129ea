"""CSV that Excel opens with a double click: it has a byte order mark, and the signs of its reader's locale.

Excel takes a text that begins like a formula for one, and would run what a stranger wrote on a page. Such a text
gets an apostrophe in front, as OWASP advises against CSV injection. The numbers of number columns stay numbers.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO

from asyncscrape.destinations import ExcelDialect
from asyncscrape.storage.files.column_types import ColumnKind, FinishedColumn
from asyncscrape.storage.files.csv_text import without_nul
from asyncscrape.storage.files.sheet_times import utc

ROWS_AT_ONCE = 4096
FORMULA = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠]|[\t\r\n\0]")
"""The beginning of a text that a spreadsheet may take for a formula, perhaps behind characters that nobody sees."""
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
"""A number as in JSON; a column of mixed values may hold one beside texts."""


def write_excel_csv(
    fields: Sequence[FinishedColumn], rows: Iterable[Iterable[Any]], dialect: ExcelDialect, out: BinaryIO
) -> None:
    """Write a header and the rows, piece by piece."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=dialect.delimiter)
    shown = [_shown(field.kind, dialect.decimal) for field in fields]
    cells = ([value and show(value) for show, value in zip(shown, row, strict=True)] for row in rows)
    out.write(codecs.BOM_UTF8)
    writer.writerow(disarmed(field.name) for field in fields)
    while some := list(islice(cells, ROWS_AT_ONCE)):
        writer.writerows(some)
        out.write(without_nul(text.getvalue()).encode())
        text.seek(0)
        text.truncate()
    out.write(without_nul(text.getvalue()).encode())


def disarmed(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if FORMULA.match(text) else text


def _shown(kind: ColumnKind, decimal: str) -> Callable[[Any], Any]:
    """A function from a value of this kind to its cell."""
    match kind:
        case "int" | "bool" | "date":
            return lambda value: value
        case "float":
            return lambda text: text.replace(".", decimal)
        case "decimal":
            return lambda value: f"{Decimal(value):f}".replace(".", decimal)
        case "datetime":
            return lambda text: _time(text, decimal)
        case "mixed" | "json":
            return lambda text: text if NUMBER.fullmatch(text) else disarmed(text)
        case _:
            return disarmed


def _time(text: str, decimal: str) -> str:
    """A time in UTC that Excel reads as one in any locale."""
    if (time := utc(text)) is None:
        return text
    whole, _, thousandths = time.isoformat(" ", "milliseconds").partition(".")
    return whole if thousandths == "000" else f"{whole}{decimal}{thousandths}"
