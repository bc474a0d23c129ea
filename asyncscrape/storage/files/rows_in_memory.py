"""A finished table that is in memory as columns: every form is written from these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from asyncscrape.records.json_rows import slot
from asyncscrape.storage.files.column_types import FinishedColumn
from asyncscrape.storage.files.polars_columns import disk_errors, rows_in_group

if TYPE_CHECKING:
    import polars as pl

LINE = "line"
"""The column that holds the lines themselves."""
LINES_AT_ONCE = 4096


class NotInMemory(NamedTuple):
    """Stands for a table that must be sorted on the disk."""

    why: str


@dataclass(frozen=True)
class RowsInMemory:
    """The rows of a table as columns."""

    fields: Sequence[FinishedColumn]
    texts: pl.DataFrame
    """As JSON has them; the columns are named as slots, and the last holds the lines if they are wanted."""
    typed: pl.DataFrame
    """With the types and names of the finished table."""
    bytes: int
    """Of the lines, were each to say its origin."""

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.typed)

    def write_jsonl(self, out: BinaryIO) -> None:
        """The lines, which are in a column of their own."""
        for some in self.texts.select(LINE).iter_slices(LINES_AT_ONCE):
            out.writelines(line + b"\n" for line in some[LINE])

    def write_csv(self, out: BinaryIO) -> None:
        """Cells as JSON has them."""
        import polars as pl

        named = [pl.col(slot(place)).alias(field.name) for place, field in enumerate(self.fields)]
        filled = pl.when(pl.col(pl.String) != "").then(pl.col(pl.String))
        with disk_errors(out.name):
            self.texts.select(named).with_columns(filled).write_csv(out, line_terminator="\r\n")

    def write_parquet(self, out: BinaryIO) -> None:
        """The typed columns."""
        with disk_errors(out.name):
            self.typed.write_parquet(out, row_group_size=rows_in_group(self.bytes, self.count))
