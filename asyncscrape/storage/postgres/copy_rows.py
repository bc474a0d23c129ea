"""Reading the journal's lines into rows for COPY.

A chunk whose values all match the columns is read at full speed. Any other is sifted line by line:

* A field without a column gets a new one, unless it is null.
* A text column takes everything, numbers and lists too, as written in JSON. An integer column takes 5.0 as 5, a time
  without a zone is UTC, and numbers may come as text where that loses nothing.
* Everything else is refused: a value of another type, a number out of range, NUL in text, a null key.

A record should not be lost over its form, but a price of "on request" must not pass for a number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

from asyncscrape.model import FieldType
from asyncscrape.postgres.names import quoted, trouble
from asyncscrape.records.json_rows import JsonField, decoder
from asyncscrape.records.lines import TOMBSTONE, swept_by
from asyncscrape.records.newest import WITHDRAWN
from asyncscrape.storage.postgres.column_types import PYTHON, SQL, type_by_nature

CopyRow = tuple[Any, ...]

NUL = b"\\u0000"
"""The escape, in JSON, of the one character that Postgres cannot store (unless a backslash precedes it)."""
MOST_COLUMNS = 1500
"""Postgres allows 1600, dropped columns included."""
SHOWN = 80
"""Characters of a refused value that the reason quotes."""
WITHDRAWAL = JsonField(WITHDRAWN, bool, False)
DIGITS = range(-16_383, 131_072)
"""Digit positions, counted from the decimal point, that a numeric can hold."""
BOUND = Decimal("1E131072")
MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_record = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class DoesNotFit(Exception):
    """A record that does not fit into its table."""


class Rejected(NamedTuple):
    """A line that was set aside, and the reason."""

    line: bytes
    reason: str


class LineAndRow(NamedTuple):
    """A row, and the line it was read from."""

    line: bytes
    row: CopyRow


class ReadRows(NamedTuple):
    """The rows of a chunk, in the order of its lines."""

    rows: list[CopyRow]
    withdrawn: frozenset[int] = frozenset()
    """The places of the rows that are withdrawals: they hold the key and the origin."""


class Sifted(NamedTuple):
    """A chunk after it was read line by line."""

    pairs: list[LineAndRow]
    """The lines that make rows, in order."""
    rejected: list[Rejected]
    withdrawn: frozenset[int]
    """The places of the pairs that are withdrawals."""


class TableShape(NamedTuple):
    """The columns of a table that we fill, and its key."""

    key: tuple[str, ...]
    kinds: Mapping[str, FieldType]
    declared: bool = True
    """Whether the config names the columns; nobody knows beforehand which fields a Python parser yields."""

    @property
    def complete(self) -> bool:
        """Whether the types of the key are known, so that the table can be created."""
        return all(name in self.kinds for name in self.key)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns in the order of the rows: the key first."""
        return (*self.key, *(name for name in self.kinds if name not in self.key))


