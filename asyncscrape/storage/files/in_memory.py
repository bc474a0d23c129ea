"""A table that fits into memory, made in one go: each line is decoded once, for sorting, types and all forms.

1. the lines of all parts become columns, as JSON has them
2. the rows are sorted by key; of those with the same key the newest stays
3. the columns get the types of the layout, which is the declared one
4. each form is written from these columns

A table that is too large, or does not keep to what was declared, is left to the slower steps of `finish.py`; what
comes out is the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from decimal import InvalidOperation
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import msgspec

from asyncscrape.model import Column, FieldType, Table
from asyncscrape.records import origin_columns
from asyncscrape.records.json_rows import Wanted, decoder, slot
from asyncscrape.records.lines import all_columns, with_origins
from asyncscrape.storage.files.column_types import Field, decimal_field, or_none
from asyncscrape.storage.files.columns import TEXTS, disk_errors, rows_in_group, text_frame, typed
from asyncscrape.storage.files.decimal_width import Digits, note_texts
from asyncscrape.storage.files.line_blocks import blocks, count_lines

if TYPE_CHECKING:
    import polars as pl

MOST_BYTES = 100_000_000
"""What a table may weigh: its lines, were each to say its origin, and `CELL` for each value. It takes about twice as
much memory when it is written."""
CELL = 16
"""Bytes of a value in a column, beside its text."""
MOST_PARTS = 64
"""More are better made one."""
KEYS: frozenset[FieldType] = frozenset({"str", "int", "bool", "date", "datetime"})
"""Types that polars sorts and compares as `compact` does."""
WRITE = 4096
"""Lines that are written at once."""
LINE = "line"
"""The column that holds the lines themselves."""
FORMS: Mapping[FieldType, str] = {
    "date": r"^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}$",
    "datetime": r"^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9](?:\.[0-9]{1,6})?Z$",
}
"""How times are usually written. Others are times too, about which libraries differ."""


class Unsuitable(Exception):
    """The table must be made the slower way."""


class Whole(NamedTuple):
    """All rows of a table, sorted, each key once."""

    fields: Sequence[Field]
    texts: pl.DataFrame
    """As JSON has them; the columns are named as slots, and the last holds the lines if they are wanted."""
    rows: pl.DataFrame
    """With the types and names of the finished table."""
    bytes: int
    """Of its lines, were each to say its origin."""


class Piece(NamedTuple):
    """Some of the rows of a table."""

    texts: pl.DataFrame
    bytes: int
    """Of their lines, were each to say its origin."""
    digits: Mapping[str, Digits] | None = None
    """What the decimals of each column need, where that has been looked at, and the values are as declared."""

    @property
    def weight(self) -> int:
        """About what they take in memory."""
        return self.bytes + CELL * self.texts.height * self.texts.width


class Gathered:
    """Parts as columns, read while the crawl goes on, so that little is left to be done at its end."""

    def __init__(self, tables: Iterable[Table], endings: Sequence[str]) -> None:
        self._tables = {table.name: table for table in tables if _suitable(table, endings)}
        self._parts: dict[Path, Piece] = {}
        self._room = MOST_BYTES

    def add(self, name: str, part: Path, lines: bytes) -> None:
        """Take in a part, if its table is to be made whole and there is room; who is not known here is read later."""
        if (table := self._tables.get(name)) is None or self._room < 0:
            return
        with suppress(Unsuitable):
            self._parts[part] = piece = _piece(table, _reader(table), lines)
            self._room -= piece.weight
            self._parts[part] = piece._replace(digits=_digits(table, piece.texts))
        if self._room < 0:
            self._parts.clear()

    def get(self, part: Path) -> Piece | None:
        """The rows of a part, if they are here."""
        return self._parts.get(part)


NOTHING = Gathered((), ())


def read_whole(table: Table, parts: Sequence[Path], endings: Sequence[str], gathered: Gathered) -> Whole | None:
    """The table out of its parts, for finished files with these endings; None when it is not to be made so."""
    most = MOST_BYTES // (2 if "jsonl" in endings else 1)
    if not _suitable(table, endings) or len(parts) > MOST_PARTS or _least_weight(table, parts, gathered) > most:
        return None
    try:
        pieces = _within_bounds(_pieces(table, parts, gathered), most)
        rows = _joined(table, pieces, _lines(parts) if "jsonl" in endings else None)
        texts = _newest(table, rows)
        seen = _seen(pieces) if len(texts) == len(rows) else None
        fields = _fields(table, _digits(table, texts) if seen is None else seen)
        return Whole(fields, texts, _typed(fields, texts), sum(piece.bytes for piece in pieces))
    except Unsuitable:
        return None


def _suitable(table: Table, endings: Sequence[str]) -> bool:
    """Whether a table can be made so. Without Parquet polars is not needed, and it takes a while to load."""
    types = {column.name: column.type for column in all_columns(table)}
    return "parquet" in endings and all(types.get(name) in KEYS for name in table.key)


def _least_weight(table: Table, parts: Sequence[Path], gathered: Gathered) -> int:
    """What the parts weigh at least: nothing is read into memory that cannot stay there."""
    columns = len(all_columns(table))
    known = [gathered.get(part) for part in parts]
    unread = [part for part, piece in zip(parts, known, strict=True) if piece is None]
    return sum(piece.weight for piece in known if piece) + sum(
        part.stat().st_size + CELL * columns * count_lines(part) for part in unread
    )


def _pieces(table: Table, parts: Sequence[Path], gathered: Gathered) -> Iterator[Piece]:
    """Step 1, for all parts."""
    read = _reader(table)
    nothing = _piece(table, read, b"")
    yield nothing._replace(digits=_digits(table, nothing.texts))
    for part in parts:
        if known := gathered.get(part):
            yield known
        else:
            yield from (_piece(table, read, block) for block in blocks(part))


def _piece(table: Table, read: Callable[[bytes], pl.DataFrame], lines: bytes) -> Piece:
    texts = read(lines)
    return Piece(texts, len(lines) + origin_columns.longest_origin(table, texts) * len(texts))


def _within_bounds(pieces: Iterable[Piece], most: int) -> list[Piece]:
    """The pieces, unless they are too much to be in memory at once."""
    found = []
    for piece in pieces:
        found.append(piece)
        most -= piece.weight
        if most < 0:
            raise Unsuitable("the table is too large")
    return found


def _joined(table: Table, pieces: Sequence[Piece], lines: pl.Series | None) -> pl.DataFrame:
    """All rows, each with its origin, or that of the row before it, and with its line if wanted."""
    import polars as pl

    rows = origin_columns.with_origins(table, pl.concat(piece.texts for piece in pieces))
    return rows if lines is None else rows.with_columns(lines)


def _lines(parts: Sequence[Path]) -> pl.Series:
    """The lines of all parts, each with its origin."""
    import polars as pl

    complete = with_origins(block for part in parts for block in blocks(part))
    found = [pl.Series(LINE, block.split(b"\n")[:-1], pl.Binary) for block in complete]
    return pl.concat([pl.Series(LINE, [], pl.Binary), *found])


def _reader(table: Table) -> Callable[[bytes], pl.DataFrame]:
    """Step 1, for some lines. Floats stay as they were sent, for the forms that are text."""
    columns = all_columns(table)
    kinds: list[FieldType] = ["json" if column.type == "float" else column.type for column in columns]
    if table.strict and "json" not in kinds:
        return _strict_reader(columns)
    wanted = [Wanted(column.name, or_none(TEXTS[kind]), None) for column, kind in zip(columns, kinds, strict=True)]
    decode = decoder(wanted, closed=True)
    pick = attrgetter(*map(slot, range(len(columns))))

    def read(lines: bytes) -> pl.DataFrame:
        try:
            rows = decode(lines)
        except msgspec.ValidationError as error:
            raise Unsuitable(str(error)) from None
        return text_frame(kinds, zip(*map(pick, rows), strict=True) if rows else [[]] * len(kinds))

    return read


def _strict_reader(columns: Sequence[Column]) -> Callable[[bytes], pl.DataFrame]:
    """What need not be checked is read by polars itself, beside the crawl and not in its way."""
    import polars as pl

    types = {"int": pl.Int64, "bool": pl.Boolean}
    schema = {column.name: types.get(column.type, pl.String) for column in columns}
    slots = {column.name: slot(place) for place, column in enumerate(columns)}

    def read(lines: bytes) -> pl.DataFrame:
        try:
            return pl.read_ndjson(lines, schema=schema).rename(slots)
        except pl.exceptions.PolarsError as error:
            raise Unsuitable(str(error)) from None

    return read


def _newest(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Step 2. Without a key all rows are different, and keep the order of the journal."""
    import polars as pl

    if not table.key:
        return rows
    places = {column.name: slot(place) for place, column in enumerate(all_columns(table))}
    keys = [places[name] for name in table.key]
    if any(rows.select(pl.col(keys).has_nulls()).row(0)):
        raise Unsuitable("a key is empty")
    rows = rows.sort(keys, maintain_order=True)
    return rows.filter(pl.any_horizontal(pl.col(keys).ne_missing(pl.col(keys).shift(-1))))


