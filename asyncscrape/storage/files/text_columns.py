"""Lines as columns with their values as in JSON, and a check that these match the declaration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import InvalidOperation
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from asyncscrape.model import Column, FieldType, Table
from asyncscrape.records import origin_columns
from asyncscrape.records.json_rows import JsonField, decoder, slot
from asyncscrape.records.lines import TOMBSTONE, all_columns
from asyncscrape.storage.files.column_types import or_none
from asyncscrape.storage.files.decimal_width import Digits, note_texts
from asyncscrape.storage.files.polars_columns import TEXTS, text_frame
from asyncscrape.storage.files.rows_in_memory import NotInMemory

if TYPE_CHECKING:
    import polars as pl

CELL = 16
"""Bytes that a value takes in a column, beyond its text."""
USUAL_TIMES: Mapping[FieldType, str] = {
    "date": r"^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}$",
    "datetime": r"^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9](?:\.[0-9]{1,6})?Z$",
}
"""The usual ways to write times. Other ways are valid too, but libraries disagree about them."""

DigitsBySlot = Mapping[str, Digits]
ReadFrame = Callable[[bytes], "pl.DataFrame | NotInMemory"]


class TextColumns(NamedTuple):
    """Some of the rows of a table, in journal order."""

    texts: pl.DataFrame
    """The columns, named after their slots."""
    bytes: int
    """The size of the lines, each with its origin."""
    digits: DigitsBySlot | None = None
    """The digits that each decimal column needs, if the values have been checked and are as declared."""

    @property
    def weight(self) -> int:
        """About the bytes that they take in memory."""
        return self.bytes + CELL * self.texts.height * self.texts.width

    def looked_through(self, table: Table) -> TextColumns:
        """The same with its digits, unless a value is not as declared: a newer one may yet replace it."""
        digits = look_through(table, self.texts)
        return self if isinstance(digits, NotInMemory) else self._replace(digits=digits)


def text_reader(table: Table) -> Callable[[bytes], TextColumns | NotInMemory]:
    """A reader for lines of a table, starting where a page starts."""
    read_frame = _frame_reader(table)

    def read(lines: bytes) -> TextColumns | NotInMemory:
        texts = read_frame(lines)
        if isinstance(texts, NotInMemory):
            return texts
        return TextColumns(texts, len(lines) + origin_columns.longest_origin(table, texts) * len(texts))

    return read


def _frame_reader(table: Table) -> ReadFrame:
    """A reader that keeps floats as they were sent, for the forms that are text."""
    columns = all_columns(table)
    kinds: list[FieldType] = ["json" if column.type == "float" else column.type for column in columns]
    if table.strict and "json" not in kinds:
        return _strict_reader(columns)
    return _checking_reader(columns, kinds)


def _checking_reader(columns: Sequence[Column], kinds: Sequence[FieldType]) -> ReadFrame:
    """A reader that accepts only lines as declared."""
    fields = [JsonField(column.name, or_none(TEXTS[kind]), None) for column, kind in zip(columns, kinds, strict=True)]
    decode = decoder(fields, closed=True)
    pick = attrgetter(*map(slot, range(len(columns))))

    def read(lines: bytes) -> pl.DataFrame | NotInMemory:
        try:
            rows = decode(lines)
        except msgspec.ValidationError as error:
            return NotInMemory(str(error))
        return text_frame(kinds, zip(*map(pick, rows), strict=True) if rows else [[]] * len(kinds))

    return read


def _strict_reader(columns: Sequence[Column]) -> ReadFrame:
    """A reader for lines that need no check: polars reads them outside of Python, so the crawl is not held up."""
    import polars as pl

    types = {"int": pl.Int64, "bool": pl.Boolean}
    schema = {column.name: types.get(column.type, pl.String) for column in columns}
    slots = {column.name: slot(place) for place, column in enumerate(columns)}

    def read(lines: bytes) -> pl.DataFrame | NotInMemory:
        if TOMBSTONE in lines:  # polars would leave out the field and take the line for a record
            return NotInMemory("it may hold a withdrawal")
        try:
            return pl.read_ndjson(lines, schema=schema).rename(slots)
        except pl.exceptions.PolarsError as error:
            return NotInMemory(str(error))

    return read


def look_through(table: Table, texts: pl.DataFrame) -> DigitsBySlot | NotInMemory:
    """The digits that the decimals need, if they and the times are written in the usual way."""
    import polars as pl

    kinds = {slot(place): column.type for place, column in enumerate(all_columns(table))}
    usual = [
        pl.col(name).str.contains(USUAL_TIMES[kind]).all() for name, kind in kinds.items() if kind in USUAL_TIMES
    ]
    if not all(map(all, texts.select(usual).iter_rows())):
        return NotInMemory("a time is written in an unusual way")
    digits = {name: Digits() for name, kind in kinds.items() if kind == "decimal"}
    try:
        note_texts(digits, texts)
    except InvalidOperation:
        return NotInMemory("a decimal is not a number")
    return digits
