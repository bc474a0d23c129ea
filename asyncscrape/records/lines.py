"""The line of a record, on its way from a page to the stores: written and completed here, and nowhere else.

The records of a page are together in the journal, and only the first says its origin.

    {"n":1,"name":"a","_url":"http://…","_fetched_at":"2026-11-20T10:00:00.123Z"}
    {"n":2,"name":"b"}
    {"n":3,"name":"c"}

The others share the origin of the line before them. Repeated, it would be the longer part of most lines, copied from
file to file.

A withdrawal is a line too, after the records of its page: the key, and `"_withdrawn":true`. One that lacks a part of
the key is a sweep.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple

import msgspec

from asyncscrape.model import (
    BLOBS,
    Column,
    KeptBlob,
    Lines,
    Origin,
    Record,
    StoredBlob,
    Table,
    TypedRecords,
    Withdrawal,
    storable,
)
from asyncscrape.records.json_rows import raw_fields
from asyncscrape.records.newest import WITHDRAWN

PROVENANCE = (Column("_url"), Column("_fetched_at", "datetime"))
"""The columns at the end of every table: where and when a record was found."""
CARRIED = tuple(column.name for column in PROVENANCE)
"""Their names."""

FETCHED_AT = b',"_fetched_at":"'
URL = b',"_url":'
TOMBSTONE = f'"{WITHDRAWN}":true'.encode()
"""The bytes that every line of a withdrawal holds, and hardly any other line."""
TIME = 24
"""Characters of a time as `model.timestamp` writes it; a quote and a brace follow."""

NUL = b"\\u0000"
"""The character as JSON writes it."""
REPLACED = "\ufffd".encode()
_NUL_OR_BACKSLASHES = re.compile(rb"(?:\\\\)++|\\u0000")

ORDER = "_order"
"""The field of `KeptBlob.order`, in the frontier alone."""
INSTEAD_OF = "_instead_of"
"""The field of `KeptBlob.replaced`, until the download is stored as done."""

_encode_lines = msgspec.json.Encoder().encode_lines


class _BlobLine(StoredBlob, frozen=True):
    """The row of a stored file in the table `blobs`, with its origin."""

    _url: str = ""
    _fetched_at: str = ""
    _order: int = 0
    _instead_of: Origin | None = None


class LineOrigin(msgspec.Struct, frozen=True):
    """The origin that a line states; None for what it leaves out."""

    url: str | None = msgspec.field(name="_url", default=None)
    fetched_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = msgspec.field(name="_fetched_at", default=None)


_decode_origin = msgspec.json.Decoder(LineOrigin).decode
_decode_blob = msgspec.json.Decoder(_BlobLine).decode


def encode(records: Collection[Record], origin: Origin, withdrawn: Sequence[Withdrawal] = ()) -> dict[str, Lines]:
    """What one page says, as lines by table: its records, then its withdrawals, which do not count as records.

    Tables without either are left out.
    """
    tables: defaultdict[str, list[Any]] = defaultdict(list)
    if isinstance(records, TypedRecords):
        for table, rows in records.tables.items():
            tables[table] += rows
    else:
        for record in records:
            tables[record.table].append(record.values)
    counts = {table: len(rows) for table, rows in tables.items()}
    for gone in withdrawn:
        tables[gone.table].append(gone.key | {WITHDRAWN: True})
    told = {"_url": origin.url, "_fetched_at": origin.fetched_at}
    return {table: Lines(counts.get(table, 0), _lines_with(rows, told)) for table, rows in tables.items() if rows}


def _lines_with(rows: list[Any], origin: dict[str, str]) -> bytes:
    """Each row as a line of JSON, the first ending with the origin of all.

    JSON has no line breaks within a line, so a brace before a line break always ends a row. The parsers make sure
    that no row is empty and that no field name begins with "_".
    """
    first, _, others = _encoded(rows).partition(b"}\n")
    return b"".join((first, b",", _encode_lines([origin])[1:], others))


def _encoded(rows: list[Any]) -> bytes:
    """The rows as lines of JSON. Here all texts of pages become what every store can hold, see `model.storable`."""
    try:
        lines = _encode_lines(rows)
    except UnicodeEncodeError:
        lines = _encode_lines([*map(_storable, rows)])
    # A single character is found ten times as fast, and most pages have no backslash.
    odd = b"\\" in lines and NUL in lines
    return _NUL_OR_BACKSLASHES.sub(_without_nul, lines) if odd else lines


def _without_nul(escape: re.Match[bytes]) -> bytes:
    return REPLACED if escape[0] == NUL else escape[0]


def _storable(value: Any) -> Any:
    """The same value, with all texts in it as `model.storable` makes them."""
    match value:
        case str():
            return storable(value)
        case dict():
            return {_storable(name): _storable(item) for name, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [*map(_storable, value)]
        case msgspec.Struct():
            return _storable(msgspec.structs.asdict(value))
    return value


def encode_blob(kept: KeptBlob) -> Lines:
    """The record of a stored file in the table `blobs`, and the withdrawal of that of the file it has replaced."""
    lines = _blob_lines(kept, msgspec.structs.asdict(kept.blob))
    if kept.replaced is None:
        return lines
    gone = Withdrawal(BLOBS.name, {"url": kept.replaced.url, "path": kept.blob.path})
    withdrawn = encode((), Origin(kept.origin.url, kept.replaced.fetched_at), [gone])[BLOBS.name]
    return Lines(lines.count, lines.text + withdrawn.text)


def encode_place(kept: KeptBlob) -> str:
    """The line by which the frontier knows which file is at a path."""
    return _place(kept, {})


def encode_claim(kept: KeptBlob) -> str:
    """The same of a file whose download is not stored as done yet: the line tells what it has replaced, too."""
    return _place(kept, {INSTEAD_OF: kept.replaced} if kept.replaced else {})


def _place(kept: KeptBlob, more: dict[str, Any]) -> str:
    order = {ORDER: kept.order} if kept.order else {}
    return _blob_lines(kept, msgspec.structs.asdict(kept.blob) | order | more).text.decode()


def _blob_lines(kept: KeptBlob, row: dict[str, Any]) -> Lines:
    return encode([Record(BLOBS.name, row)], kept.origin)[BLOBS.name]


def decode_blob(line: bytes | str) -> KeptBlob:
    """The stored file that a line describes; the line must state its origin."""
    return msgspec.structs.replace(decode_claim(line), replaced=None)


def decode_claim(line: bytes | str) -> KeptBlob:
    """The same with what it has replaced, if its download was not stored as done."""
    row = msgspec.structs.asdict(_decode_blob(line))
    origin, order, replaced = Origin(row.pop("_url"), row.pop("_fetched_at")), row.pop(ORDER), row.pop(INSTEAD_OF)
    return KeptBlob(StoredBlob(**row), origin, order, replaced)


def all_columns(table: Table) -> list[Column]:
    """The columns that a table declares, followed by those that every table has."""
    own = {column.name for column in table.columns}
    return [*table.columns, *(column for column in PROVENANCE if column.name not in own)]


def decode_origin(line: bytes) -> LineOrigin:
    """The origin that a line states. Raises `msgspec.DecodeError`."""
    return _decode_origin(line)


def is_withdrawal(line: bytes) -> bool:
    """Whether a line withdraws a key."""
    return TOMBSTONE in line and WITHDRAWN in raw_fields(line)


class Parted(NamedTuple):
    """Lines of a table, parted by what they do."""

    sweeps: list[bytes]
    others: bytes
    """Records and withdrawals of keys, each with its line break."""


def part_sweeps(lines: bytes, key: Collection[str]) -> Parted:
    """Part the sweeps from other lines, which are complete with their origins."""
    if TOMBSTONE not in lines:
        return Parted([], lines)
    sweeps: list[bytes] = []
    others: list[bytes] = []
    for line in lines.splitlines(keepends=True):
        (sweeps if _is_sweep(line, key) else others).append(line)
    return Parted([line.rstrip(b"\n") for line in sweeps], b"".join(others))


def _is_sweep(line: bytes, key: Collection[str]) -> bool:
    return TOMBSTONE in line and WITHDRAWN in (fields := raw_fields(line)) and not fields.keys() >= set(key)


def swept_by(line: bytes) -> dict[str, bytes]:
    """The columns that a sweep names, in the order of their names, with the JSON text of each value."""
    own = {WITHDRAWN, *CARRIED}
    return {name: value for name, value in sorted(raw_fields(line).items()) if name not in own}


def with_origins(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same blocks, each line completed with its origin. They hold whole lines and start where a batch starts."""
    last = b""
    for block in blocks:
        lines = block.split(b"\n")
        for place, line in enumerate(lines):
            if says_origin(line):
                last = line
            elif line and last:
                lines[place] = line[:-1] + last[last.rindex(URL) :]
        yield b"\n".join(lines)


def says_origin(line: bytes) -> bool:
    """Whether a line ends with its origin: the time is the last field of the record itself, not of an object."""
    end = len(line) - TIME - 2
    return line.endswith(FETCHED_AT, 0, end) and line.find(b'"', end) == end + TIME
