"""The columns of a finished table, and the type that each of them can really have.

The config declares names and types, but the records have the last word: a Python parser may fill columns that nobody
declared, and an integer may outgrow 64 bits. So all lines are checked once before they become a typed table, and a
column gets its declared type only if every value fits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal

import msgspec

from asyncscrape.model import FieldType, Table
from asyncscrape.quality.tally import TableTally
from asyncscrape.records.json_rows import INT64, JsonField, decoder
from asyncscrape.records.lines import CARRIED, PROVENANCE, all_columns
from asyncscrape.storage.files.decimal_width import Digits, note_texts
from asyncscrape.storage.files.line_blocks import blocks

ColumnKind = FieldType | Literal["mixed"]
"""A column type; "mixed" is text that holds values of several types."""

PYTHON: Mapping[ColumnKind, Any] = {
    "str": str,
    "int": INT64,
    "float": float,
    "decimal": Decimal,
    "bool": bool,
    "date": date,
    "datetime": datetime,
    "url": str,
    "json": Any,
    "mixed": Any,
}

Rows = Sequence[tuple[Any, ...]]


class FinishedColumn(msgspec.Struct, frozen=True):
    """One column of a finished table."""

    name: str
    kind: ColumnKind
    scale: int = 0
    """Digits after the point, for decimals."""


class Layout(msgspec.Struct, frozen=True):
    """All columns of a finished table, and its size."""

    fields: tuple[FinishedColumn, ...]
    rows: int


def decimal_field(name: str, digits: Digits) -> FinishedColumn:
    """A decimal column, if one can hold these digits; otherwise a text column."""
    return FinishedColumn(name, "decimal", digits.scale) if digits.fit else FinishedColumn(name, "mixed")


def row_reader(types: Mapping[str, Any], *, closed: bool = False) -> Callable[[bytes], Rows]:
    """A function that decodes a block of JSON lines into tuples of these columns; a missing field is None.

    A value of another type is a `msgspec.ValidationError`; so is any other column, if the table is `closed`.
    """
    decode = decoder([JsonField(name, or_none(kind), None) for name, kind in types.items()], closed=closed)
    return lambda block: list(map(msgspec.structs.astuple, decode(block)))


def or_none(kind: Any) -> Any:
    """The type of a value that may be missing."""
    return kind if kind in (Any, msgspec.Raw) else kind | None


def survey(table: Table, lines: Path, tally: TableTally | None = None) -> Layout:
    """Check the finished lines of a table and decide on its columns; the tally takes in their values on the way."""
    seen = _Survey(table, tally, with_digits=True)
    for block in blocks(lines):
        seen.note(block)
    return seen.layout()


def tally_only(table: Table, lines: Path, tally: TableTally) -> Layout:
    """Let the tally take in the finished lines of a table that needs no types. Nothing here loads polars."""
    seen = _Survey(table, tally, with_digits=False)
    for block in blocks(lines):
        seen.note(block)
    return Layout((), seen.rows)


class _Survey:
    """The findings about the lines read so far."""

    def __init__(self, table: Table, tally: TableTally | None, *, with_digits: bool) -> None:
        self.tally = tally
        self.own = [column.name for column in table.columns]
        self.declared: dict[str, FieldType] = {column.name: column.type for column in all_columns(table)}
        self.kinds: dict[str, set[ColumnKind]] = {name: set() for name in self.declared}
        self.digits = {name: Digits() for name, kind in self.declared.items() if with_digits and kind == "decimal"}
        self.rows = 0
        # Decimals are checked as the text they were written as: converting them takes longer than all the rest.
        types = {**PYTHON, "decimal": str}
        self.as_declared = row_reader({name: types[kind] for name, kind in self.declared.items()}, closed=True)
        self.as_is = msgspec.json.Decoder(dict[str, Any]).decode_lines

    def note(self, block: bytes) -> None:
        """Take in a block: at full speed if it is as declared, otherwise value by value."""
        self.rows += block.count(b"\n")
        try:
            rows = self.as_declared(block)
            self._note_declared(rows)
        except (msgspec.ValidationError, InvalidOperation):
            records = self.as_is(block)
            for record in records:
                self._note_record(record)
            names = dict.fromkeys((*self.declared, *(name for record in records for name in record)))
            self._tally({name: [record.get(name) for record in records] for name in names})
        else:
            self._tally(dict(zip(self.declared, zip(*rows, strict=True), strict=True)))

    def _tally(self, columns: Mapping[str, Sequence[Any]]) -> None:
        if self.tally:
            told = {name: values for name, values in columns.items() if name not in CARRIED}
            self.tally.note(told, columns[PROVENANCE[0].name])

    def _note_declared(self, rows: Rows) -> None:
        if self.digits:
            import polars as pl

            places = {name: place for place, name in enumerate(self.declared) if name in self.digits}
            texts = {name: pl.Series([row[place] for row in rows], dtype=pl.String) for name, place in places.items()}
            note_texts(self.digits, pl.DataFrame(texts))
        for name, kind in self.declared.items():
            self.kinds[name].add(kind)

    def _note_record(self, record: dict[str, Any]) -> None:
        for name, value in record.items():
            kinds = self.kinds.setdefault(name, set())
            if value is None:
                continue
            kind = _kind(value, self.declared.get(name))
            kinds.add(kind)
            if kind == "decimal" and self.digits:
                self.digits[name].note(Decimal(str(value)))

    def layout(self) -> Layout:
        """The declared columns, then the undeclared ones, then those that say where a record came from."""
        extra = [name for name in self.kinds if name not in self.declared]
        last = [name for name in self.declared if name not in self.own]
        return Layout(tuple(map(self._field, (*self.own, *extra, *last))), self.rows)

    def _field(self, name: str) -> FinishedColumn:
        kind = _common(self.kinds[name], self.declared.get(name, "str"))
        return decimal_field(name, self.digits[name]) if kind == "decimal" else FinishedColumn(name, kind)


def _kind(value: Any, declared: FieldType | None) -> ColumnKind:
    """The declared type if the value fits it, otherwise the value's natural type."""
    if declared and _fits(value, declared):
        return declared
    match value:
        case bool():
            return "bool"
        case int():
            return "int" if _fits(value, "int") else "mixed"
        case float():
            return "float"
        case str():
            return "str"
        case _:
            return "json"


def _fits(value: Any, kind: FieldType) -> bool:
    try:
        msgspec.convert(value, PYTHON[kind])
    except msgspec.ValidationError:
        return False
    return True


def _common(kinds: set[ColumnKind], declared: FieldType) -> ColumnKind:
    """The one kind that can hold all of these."""
    if not kinds:
        return declared
    if len(kinds) == 1:
        return next(iter(kinds))
    return "float" if kinds == {"int", "float"} else "mixed"
