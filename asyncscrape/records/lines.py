"""The line of a record, from the page it was found on to the stores: written here, completed here, and nowhere else.

The records of a page stand together in the journal, and only the first says its origin.

    {"n":1,"name":"a","_url":"http://…","_fetched_at":"2026-11-20T10:00:00.123Z"}
    {"n":2,"name":"b"}
    {"n":3,"name":"c"}

The others have that of the line before them. It would be the longer part of most lines, copied from file to file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Annotated, Any

import msgspec

from asyncscrape.model import BLOBS, Column, KeptBlob, Lines, Origin, Record, StoredBlob, Table, TypedRecords

PROVENANCE = (Column("_url"), Column("_fetched_at", "datetime"))
"""The columns that every table ends with: where a record came from, and when."""

FETCHED_AT = b',"_fetched_at":"'
URL = b',"_url":'
TIME = 24
"""Characters of a time as `model.timestamp` writes it; behind it come a quote and a brace."""

_encode_lines = msgspec.json.Encoder().encode_lines


class _BlobLine(StoredBlob, frozen=True):
    """The row of a kept file in the table `blobs`, with its origin."""

    _url: str = ""
    _fetched_at: str = ""


class LineOrigin(msgspec.Struct, frozen=True):
    """What a line says about where its record comes from; None for what it leaves out."""

    url: str | None = msgspec.field(name="_url", default=None)
    fetched_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = msgspec.field(name="_fetched_at", default=None)


_decode_origin = msgspec.json.Decoder(LineOrigin).decode
_decode_blob = msgspec.json.Decoder(_BlobLine).decode


def encode(records: Collection[Record], origin: Origin) -> dict[str, Lines]:
    """The records of one page as lines, by table; tables without records are left out."""
    tables: defaultdict[str, list[Any]] = defaultdict(list)
    if isinstance(records, TypedRecords):
        tables[records.table] += records.rows
    else:
        for record in records:
            tables[record.table].append(record.values)
    told = {"_url": origin.url, "_fetched_at": origin.fetched_at}
    return {table: Lines(len(rows), _lines_with(rows, told)) for table, rows in tables.items() if rows}


def _lines_with(rows: list[Any], origin: dict[str, str]) -> bytes:
    """Each row as a line of JSON, the first with the origin of all at its end.

    Within a line JSON has no line break, so a brace before one always ends a row. No row is empty, and none has a
    name that begins with "_": the parsers see to it.
    """
    first, _, others = _encode_lines(rows).partition(b"}\n")
    return b"".join((first, b",", _encode_lines([origin])[1:], others))


def encode_blob(kept: KeptBlob) -> Lines:
    """A kept file as the one record of the table `blobs` that tells of it."""
    return encode([Record(BLOBS.name, msgspec.structs.asdict(kept.blob))], kept.origin)[BLOBS.name]


def decode_blob(line: bytes | str) -> KeptBlob:
    """A kept file from its line, which says its origin."""
    row = msgspec.structs.asdict(_decode_blob(line))
    origin = Origin(row.pop("_url"), row.pop("_fetched_at"))
    return KeptBlob(StoredBlob(**row), origin)


def all_columns(table: Table) -> list[Column]:
    """The columns that a table declares, and behind them those that every table has."""
    own = {column.name for column in table.columns}
    return [*table.columns, *(column for column in PROVENANCE if column.name not in own)]


def decode_origin(line: bytes) -> LineOrigin:
    """Where and when the record of a line was found. Raises `msgspec.DecodeError`."""
    return _decode_origin(line)


def with_origins(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Blocks of whole lines, from the beginning of a batch on, each line with its origin."""
    last = b""
    for block in blocks:
        lines = block.split(b"\n")
        for place, line in enumerate(lines):
            if _says_origin(line):
                last = line
            elif line and last:
                lines[place] = line[:-1] + last[last.rindex(URL) :]
        yield b"\n".join(lines)


def _says_origin(line: bytes) -> bool:
    """Whether the last field of a record, not of an object within it, is the time."""
    end = len(line) - TIME - 2
    return line.endswith(FETCHED_AT, 0, end) and line.find(b'"', end) == end + TIME
