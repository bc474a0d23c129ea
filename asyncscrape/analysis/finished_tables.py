"""The finished tables of a job, read back as frames from whichever form they were written in.

1. The file is read.                                         `read_table`
2. The columns that a report needs get the types it needs.   `in_types`
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import MAXYEAR, MINYEAR
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from asyncscrape.destinations import TableForm
from asyncscrape.errors import UsageError
from asyncscrape.model import Table
from asyncscrape.records.lines import all_columns

if TYPE_CHECKING:
    import polars as pl

READABLE = (TableForm.PARQUET, TableForm.JSONL, TableForm.CSV)
"""The forms that can be read, best first: Parquet knows the types of its columns."""


def read_table(path: Path, table: Table) -> pl.DataFrame:
    """A finished table with the types that its form knows; the rest is text, JSON for lists."""
    import polars as pl

    try:
        return _read(path, table)
    except pl.exceptions.PolarsError as error:
        raise UsageError(
            f"{path} cannot be read as a finished table; remove it, and make it anew with `asyncscrape tables`"
        ) from error


def _read(path: Path, table: Table) -> pl.DataFrame:
    import polars as pl

    match path.suffix:
        case ".parquet":
            return pl.read_parquet(path)
        case ".jsonl":
            numbers = {column.name: pl.Int64() for column in table.columns if column.type == "int"}
            texts = {column.name: pl.String() for column in all_columns(table)}
            return _typed(pl.read_ndjson(path, schema={**texts, **numbers}), table)
        case _:
            return _typed(pl.read_csv(path, infer_schema=False), table)


def _typed(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The text columns converted to the types that the table declares; null for a text that is none of its type."""
    import polars as pl

    casts = []
    for column in all_columns(table):
        if column.name not in frame.columns:
            continue
        text = pl.col(column.name)
        match column.type:
            case "int":
                casts.append(text.cast(pl.Int64, strict=False))
            case "date":
                casts.append(text.str.to_date("%Y-%m-%d", strict=False))
            case "datetime":
                casts.append(text.str.to_datetime(time_zone="UTC", strict=False))
            case _:
                pass
    return frame.with_columns(casts)


def in_types(table: pl.DataFrame | pl.LazyFrame, columns: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """These columns in these types; null for a column that the table lacks, and for a value that does not fit."""
    lazy = table.lazy()
    stored = lazy.collect_schema()
    return lazy.select(_cast(name, stored.get(name), kind) for name, kind in columns.items()).collect()


def _cast(name: str, stored: pl.DataType | None, kind: pl.DataType) -> pl.Expr:
    import polars as pl

    if stored is None:
        return pl.lit(None, kind).alias(name)
    column = pl.col(name)
    if kind == pl.Float64() and stored != kind:
        # Through text, which is exact for decimals of any scale, even those too long for a decimal column.
        return column.cast(pl.String).str.strip_chars().cast(kind, strict=False)
    converted = _from_text(column, kind) if stored == pl.String() else column.cast(kind, strict=False)
    return _in_calendar(converted) if kind.is_temporal() else converted


def _in_calendar(time: pl.Expr) -> pl.Expr:
    """A day or moment; null outside the years that Python and CSV can write."""
    import polars as pl

    return pl.when(time.dt.year().is_between(MINYEAR, MAXYEAR)).then(time)


def _from_text(column: pl.Expr, kind: pl.DataType) -> pl.Expr:
    import polars as pl

    match kind:
        case pl.Date():
            return column.str.to_date("%Y-%m-%d", strict=False)
        case pl.Datetime():
            return column.str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
        case pl.Boolean():
            return column.replace_strict({"true": True, "false": False}, default=None, return_dtype=kind)
        case pl.List():
            # Polars refuses a whole column for one text that is no list.
            return column.map_elements(_texts, kind)
        case _:
            return column.cast(kind, strict=False)


def _texts(written: str) -> list[str | None] | None:
    try:
        return msgspec.json.decode(written, type=list[str | None])
    except msgspec.DecodeError:
        return None
