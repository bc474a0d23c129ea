"""The forms of a finished table: JSON lines, CSV, Parquet.

Each writer takes the finished lines, sorted and free of doubles, and writes them block by block in its own form.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Context, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from asyncscrape.storage.layout import PRECISION, PYTHON, Field, Layout, row_reader
from asyncscrape.storage.lines import blocks

if TYPE_CHECKING:
    import polars as pl

Writer = Callable[[Path, Layout, BinaryIO], None]

AS_TEXT = frozenset({"decimal", "date", "datetime"})
"""Kinds that JSON has as text."""
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
    read = row_reader({field.name: msgspec.Raw if field.kind == "json" else Any for field in layout.fields})
    to_text = {"json": _json, "mixed": _text, "bool": _text}
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
    """Typed columns, streamed through polars one block at a time.

    What the disk says while polars writes comes as a text only; it is made an `OSError` again, as from other writers.
    """
    import polars as pl
    from polars.io.plugins import register_io_source

    schema = {field.name: _polars_type(field) for field in layout.fields}
    typed = _typed_frames(layout.fields)

    def frames(*_: object) -> Iterator[pl.DataFrame]:
        return map(typed, blocks(lines))

    try:
        register_io_source(frames, schema=schema).sink_parquet(out, row_group_size=_rows_in_group(lines, layout))
    except pl.exceptions.PolarsError as error:
        if found := re.search(r"\(os error (\d+)\)", str(error)):
            raise OSError(int(found[1]), os.strerror(int(found[1])), out.name) from error
        raise


WRITERS: Mapping[str, Writer] = {"parquet": write_parquet, "csv": write_csv, "jsonl": write_jsonl}
"""The forms by the words the config uses for them, which are the endings of their files as well."""


def _typed_frames(fields: Sequence[Field]) -> Callable[[bytes], pl.DataFrame]:
    """From a block of lines to typed columns.

    What JSON has as text is read as text, and polars makes decimals and times of whole columns of it. Where it will
    not, as with a decimal that was sent as a number, each value is made by itself.
    """
    import polars as pl

    types = {**PYTHON, "json": msgspec.Raw}
    as_text = row_reader(
        {field.name: str if field.kind in AS_TEXT else types.get(field.kind, Any) for field in fields}
    )
    as_is = row_reader({field.name: types.get(field.kind, Any) for field in fields})

    def frame(block: bytes) -> pl.DataFrame:
        try:
            return _quickly(fields, zip(*as_text(block), strict=True))
        except (msgspec.ValidationError, pl.exceptions.PolarsError):
            return _exactly(fields, zip(*as_is(block), strict=True))

    return frame


def _quickly(fields: Sequence[Field], columns: Iterable[Sequence[Any]]) -> pl.DataFrame:
    import polars as pl

    made = []
    for field, values in zip(fields, columns, strict=True):
        match field.kind:
            case "decimal":
                text = pl.Series(field.name, values, pl.String)
                made.append(text.str.to_decimal(scale=field.scale).cast(_polars_type(field)))
            case "date":
                made.append(pl.Series(field.name, values, pl.String).str.to_date("%Y-%m-%d"))
            case "datetime":
                text = pl.Series(field.name, values, pl.String)
                made.append(text.str.to_datetime("%+", time_unit="us", time_zone="UTC"))
            case _:
                made.append(_series(field, values))
    return pl.DataFrame(made)


def _exactly(fields: Sequence[Field], columns: Iterable[Sequence[Any]]) -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame([_series(field, values) for field, values in zip(fields, columns, strict=True)])


def _series(field: Field, values: Sequence[Any]) -> pl.Series:
    """A column of values that are of its type already; decimals get just the digits that it keeps."""
    import polars as pl

    match field.kind:
        case "json":
            values = list(map(_json, values))
        case "mixed":
            values = list(map(_text, values))
        case "decimal":
            unit = Decimal(1).scaleb(-field.scale)
            values = [value if value is None else WIDE.quantize(value, unit) for value in values]
        case _:
            pass
    return pl.Series(field.name, values, _polars_type(field))


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
