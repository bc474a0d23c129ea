"""Tables that fit in memory, made in one go: each line is decoded once, for sorting, types and all forms.

1. the lines of all parts become columns, with values as in JSON                      `text_columns.py`
2. the rows are sorted by key; of those with the same key the newest stays            `_newest`
3. the columns get their declared types                                               `_typed`
4. each form is written from these columns                                            `rows_in_memory.py`

A table that is too large, or that does not match its declaration, is `NotInMemory`: `finish.py` sorts it on the disk.
The result is the same. So are tables with `merge` or with withdrawals, where a key may need more than one line.
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
from asyncscrape.records.lines import PROVENANCE, all_columns, with_origins
from asyncscrape.records.newest import url_print
from asyncscrape.storage.files.column_types import FinishedColumn, decimal_field
from asyncscrape.storage.files.decimal_width import Digits
from asyncscrape.storage.files.line_blocks import blocks, count_lines
from asyncscrape.storage.files.polars_columns import typed
from asyncscrape.storage.files.rows_in_memory import LINE, NotInMemory, RowsInMemory
from asyncscrape.storage.files.text_columns import CELL, DigitsBySlot, TextColumns, look_through, text_reader

if TYPE_CHECKING:
    import polars as pl

MOST_BYTES = 100_000_000
"""The most a table may weigh: its lines, each with its origin, and `CELL` for each value. Writing it takes about
twice as much memory."""
MOST_PARTS = 64
"""More parts are better merged into one."""
KEYS: frozenset[FieldType] = frozenset({"str", "int", "bool", "date", "datetime", "url"})
"""Types that polars sorts and compares just as `external_sort` does."""

ROWS_AT_ONCE = 50_000
"""Rows whose order is looked at together."""

TOO_LARGE = "it is too large"


class InMemory:
    """Makes tables in memory. Parts are read during the crawl, so that little is left to do at its end."""

    def __init__(self, forms: Iterable[TableForm], most_bytes: int = MOST_BYTES) -> None:
        """`forms` are those of the finished tables; a table may weigh up to `most_bytes`."""
        self._forms = frozenset(forms)
        self._most = most_bytes // (2 if TableForm.JSONL in self._forms else 1)
        self._room = most_bytes
        self._ahead: dict[Path, TextColumns] = {}

    def read_ahead(self, table: Table, part: Path, lines: bytes) -> None:
        """Read a part now, if its table can be made in memory and there is room; otherwise it is read later."""
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
        """The rows of the table, from its parts."""
        if why := self._obstacle(table, parts):
            return NotInMemory(why)
        pieces = _within(self._most, self._pieces(table, parts))
        if isinstance(pieces, NotInMemory):
            return pieces
        return _finished(table, pieces, _lines(parts) if TableForm.JSONL in self._forms else None)

    def _suits(self, table: Table) -> bool:
        """Whether a table can be made in memory. Without Parquet nothing needs polars, which is slow to load."""
        if TableForm.PARQUET not in self._forms or table.merge:
            return False
        columns = all_columns(table)
        types = {column.name: column.type for column in columns}
        return set(PROVENANCE) <= set(columns) and all(types.get(name) in KEYS for name in table.key)

    def _obstacle(self, table: Table, parts: Sequence[Path]) -> str:
        """The reason why the table cannot be made in memory, as far as known before it is read; empty if none."""
        if not self._suits(table):
            return "it is not wanted as Parquet, it is merged, or polars would sort its keys differently"
        if len(parts) > MOST_PARTS:
            return "it has too many parts"
        return TOO_LARGE if self._least_weight(table, parts) > self._most else ""

    def _least_weight(self, table: Table, parts: Sequence[Path]) -> int:
        """The least that the parts can weigh: nothing is read that could not stay in memory."""
        columns = len(all_columns(table))
        unread = [part for part in parts if part not in self._ahead]
        return sum(self._ahead[part].weight for part in parts if part in self._ahead) + sum(
            part.stat().st_size + CELL * columns * count_lines(part) for part in unread
        )

    def _pieces(self, table: Table, parts: Sequence[Path]) -> Iterator[TextColumns | NotInMemory]:
        """Do step 1 for all parts; gives at least one piece, so that a table without rows has columns too."""
        read = text_reader(table)
        nothing = read(b"")
        yield nothing if isinstance(nothing, NotInMemory) else nothing.looked_through(table)
        for part in parts:
            if known := self._ahead.get(part):
                yield known
            else:
                yield from map(read, blocks(part))


def _within(most: int, pieces: Iterable[TextColumns | NotInMemory]) -> list[TextColumns] | NotInMemory:
    """All pieces, if all can be read and fit in memory together."""
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
    """Do steps 2 and 3."""
    rows = _joined(table, pieces, lines)
    if _has_empty_key(table, rows):
        return NotInMemory("a part of a key is null")
    texts = _newest(table, rows)
    digits = _digits_of_all(pieces) if len(texts) == len(rows) else None
    seen = look_through(table, texts) if digits is None else digits
    if isinstance(seen, NotInMemory):
        return seen
    if not all(digits.fit for digits in seen.values()):
        return NotInMemory("a number is too long")
    return _typed(_fields(table, seen), texts, sum(piece.bytes for piece in pieces))


def _joined(table: Table, pieces: Sequence[TextColumns], lines: pl.Series | None) -> pl.DataFrame:
    """All rows, each with its origin, and with its line if that is wanted."""
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
    return _slots(table, table.key)


def _slots(table: Table, names: Sequence[str]) -> list[str]:
    places = {column.name: slot(place) for place, column in enumerate(all_columns(table))}
    return [places[name] for name in names]


def _has_empty_key(table: Table, rows: pl.DataFrame) -> bool:
    """Whether a row lacks a part of its key."""
    import polars as pl

    return bool(table.key) and any(rows.select(pl.col(_key_slots(table)).has_nulls()).row(0))


def _newest(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Do step 2. Without a key all rows are different, and they keep their order in the journal."""
    import polars as pl

    if not table.key:
        return rows
    keys = _key_slots(table)
    rows = rows.sort(keys, maintain_order=True)
    last = rows.select(pl.any_horizontal(pl.col(keys).ne_missing(pl.col(keys).shift(-1)))).to_series()
    if last.all():
        return rows
    return rows.filter(last if _came_in_order(table, rows, last) else _standing(table, rows, last))


