"""Columns of a finished table in polars: from the values in JSON to the types of the layout.

Text in JSON is read as text, and polars converts whole columns of it into decimals and times. Where it cannot, as
with a decimal that was sent as a number, the values are converted one by one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from asyncscrape.records.json_rows import slot
from asyncscrape.storage.files.column_types import PYTHON, ColumnKind, FinishedColumn, row_reader
from asyncscrape.storage.files.decimal_width import PRECISION, WIDE

if TYPE_CHECKING:
    import polars as pl

TEXTS: Mapping[ColumnKind, Any] = {**PYTHON, "decimal": str, "date": str, "datetime": str, "json": msgspec.Raw}
"""The types that values are read as before polars makes columns of them."""

ROW_GROUP = 16_000_000
"""Bytes of JSON lines for one row group of a Parquet file, which is held in memory while it is written."""


def frames(fields: Sequence[FinishedColumn]) -> Callable[[bytes], pl.DataFrame]:
    """A function from a block of lines to typed columns."""
    import polars as pl

    as_text = row_reader({field.name: TEXTS[field.kind] for field in fields})
    as_is = row_reader({field.name: {**PYTHON, "json": msgspec.Raw}[field.kind] for field in fields})

    def frame(block: bytes) -> pl.DataFrame:
        try:
            return typed(fields, text_frame([field.kind for field in fields], zip(*as_text(block), strict=True)))
        except (msgspec.ValidationError, pl.exceptions.PolarsError):
            columns = zip(fields, zip(*as_is(block), strict=True), strict=True)
            return pl.DataFrame({field.name: _exactly(field, values) for field, values in columns})

    return frame


def text_frame(kinds: Sequence[ColumnKind], columns: Iterable[Sequence[Any]]) -> pl.DataFrame:
    """A frame of values as `TEXTS` reads them; its columns are named after their slots."""
    import polars as pl

    named = zip(map(slot, range(len(kinds))), kinds, columns, strict=True)
    return pl.DataFrame([_as_read(name, kind, values) for name, kind, values in named])


def typed(fields: Sequence[FinishedColumn], texts: pl.DataFrame) -> pl.DataFrame:
    """The columns of a `text_frame` with the types of the layout; a `PolarsError` where a text does not match."""
    return texts.select(_converted(field, slot(place)).alias(field.name) for place, field in enumerate(fields))


def _as_read(name: str, kind: ColumnKind, values: Sequence[Any]) -> pl.Series:
    import polars as pl

    match kind:
        case "json":
            return pl.Series(name, map(json_text, values), pl.String)
        case "mixed":
            return pl.Series(name, map(plain_text, values), pl.String)
        case "int":
            return pl.Series(name, values, pl.Int64)
        case "float":
            return pl.Series(name, values, pl.Float64)
        case "bool":
            return pl.Series(name, values, pl.Boolean)
        case _:
            return pl.Series(name, values, pl.String)


def _converted(field: FinishedColumn, name: str) -> pl.Expr:
    import polars as pl

    read = pl.col(name)
    match field.kind:
        case "date":
            return read.str.to_date("%Y-%m-%d")
        case "datetime":
            return read.str.to_datetime("%+", time_unit="us", time_zone="UTC")
        case _:
            return read.cast(polars_type(field))


def _exactly(field: FinishedColumn, values: Sequence[Any]) -> pl.Series:
    """A column of values that already have its type; decimals get exactly the column's digits.

    It has no name yet: while it makes a column, polars reads some names as patterns.
    """
    import polars as pl

    match field.kind:
        case "decimal":
            unit = Decimal(1).scaleb(-field.scale)
            exact = [value if value is None else WIDE.quantize(value, unit) for value in values]
            return pl.Series(exact, dtype=polars_type(field))
        case "date" | "datetime":
            return pl.Series(values, dtype=polars_type(field))
        case _:
            return _as_read("", field.kind, values)


def json_text(value: msgspec.Raw | None) -> str | None:
    """The JSON text of a value, as written in the record."""
    text = bytes(value).decode() if value is not None else "null"
    return None if text == "null" else text


def plain_text(value: Any) -> str | None:
    """Text as it is, anything else as JSON."""
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def polars_type(field: FinishedColumn) -> pl.DataType:
    """The polars type of a finished column."""
    import polars as pl

    match field.kind:
        case "int":
            return pl.Int64()
        case "float":
            return pl.Float64()
        case "decimal":
            return pl.Decimal(PRECISION, field.scale)
        case "bool":
            return pl.Boolean()
        case "date":
            return pl.Date()
        case "datetime":
            return pl.Datetime("us", "UTC")
        case _:
            return pl.String()


@contextmanager
def disk_errors(name: str) -> Iterator[None]:
    """Turn polars' errors from the disk, which are only text, back into an `OSError`."""
    import polars as pl

    try:
        yield
    except pl.exceptions.PolarsError as error:
        if found := re.search(r"\(os error (\d+)\)", str(error)):
            raise OSError(int(found[1]), os.strerror(int(found[1])), name) from error
        raise


def rows_in_group(size: int, rows: int) -> int:
    """The number of rows in a group that stays within `ROW_GROUP`, if `rows` are `size` bytes of JSON lines."""
    return max(1000, ROW_GROUP * rows // size) if size else 1000
