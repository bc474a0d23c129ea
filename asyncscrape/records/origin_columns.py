"""Origins in lines that were read into columns: polars fills them in faster than line by line.

The columns are those of `lines.all_columns`, named by `json_rows.slot` after their places.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asyncscrape.model import Table
from asyncscrape.records.json_rows import slot
from asyncscrape.records.lines import PROVENANCE, all_columns

if TYPE_CHECKING:
    import polars as pl


def with_origins(table: Table, texts: pl.DataFrame) -> pl.DataFrame:
    """The same rows, each completed with its origin. They start where a batch starts."""
    return texts.with_columns(_origin(table).forward_fill())


def longest_origin(table: Table, texts: pl.DataFrame) -> int:
    """Bytes of the longest URL and time of an origin."""
    lengths = texts.select(_origin(table).cast(str).str.len_bytes().max())
    return sum(length or 0 for length in lengths.row(0))


def _origin(table: Table) -> pl.Expr:
    import polars as pl

    slots = {column.name: slot(place) for place, column in enumerate(all_columns(table))}
    return pl.col([slots[column.name] for column in PROVENANCE])