def _seen(pieces: Sequence[Piece]) -> dict[str, Digits] | None:
    """What the decimals of all pieces together need, if all were looked at."""
    seen: defaultdict[str, Digits] = defaultdict(Digits)
    for piece in pieces:
        if piece.digits is None:
            return None
        for name, digits in piece.digits.items():
            seen[name].note_all(digits)
    return seen


def _digits(table: Table, texts: pl.DataFrame) -> dict[str, Digits]:
    """Step 3: whether values are as declared, and what decimals need; by slot."""
    import polars as pl

    kinds = {slot(place): column.type for place, column in enumerate(all_columns(table))}
    usual = [pl.col(name).str.contains(FORMS[kind]).all() for name, kind in kinds.items() if kind in FORMS]
    if not all(map(all, texts.select(usual).iter_rows())):
        raise Unsuitable("a time is written in an unusual way")
    digits = {name: Digits() for name, kind in kinds.items() if kind == "decimal"}
    try:
        note_texts(digits, texts)
    except InvalidOperation:
        raise Unsuitable("a decimal is no number") from None
    return digits


def _fields(table: Table, digits: Mapping[str, Digits]) -> list[Field]:
    """Step 3: which types."""
    if not all(seen.fit for seen in digits.values()):
        raise Unsuitable("a number is too long")
    return [
        decimal_field(column.name, digits[slot(place)])
        if column.type == "decimal"
        else Field(column.name, column.type)
        for place, column in enumerate(all_columns(table))
    ]


