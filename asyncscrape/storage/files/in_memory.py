"""A table that fits into memory, made in one go: each line is decoded once, for sorting, types and all forms.

1. the lines of all parts become columns, as JSON has them                            `text_columns.py`
2. the rows are sorted by key; of those with the same key the newest stays            `_newest`
3. the columns get the types of the layout, which is the declared one                 `_typed`
4. each form is written from these columns                                            `rows_in_memory.py`

A table that is too large, or does not keep to what was declared, is `NotInMemory`: `finish.py` sorts it on the disk.
What comes out is the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from asyncscrape.destinations import TableForm
from asyncscrape.model import FieldType, Table
from asyncscrape.records import origin_columns
from asyncscrape.records.json_rows import slot
from asyncscrape.records.lines import all_columns, with_origins
from asyncscrape.storage.files.column_types import FinishedColumn, decimal_field
from asyncscrape.storage.files.decimal_width import Digits
from asyncscrape.storage.files.line_blocks import blocks, count_lines
from asyncscrape.storage.files.polars_columns import typed
from asyncscrape.storage.files.rows_in_memory import LINE, NotInMemory, RowsInMemory
from asyncscrape.storage.files.text_columns import CELL, DigitsBySlot, TextColumns, look_through, text_reader

if TYPE_CHECKING:
    import polars as pl

MOST_BYTES = 100_000_000
"""What a table may weigh: its lines, were each to say its origin, and `CELL` for each value. It takes about twice as
much memory when it is written."""
MOST_PARTS = 64
"""More are better made one."""
KEYS: frozenset[FieldType] = frozenset({"str", "int", "bool", "date", "datetime"})
"""Types that polars sorts and compares as `external_sort` does."""

TOO_LARGE = "it is too large"


class InMemory:
    """Makes tables in memory. Parts are read while the crawl goes on, so that little is left to do at its end."""

    def __init__(self, forms: Iterable[TableForm], most_bytes: int = MOST_BYTES) -> None:
        """`forms` are those of the finished tables; `most_bytes` may a table weigh."""
        self._forms = frozenset(forms)
        self._most = most_bytes // (2 if TableForm.JSONL in self._forms else 1)
        self._room = most_bytes
        self._ahead: dict[Path, TextColumns] = {}

    def read_ahead(self, table: Table, part: Path, lines: bytes) -> None:
        """Take in a part, if its table is to be made so and there is room; any other is read later."""
        if self._room < 0 or not self._suits(table):
            return
        read = text_reader(table)(lines)
        if isinstance(read, NotInMemory):
            return
        self._room -= read.weight
        if self._room < 0:
            self._ahead.clear()
            return
        self._ahead[part] = read.looked_through(table)

    def rows(self, table: Table, parts: Sequence[Path]) -> RowsInMemory | NotInMemory:
        """The table out of its parts."""
        if why := self._obstacle(table, parts):
            return NotInMemory(why)
        pieces = _within(self._most, self._pieces(table, parts))
        if isinstance(pieces, NotInMemory):
            return pieces
        return _finished(table, pieces, _lines(parts) if TableForm.JSONL in self._forms else None)

    def _suits(self, table: Table) -> bool:
        """Whether a table can be made so. Without Parquet polars is not needed, and it takes a while to load."""
        types = {column.name: column.type for column in all_columns(table)}
        return TableForm.PARQUET in self._forms and all(types.get(name) in KEYS for name in table.key)

    def _obstacle(self, table: Table, parts: Sequence[Path]) -> str:
        """Why the table cannot be made so, as far as that can be told before it is read; empty if it may be."""
        if not self._suits(table):
            return "no Parquet is wanted, or polars would not sort its keys as they are to be sorted"
        if len(parts) > MOST_PARTS:
            return "it lies in too many parts"
        return TOO_LARGE if self._least_weight(table, parts) > self._most else ""

    def _least_weight(self, table: Table, parts: Sequence[Path]) -> int:
        """What the parts weigh at least: nothing is read into memory that cannot stay there."""
        columns = len(all_columns(table))
        unread = [part for part in parts if part not in self._ahead]
        return sum(self._ahead[part].weight for part in parts if part in self._ahead) + sum(
            part.stat().st_size + CELL * columns * count_lines(part) for part in unread
        )

    def _pieces(self, table: Table, parts: Sequence[Path]) -> Iterator[TextColumns | NotInMemory]:
        """Step 1, for all parts; there is at least one piece, so that a table without rows has columns too."""
        read = text_reader(table)
        nothing = read(b"")
        yield nothing if isinstance(nothing, NotInMemory) else nothing.looked_through(table)
        for part in parts:
            if known := self._ahead.get(part):
                yield known
            else:
                yield from map(read, blocks(part))


def _within(most: int, pieces: Iterable[TextColumns | NotInMemory]) -> list[TextColumns] | NotInMemory:
    """All pieces, if all can be read, and are not too much to be in memory at once."""
    found = []
    for piece in pieces:
        if isinstance(piece, NotInMemory):
            return piece
        found.append(piece)
        most -= piece.weight
        if most < 0:
            return NotInMemory(TOO_LARGE)
    return found


def _finished(table: Table, pieces: Sequence[TextColumns], lines: pl.Series | None) -> RowsInMemory | NotInMemory:
    """Steps 2 and 3."""
    rows = _joined(table, pieces, lines)
    if _has_empty_key(table, rows):
        return NotInMemory("a key is empty")
    texts = _newest(table, rows)
    digits = _digits_of_all(pieces) if len(texts) == len(rows) else None
    seen = look_through(table, texts) if digits is None else digits
    if isinstance(seen, NotInMemory):
        return seen
    if not all(digits.fit for digits in seen.values()):
        return NotInMemory("a number is too long")
    return _typed(_fields(table, seen), texts, sum(piece.bytes for piece in pieces))


def _joined(table: Table, pieces: Sequence[TextColumns], lines: pl.Series | None) -> pl.DataFrame:
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


def _key_slots(table: Table) -> list[str]:
    places = {column.name: slot(place) for place, column in enumerate(all_columns(table))}
    return [places[name] for name in table.key]


def _has_empty_key(table: Table, rows: pl.DataFrame) -> bool:
    """Whether a row lacks a part of its key."""
    import polars as pl

    return bool(table.key) and any(rows.select(pl.col(_key_slots(table)).has_nulls()).row(0))


def _newest(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Step 2. Without a key all rows are different, and keep the order of the journal."""
    import polars as pl

    if not table.key:
        return rows
    keys = _key_slots(table)
    rows = rows.sort(keys, maintain_order=True)
    return rows.filter(pl.any_horizontal(pl.col(keys).ne_missing(pl.col(keys).shift(-1))))


def _digits_of_all(pieces: Sequence[TextColumns]) -> DigitsBySlot | None:
    """What the decimals of all pieces together need, if all were looked at."""
    seen: defaultdict[str, Digits] = defaultdict(Digits)
    for piece in pieces:
        if piece.digits is None:
            return None
        for name, digits in piece.digits.items():
            seen[name].note_all(digits)
    return seen


def _fields(table: Table, digits: Mapping[str, Digits]) -> list[FinishedColumn]:
    """Step 3: which types."""
    return [
        decimal_field(column.name, digits[slot(place)])
        if column.type == "decimal"
        else FinishedColumn(column.name, column.type)
        for place, column in enumerate(all_columns(table))
    ]


def _typed(fields: Sequence[FinishedColumn], texts: pl.DataFrame, size: int) -> RowsInMemory | NotInMemory:
    """Step 3: the columns."""
    import polars as pl

    try:
        return RowsInMemory(fields, texts, typed(fields, texts), size)
    except pl.exceptions.PolarsError as error:
        return NotInMemory(str(error))
