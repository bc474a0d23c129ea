"""A finished table of any size: a file of lines from which every form is written, block by block."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from asyncscrape.storage.files.column_types import FinishedColumn, Layout, row_reader
from asyncscrape.storage.files.csv_text import without_nul
from asyncscrape.storage.files.line_blocks import blocks
from asyncscrape.storage.files.polars_columns import (
    disk_errors,
    frames,
    json_text,
    plain_text,
    polars_type,
    rows_in_group,
)

if TYPE_CHECKING:
    import polars as pl

AS_SENT = frozenset({"json", "float"})
"""Kinds that CSV holds just as JSON does."""


@dataclass(frozen=True)
class RowsOnDisk:
    """The rows of a table as lines, and its columns."""

    lines: Path
    """Sorted by key, with each key once."""
    layout: Layout

    @property
    def fields(self) -> tuple[FinishedColumn, ...]:
        """The columns."""
        return self.layout.fields

    @property
    def count(self) -> int:
        """The number of rows."""
        return self.layout.rows

    def write_jsonl(self, out: BinaryIO) -> None:
        """Copy the lines as they are, by the system where it can."""
        shutil.copyfile(self.lines, out.name)

    def write_csv(self, out: BinaryIO) -> None:
        """Write cells as in the lines."""
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(field.name for field in self.layout.fields)
        for rows in self._cells_of_blocks():
            writer.writerows(rows)
            out.write(without_nul(text.getvalue()).encode())
            text.seek(0)
            text.truncate()
        out.write(without_nul(text.getvalue()).encode())

    def cells(self) -> Iterator[tuple[Any, ...]]:
        """The values of each row."""
        return chain.from_iterable(self._cells_of_blocks())

    def _cells_of_blocks(self) -> Iterator[Iterator[tuple[Any, ...]]]:
        fields = self.layout.fields
        read = row_reader({field.name: msgspec.Raw if field.kind in AS_SENT else Any for field in fields})
        to_text = dict.fromkeys(AS_SENT, json_text) | {"mixed": plain_text, "bool": plain_text}
        for block in blocks(self.lines):
            columns = zip(*read(block), strict=True)
            cells = [
                map(to_text[field.kind], values) if field.kind in to_text else values
                for field, values in zip(fields, columns, strict=True)
            ]
            yield zip(*cells, strict=True)

    def write_parquet(self, out: BinaryIO) -> None:
        """Write typed columns, streamed through polars one block at a time."""
        from polars.io.plugins import register_io_source

        schema = {field.name: polars_type(field) for field in self.layout.fields}
        typed = frames(self.layout.fields)

        def source(*_: object) -> Iterator[pl.DataFrame]:
            return map(typed, blocks(self.lines))

        group = rows_in_group(self.lines.stat().st_size, self.layout.rows)
        with disk_errors(out.name):
            register_io_source(source, schema=schema).sink_parquet(out, row_group_size=group)