def _typed(fields: Sequence[Field], texts: pl.DataFrame) -> pl.DataFrame:
    """Step 3: the columns."""
    import polars as pl

    try:
        return typed(fields, texts)
    except pl.exceptions.PolarsError as error:
        raise Unsuitable(str(error)) from None


def _jsonl(table: Whole, out: BinaryIO) -> None:
    for some in table.texts.select(LINE).iter_slices(WRITE):
        out.writelines(line + b"\n" for line in some[LINE])


def _csv(table: Whole, out: BinaryIO) -> None:
    import polars as pl

    named = [pl.col(slot(place)).alias(field.name) for place, field in enumerate(table.fields)]
    filled = pl.when(pl.col(pl.String) != "").then(pl.col(pl.String))
    with disk_errors(out.name):
        table.texts.select(named).with_columns(filled).write_csv(out, line_terminator="\r\n")


def _parquet(table: Whole, out: BinaryIO) -> None:
    with disk_errors(out.name):
        table.rows.write_parquet(out, row_group_size=rows_in_group(table.bytes, len(table.rows)))


WHOLE_WRITERS: Mapping[str, Callable[[Whole, BinaryIO], None]] = {"parquet": _parquet, "csv": _csv, "jsonl": _jsonl}
"""The forms by the endings of their files."""