class Reader:
    """Reads the lines of one table."""

    def __init__(self, shape: TableShape) -> None:
        self.shape = shape
        self._ignored: set[str] = set()
        """Fields without a column that have always been null."""
        self._decimals = [
            place for place, name in enumerate(shape.columns) if shape.complete and shape.kinds[name] == "decimal"
        ]
        self._decode = self._decoder()

    def read(self, chunk: bytes) -> ReadRows | None:
        """The rows of a chunk; None when the chunk must be sifted."""
        if not self.shape.complete or NUL in chunk:
            return None
        try:
            found = self._decode_all(chunk) if TOMBSTONE in chunk else ReadRows(list(self._decode(chunk)))
            return found if self._storable(found.rows) else None
        except (*MALFORMED, TypeError, InvalidOperation):
            return None

    def _decode_all(self, chunk: bytes) -> ReadRows:
        """The rows of a chunk in which some are withdrawals."""
        marked = list(self._decoder(WITHDRAWAL)(chunk))
        size = len(self.shape.columns)
        return ReadRows([row[:size] for row in marked], frozenset(n for n, row in enumerate(marked) if row[size]))

    def learn(self, chunk: bytes) -> dict[str, FieldType]:
        """Learn which undeclared fields are always null; the new columns that the others need."""
        found: dict[str, FieldType] = {}
        for line in chunk.splitlines():
            for name, raw in _fields(line).items():
                if name in self.shape.kinds or name in found or name == WITHDRAWN:
                    continue
                if bytes(raw) == b"null":
                    self._ignored.add(name)
                elif not trouble(name) and len(self.shape.kinds) + len(found) < MOST_COLUMNS:
                    found[name] = type_by_nature(bytes(raw))
        self._decode = self._decoder()
        return found

    def sift(self, chunk: bytes) -> Sifted:
        """Separate the lines that fit from those that do not."""
        pairs, rejected, withdrawn = [], [], set()
        for line in chunk.splitlines():
            try:
                pairs.append(LineAndRow(line, self._row(line)))
            except DoesNotFit as error:
                rejected.append(Rejected(line, str(error)))
            else:
                if TOMBSTONE in line and WITHDRAWN in _fields(line):
                    withdrawn.add(len(pairs) - 1)
        return Sifted(pairs, rejected, frozenset(withdrawn))

    def read_sweeps(self, lines: Sequence[bytes]) -> tuple[list[LineAndRow], list[Rejected]]:
        """The rows of sweeps, and those that do not fit. One that names no value sweeps nothing, and is left out."""
        pairs, rejected = [], []
        for line in lines:
            named = swept_by(line)
            try:
                if named and b"null" not in named.values():
                    pairs.append(LineAndRow(line, self._sweep(named.keys(), line)))
            except DoesNotFit as error:
                rejected.append(Rejected(line, str(error)))
        return pairs, rejected

    def _sweep(self, names: Iterable[str], line: bytes) -> CopyRow:
        for name in names:
            if name not in self.shape.kinds or not self.shape.complete:
                raise DoesNotFit(f"there is no column {quoted(_short(name))} to sweep by")
        record = _record(line)
        return tuple(_value(name, self.shape.kinds[name], record.get(name)) for name in self.shape.columns)

    def _storable(self, rows: Sequence[CopyRow]) -> bool:
        """Whether all decimals are short enough; NaN raises `InvalidOperation`."""
        for place in self._decimals:
            if not all(-BOUND < row[place] < BOUND for row in rows if row[place] is not None):
                return False
        return True

    def _decoder(self, *more: JsonField) -> Callable[[bytes], Iterator[CopyRow]]:
        """A reader for whole chunks, once the types of the key are known; more fields come after the columns."""
        columns = [self._field(name) for name in self.shape.columns] if self.shape.complete else []
        ignored = [self._field(name) for name in sorted(self._ignored)]
        decode = decoder([*columns, *more, *ignored], closed=True)
        if self._ignored:
            cut = itemgetter(slice(len(columns) + len(more)))
            return lambda chunk: map(cut, map(msgspec.structs.astuple, decode(chunk)))
        return lambda chunk: map(msgspec.structs.astuple, decode(chunk))

    def _field(self, name: str) -> JsonField:
        kind = self.shape.kinds.get(name)
        if kind is None:
            return JsonField(name, None, None)
        if name in self.shape.key:
            return JsonField(name, PYTHON[kind])
        return JsonField(name, PYTHON[kind] if kind == "json" else PYTHON[kind] | None, None)

    def _row(self, line: bytes) -> CopyRow:
        try:
            record = _record(line)
        except MALFORMED as error:
            raise DoesNotFit(f"the line is not valid JSON: {error}") from None
        for name, raw in record.items():
            if name not in self.shape.kinds and name != WITHDRAWN and bytes(raw) != b"null":
                raise DoesNotFit(_no_column(name))
        for name in self.shape.key:
            if bytes(record.get(name, b"null")) == b"null":
                raise DoesNotFit(f"the key {quoted(name)} is null or missing")
        return tuple(_value(name, self.shape.kinds[name], record.get(name)) for name in self.shape.columns)


def _fields(line: bytes) -> Mapping[str, msgspec.Raw]:
    try:
        return _record(line)
    except MALFORMED:
        return {}


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def _no_column(name: str) -> str:
    why = trouble(name)
    because = f"its name {why}" if why else f"the table would have more than {MOST_COLUMNS} columns"
    return f"the field {quoted(_short(name))} cannot be a column: {because}"


def _value(name: str, kind: FieldType, raw: msgspec.Raw | None) -> Any:
    """The value for COPY, or `DoesNotFit`."""
    text = b"null" if raw is None else bytes(raw)
    if text == b"null":
        return None
    try:
        value = _CONVERT.get(kind, _strict)(kind, text)
    except (*MALFORMED, InvalidOperation, ValueError, OverflowError):
        shown = _short(text.decode(errors="replace"))
        raise DoesNotFit(f"the column {quoted(name)} is {SQL[kind]}, and this value does not fit: {shown}") from None
    if isinstance(value, str) and "\0" in value:
        raise DoesNotFit(f"the value for {quoted(name)} contains the character NUL, which Postgres cannot store")
    return value


def _strict(kind: FieldType, text: bytes) -> Any:
    return msgspec.json.decode(text, type=PYTHON[kind])


def _text(kind: FieldType, text: bytes) -> str:
    """Text as it is, everything else as written in JSON."""
    return _strict(kind, text) if text.startswith(b'"') else text.decode()


def _whole(kind: FieldType, text: bytes) -> int:
    number = _finite("decimal", text)
    if number.adjusted() > 18 or number != number.to_integral_value():
        raise ValueError
    return int(msgspec.convert(int(number), PYTHON[kind]))


def _finite(kind: FieldType, text: bytes) -> Decimal:
    number: Decimal = _strict(kind, text)
    if not number.is_finite() or not (number.as_tuple().exponent in DIGITS or not number):
        raise ValueError
    if number.adjusted() not in DIGITS:
        raise ValueError
    return number


def _moment(kind: FieldType, text: bytes) -> datetime:
    moment = msgspec.json.decode(text, type=datetime)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _number(kind: FieldType, text: bytes) -> float:
    return float(_finite("decimal", text)) if text.startswith(b'"') else _strict(kind, text)


_CONVERT: Mapping[FieldType, Callable[[FieldType, bytes], Any]] = {
    "str": _text,
    "int": _whole,
    "float": _number,
    "decimal": _finite,
    "datetime": _moment,
    "url": _text,
    "json": lambda kind, text: msgspec.Raw(text),
}
