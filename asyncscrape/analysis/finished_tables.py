"""The finished tables of a job, read back as frames from whichever form they were written in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from asyncscrape.destinations import TableForm
from asyncscrape.model import Table

if TYPE_CHECKING:
    import polars as pl

READABLE = (TableForm.PARQUET, TableForm.JSONL, TableForm.CSV)
"""The forms that can be read, best first: Parquet knows the types of its columns."""


def read_table(path: Path, table: Table) -> pl.DataFrame:
    """A finished table with typed columns; decimals may be text, since only Parquet has a type for them."""
    import polars as pl

    match path.suffix:
        case ".parquet":
            return pl.read_parquet(path)
        case ".jsonl":
            numbers = {column.name: pl.Int64() for column in table.columns if column.type == "int"}
            plain = {column.name: pl.String() for column in table.columns if column.type != "json"}
            return _typed(pl.read_ndjson(path, schema={**plain, **numbers}), table)
        case _:
            return _typed(pl.read_csv(path, infer_schema=False), table)


def _typed(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The text columns converted to the types that the table declares."""
    import polars as pl

    casts = []
    for column in table.columns:
        if column.name not in frame.columns:
            continue
        text = pl.col(column.name)
        match column.type:
            case "int":
                casts.append(text.cast(pl.Int64))
            case "date":
                casts.append(text.str.to_date("%Y-%m-%d"))
            case "datetime":
                casts.append(text.str.to_datetime(time_zone="UTC"))
            case _:
                pass
    return frame.with_columns(casts)
