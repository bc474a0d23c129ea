"""The forms of a finished table: JSON lines, CSV, Parquet.

Each writer takes the finished lines, sorted and free of doubles, and writes them block by block in its own form.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Context, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from asyncscrape.storage.layout import PRECISION, PYTHON, Field, Kind, Layout, row_reader
from asyncscrape.storage.lines import blocks

if TYPE_CHECKING:
    import polars as pl

Columns = list[list[Any]]
Writer = Callable[[Path, Layout, BinaryIO], None]

WIDE = Context(prec=2 * PRECISION)
"""Arithmetic with more digits than any column has, so that nothing is rounded."""
ROW_GROUP = 16_000_000
"""Bytes of JSON lines that make one row group of a Parquet file: what is held in memory while writing."""


def write_jsonl(lines: Path, layout: Layout, out: BinaryIO) -> None:
    """The lines as they are, copied by the system where it can."""
    shutil.copyfile(lines, out.name)


def write_csv(lines: Path, layout: Layout, out: BinaryIO) -> None:
    """RFC 4180 in UTF-8 with a header; nested values as JSON text, null as an empty cell."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(field.name for field in layout.fields)
    types: Mapping[Kind, Any] = {"json": msgspec.Raw}
    to_text: Mapping[Kind, Callable[[Any], Any]] = {"json": _json, "mixed": _text, "bool": _text}
    for columns in _columns(lines, layout.fields, types, to_text):
        writer.writerows(zip(*columns, strict=True))
        out.write(text.getvalue().encode())
        text.seek(0)
        text.truncate()
    out.write(text.getvalue().encode())


def write_parquet(lines: Path, layout: Layout, out: BinaryIO) -> None:
    """Typed columns, streamed through polars one block at a time.

    What the disk says while polars writes comes as a text only; it is made an `OSError` again, as from other writers.
    """
    import polars as pl
    from polars.io.plugins import register_io_source

    schema = {field.name: _polars_type(field) for field in layout.fields}

    def frames(*_: object) -> Iterator[pl.DataFrame]:
        types = {**PYTHON, "json": msgspec.Raw}
        for columns in _columns(lines, layout.fields, types, {"json": _json, "mixed": _text}):
            for place, field in enumerate(layout.fields):
                if field.kind == "decimal":
                    columns[place] = _to_scale(columns[place], field.scale)
            cells = zip(schema.items(), columns, strict=True)
            yield pl.DataFrame([pl.Series(name, values, dtype) for (name, dtype), values in cells])

    try:
        register_io_source(frames, schema=schema).sink_parquet(out, row_group_size=_rows_in_group(lines, layout))
    except pl.exceptions.PolarsError as error:
        if found := re.search(r"\(os error (\d+)\)", str(error)):
            raise OSError(int(found[1]), os.strerror(int(found[1])), out.name) from error
        raise


WRITERS: Mapping[str, Writer] = {"parquet": write_parquet, "csv": write_csv, "jsonl": write_jsonl}
"""The forms by the words the config uses for them, which are the endings of their files as well."""


def _columns(
    lines: Path, fields: Sequence[Field], types: Mapping[Kind, Any], to_cell: Mapping[Kind, Callable[[Any], Any]]
) -> Iterator[Columns]:
    """The table block by block, as columns; `types` says how values are read, `to_cell` how they are changed then."""
    read = row_reader({field.name: types.get(field.kind, Any) for field in fields})
    for block in blocks(lines):
        columns = map(list, zip(*read(block), strict=True))
        yield [_change(values, to_cell.get(field.kind)) for field, values in zip(fields, columns, strict=True)]


def _to_scale(values: list[Any], scale: int) -> list[Any]:
    """Decimals with just the digits that their column keeps: zeros at the end may be more than polars can read."""
    unit = Decimal(1).scaleb(-scale)
    return [value if value is None else WIDE.quantize(value, unit) for value in values]


def _change(values: list[Any], to_cell: Callable[[Any], Any] | None) -> list[Any]:
    return list(map(to_cell, values)) if to_cell else values


def _json(value: msgspec.Raw | None) -> str | None:
    """The JSON text of a value, as it stands in the record."""
    text = bytes(value).decode() if value is not None else "null"
    return None if text == "null" else text


def _text(value: Any) -> str | None:
    """Text as it is, anything else as JSON."""
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def _polars_type(field: Field) -> pl.DataType:
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


def _rows_in_group(lines: Path, layout: Layout) -> int:
    """So many rows that a group stays within `ROW_GROUP` bytes."""
    size = lines.stat().st_size
    return max(1000, ROW_GROUP * layout.rows // size) if size else 1000
