"""The forms of a finished table: JSON lines, CSV, Parquet.

Each writer takes the finished lines, sorted and free of doubles, and writes them block by block in its own form.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from asyncscrape.storage.files.column_types import Layout, row_reader
from asyncscrape.storage.files.columns import disk_errors, frames, json_text, plain_text, polars_type, rows_in_group
from asyncscrape.storage.files.line_blocks import blocks

if TYPE_CHECKING:
    import polars as pl

Writer = Callable[[Path, Layout, BinaryIO], None]

AS_SENT = frozenset({"json", "float"})
"""Kinds that stand in CSV as JSON has them."""


def write_jsonl(lines: Path, layout: Layout, out: BinaryIO) -> None:
    """The lines as they are, copied by the system where it can."""
    shutil.copyfile(lines, out.name)


def write_csv(lines: Path, layout: Layout, out: BinaryIO) -> None:
    """RFC 4180 in UTF-8 with a header; nested values as JSON text, null as an empty cell."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(field.name for field in layout.fields)
    read = row_reader({field.name: msgspec.Raw if field.kind in AS_SENT else Any for field in layout.fields})
    to_text = dict.fromkeys(AS_SENT, json_text) | {"mixed": plain_text, "bool": plain_text}
    for block in blocks(lines):
        columns = zip(*read(block), strict=True)
        cells = [
            map(to_text[field.kind], values) if field.kind in to_text else values
            for field, values in zip(layout.fields, columns, strict=True)
        ]
        writer.writerows(zip(*cells, strict=True))
        out.write(text.getvalue().encode())
        text.seek(0)
        text.truncate()
    out.write(text.getvalue().encode())


def write_parquet(lines: Path, layout: Layout, out: BinaryIO) -> None:
    """Typed columns, streamed through polars one block at a time."""
    from polars.io.plugins import register_io_source

    schema = {field.name: polars_type(field) for field in layout.fields}
    typed = frames(layout.fields)

    def source(*_: object) -> Iterator[pl.DataFrame]:
        return map(typed, blocks(lines))

    with disk_errors(out.name):
        register_io_source(source, schema=schema).sink_parquet(
            out, row_group_size=rows_in_group(lines.stat().st_size, layout.rows)
        )


WRITERS: Mapping[str, Writer] = {"parquet": write_parquet, "csv": write_csv, "jsonl": write_jsonl}
"""The forms by the words the config uses for them, which are the endings of their files as well."""