def _came_in_order(table: Table, rows: pl.DataFrame, last: pl.Series) -> bool:
    """Whether the rows of each key came by rank, as they usually do; seen at once where the times tell it."""
    import polars as pl

    url, fetched_at = _origin(table)
    later = (fetched_at < fetched_at.shift(-1)) | ((fetched_at == fetched_at.shift(-1)) & (url == url.shift(-1)))
    ordered = (pl.col("last") | later).all()
    told = rows.select(_slots(table, [column.name for column in PROVENANCE])).with_columns(last.alias("last"))
    # A few rows at a time, to save memory. The last of them is compared with the next as the first of those to come.
    starts = range(0, len(told), ROWS_AT_ONCE)
    return all(told.slice(start, ROWS_AT_ONCE + 1).select(ordered).item() for start in starts)


def _standing(table: Table, rows: pl.DataFrame, last: pl.Series) -> pl.Series:
    """Whether each row stands. Only those whose key comes more than once are looked at; `last` ends each key."""
    import polars as pl

    alone = last & (first := last.shift(1, fill_value=True))
    url, fetched_at = _origin(table)
    repeated = rows.select(url.alias("url"), fetched_at.alias("at"), first.cum_sum().alias("key"))
    repeated = repeated.with_row_index("place").filter(~alone)
    latest = repeated.filter(pl.col("at") == pl.col("at").max().over("key"))
    prints = {text: url_print(text) for text in latest["url"].unique()}
    print_ = pl.col("url").replace_strict(prints, return_dtype=pl.String)
    stands = latest.group_by("key").agg(pl.col("place").sort_by(print_, maintain_order=True).last())["place"]
    return alone | pl.select(pl.int_range(len(rows)).is_in(stands.implode())).to_series()


def _origin(table: Table) -> list[pl.Expr]:
    """URL and time of each row; empty where a line without an origin has none."""
    import polars as pl

    return [pl.col(name).fill_null("") for name in _slots(table, [column.name for column in PROVENANCE])]


def _digits_of_all(pieces: Sequence[TextColumns]) -> DigitsBySlot | None:
    """The digits that the decimals of all pieces need together, if all pieces have been checked."""
    seen: defaultdict[str, Digits] = defaultdict(Digits)
    for piece in pieces:
        if piece.digits is None:
            return None
        for name, digits in piece.digits.items():
            seen[name].note_all(digits)
    return seen


def _fields(table: Table, digits: Mapping[str, Digits]) -> list[FinishedColumn]:
    """The types for step 3."""
    return [
        decimal_field(column.name, digits[slot(place)])
        if column.type == "decimal"
        else FinishedColumn(column.name, column.type)
        for place, column in enumerate(all_columns(table))
    ]


def _typed(fields: Sequence[FinishedColumn], texts: pl.DataFrame, size: int) -> RowsInMemory | NotInMemory:
    """Do step 3."""
    import polars as pl

    try:
        return RowsInMemory(fields, texts, typed(fields, texts), size)
    except pl.exceptions.PolarsError as error:
        return NotInMemory(str(error))
