"""The columns of a finished table, and what each of them can really hold.

The config declares names and types, but records have the last word: a Python parser may fill columns that nobody
declared, a whole number may outgrow 64 bits. So the finished lines are looked through once before they become a
typed table, and a column takes its declared type only if every value fits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from asyncscrape.model import Column, FieldType, Table
from asyncscrape.storage.decoding import Wanted, decoder
from asyncscrape.storage.lines import blocks

if TYPE_CHECKING:
    import polars as pl

Kind = FieldType | Literal["mixed"]
"""A column type; "mixed" is text that holds values of several types."""

PROVENANCE = (Column("_url"), Column("_fetched_at", "datetime"))
"""The columns that every table ends with: where a record came from, and when."""

PRECISION = 38
"""Digits that a decimal column can hold."""

PLAIN = r"^-?(?<whole>[0-9]+)(?:\.(?<fraction>[0-9]*?)0*)?$"
"""A decimal without an exponent, and its digits before and behind the point; zeros at the end do not count."""
INT64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
PYTHON: Mapping[Kind, Any] = {
    "str": str,
    "int": INT64,
    "float": float,
    "decimal": Decimal,
    "bool": bool,
    "date": date,
    "datetime": datetime,
    "json": Any,
    "mixed": Any,
}

Rows = Sequence[tuple[Any, ...]]


class Field(msgspec.Struct, frozen=True):
    """One column of a finished table."""

    name: str
    kind: Kind
    scale: int = 0
    """Digits behind the point, for decimals."""


class Layout(msgspec.Struct, frozen=True):
    """All columns of a finished table, and its size."""

    fields: tuple[Field, ...]
    rows: int


def row_reader(types: Mapping[str, Any], *, closed: bool = False) -> Callable[[bytes], Rows]:
    """Decodes a block of JSON lines into tuples of these columns; what a record lacks is None.

    A value of another type is a `msgspec.ValidationError`; so is another column, when the table is `closed` to them.
    """
    decode = decoder([Wanted(name, _or_none(kind), None) for name, kind in types.items()], closed=closed)
    return lambda block: list(map(msgspec.structs.astuple, decode(block)))


def _or_none(kind: Any) -> Any:
    return kind if kind in (Any, msgspec.Raw) else kind | None


def survey(table: Table, lines: Path) -> Layout:
    """Look through the finished lines of a table and decide on its columns."""
    findings = _Findings(table)
    for block in blocks(lines):
        findings.note(block)
    return findings.layout()


class _Findings:
    """What has been seen in the lines so far."""

    def __init__(self, table: Table) -> None:
        self.own = [column.name for column in table.columns]
        self.declared: dict[str, FieldType] = {column.name: column.type for column in (*PROVENANCE, *table.columns)}
        self.kinds: dict[str, set[Kind]] = {name: set() for name in self.declared}
        self.digits = {name: _Digits() for name, kind in self.declared.items() if kind == "decimal"}
        self.rows = 0
        # Decimals are written as text, and looked at as such: making numbers of them takes longer than all the rest.
        types = {**PYTHON, "decimal": str}
        self.as_declared = row_reader({name: types[kind] for name, kind in self.declared.items()}, closed=True)
        self.as_is = msgspec.json.Decoder(dict[str, Any]).decode_lines

    def note(self, block: bytes) -> None:
        """Take in a block: at full speed if it is as declared, value by value if not."""
        self.rows += block.count(b"\n")
        try:
            self._note_declared(self.as_declared(block))
        except (msgspec.ValidationError, InvalidOperation):
            for record in self.as_is(block):
                self._note_record(record)

    def _note_declared(self, rows: Rows) -> None:
        for place, (name, kind) in enumerate(self.declared.items()):
            if kind == "decimal":
                self.digits[name].note_texts([row[place] for row in rows])
        for name, kind in self.declared.items():
            self.kinds[name].add(kind)

    def _note_record(self, record: dict[str, Any]) -> None:
        for name, value in record.items():
            kinds = self.kinds.setdefault(name, set())
            if value is None:
                continue
            kind = _kind(value, self.declared.get(name))
            kinds.add(kind)
            if kind == "decimal":
                self.digits[name].note([Decimal(str(value))])

    def layout(self) -> Layout:
        """The columns as declared, then those that nobody declared, then where the records came from."""
        extra = [name for name in self.kinds if name not in self.declared]
        last = [column.name for column in PROVENANCE if column.name not in self.own]
        return Layout(tuple(map(self._field, (*self.own, *extra, *last))), self.rows)

    def _field(self, name: str) -> Field:
        kind = _common(self.kinds[name], self.declared.get(name, "str"))
        if kind != "decimal":
            return Field(name, kind)
        digits = self.digits[name]
        return Field(name, kind, digits.scale) if digits.fit else Field(name, "mixed")


class _Digits:
    """How many digits the decimals of a column need before and behind the point."""

    def __init__(self) -> None:
        self.whole = 0
        self.scale = 0
        self.finite = True

    @property
    def fit(self) -> bool:
        return self.finite and self.whole + self.scale <= PRECISION

    def note(self, values: Iterable[Decimal | None]) -> None:
        for value in values:
            if value is not None:
                self._note(value)

    def note_texts(self, values: Sequence[str | None]) -> None:
        """The same for decimals as text; `InvalidOperation` when one is no number."""
        import polars as pl

        texts = pl.Series(values, dtype=pl.String)
        parts = texts.str.extract_groups(PLAIN).struct
        others = texts.filter(texts.is_not_null() & parts.field("whole").is_null())
        self.note(map(Decimal, others))
        self.whole = max(self.whole, _longest(parts.field("whole").str.strip_chars_start("0")))
        self.scale = max(self.scale, _longest(parts.field("fraction")))

    def _note(self, value: Decimal) -> None:
        _, digits, exponent = value.as_tuple()
        if not isinstance(exponent, int):
            self.finite = False
            return
        end = next((place for place in range(len(digits), 1, -1) if digits[place - 1]), 1)
        digits, exponent = digits[:end], exponent + len(digits) - end
        if any(digits):
            self.whole = max(self.whole, len(digits) + exponent)
            self.scale = max(self.scale, -exponent)


def _longest(texts: pl.Series) -> int:
    longest = texts.str.len_bytes().max()
    return longest if isinstance(longest, int) else 0


def _kind(value: Any, declared: FieldType | None) -> Kind:
    """The declared type if the value fits it, else the one it has by nature."""
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


def _common(kinds: set[Kind], declared: FieldType) -> Kind:
    """One kind that can hold them all."""
    if not kinds:
        return declared
    if len(kinds) == 1:
        return next(iter(kinds))
    return "float" if kinds == {"int", "float"} else "mixed"
