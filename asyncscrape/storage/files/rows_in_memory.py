"""A finished table in memory, as columns from which every form is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from asyncscrape.records.json_rows import slot
from asyncscrape.storage.files.column_types import FinishedColumn
from asyncscrape.storage.files.csv_text import NUL, SHOWN, without_nul
from asyncscrape.storage.files.polars_columns import disk_errors, rows_in_group

if TYPE_CHECKING:
    import polars as pl

LINE = "line"
"""The column with the lines themselves."""
LINES_AT_ONCE = 4096


class NotInMemory(NamedTuple):
    """The answer for a table that must be sorted on the disk."""

    why: str


@dataclass(frozen=True)
class RowsInMemory:
    """The rows of a table as columns."""

    fields: Sequence[FinishedColumn]
    texts: pl.DataFrame
    """With values as in JSON; the columns are named after their slots, and the last may hold the lines."""
    typed: pl.DataFrame
    """With the types and names of the finished table."""
    bytes: int
    """The size of the lines, each with its origin."""

    @property
    def count(self) -> int:
        """The number of rows."""
        return len(self.typed)

    def cells(self) -> Iterator[tuple[Any, ...]]:
        """The values of each row."""
        import polars as pl

        values = self.texts.select(map(slot, range(len(self.fields))))
        for some in values.with_columns(pl.col(pl.Boolean).cast(pl.String)).iter_slices(LINES_AT_ONCE):
            yield from some.iter_rows()

    def write_jsonl(self, out: BinaryIO) -> None:
        """Write the lines, which have their own column."""
        for some in self.texts.select(LINE).iter_slices(LINES_AT_ONCE):
            out.writelines(line + b"\n" for line in some[LINE])

    def write_csv(self, out: BinaryIO) -> None:
        """Write cells as in JSON."""
        import polars as pl

        named = [pl.col(slot(place)).alias(without_nul(field.name)) for place, field in enumerate(self.fields)]
        filled = pl.when(pl.col(pl.String) != "").then(pl.col(pl.String))
        with disk_errors(out.name):
            _without_nul(self.texts.select(named)).with_columns(filled).write_csv(out, line_terminator="\r\n")

    def write_parquet(self, out: BinaryIO) -> None:
        """Write the typed columns."""
        with disk_errors(out.name):
            self.typed.write_parquet(out, row_group_size=rows_in_group(self.bytes, self.count))


def _without_nul(texts: pl.DataFrame) -> pl.DataFrame:
    """The same texts, each with U+FFFD for NUL. Columns without any, which is nearly all, are not copied."""
    import polars as pl

    found = texts.select(pl.col(pl.String).str.contains(NUL, literal=True).any())
    mended = [name for row in found.to_dicts() for name, some in row.items() if some]
    return texts.with_columns(pl.col(mended).str.replace_all(NUL, SHOWN, literal=True)) if mended else texts
