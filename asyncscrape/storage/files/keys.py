"""Keys of records in a form that can be compared: which records are the same, and which comes first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from operator import attrgetter
from typing import Any

import msgspec

from asyncscrape.model import FieldType, Table
from asyncscrape.records.json_rows import JsonField, decoder, slot

Keys = Callable[[bytes], Iterator[Any]]
"""A function from a block of JSON lines to the key of each line."""

COMPARABLE: dict[FieldType, type] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "date": str,
    "datetime": str,
    "url": str,
}
"""Types whose values sort correctly as they are written in records; dates and times do so as text."""


def plain_keys(table: Table) -> Keys | None:
    """Keys as plain values, read at full speed; None if the type of a key column is not known beforehand.

    Reading raises `msgspec.ValidationError` if a value is not of its column's type: then only `ranked_keys` works.
    """
    types = {column.name: COMPARABLE.get(column.type) for column in table.columns}
    fields = [JsonField(name, types.get(name)) for name in table.key]
    if any(field.type is None for field in fields):
        return None
    return _reader(fields)


def ranked_keys(table: Table) -> Keys:
    """Keys that can always be compared: first by type, then by value.

    They agree with `plain_keys` wherever those work.
    """
    decimals = {column.name for column in table.columns if column.type == "decimal"}
    read = _reader([JsonField(name, Any, None) for name in table.key])
    rank = [_rank_decimal if name in decimals else _rank for name in table.key]
    if len(rank) == 1:
        return lambda block: map(rank[0], read(block))
    return lambda block: (tuple(of(value) for of, value in zip(rank, key, strict=True)) for key in read(block))


def _reader(fields: Sequence[JsonField]) -> Keys:
    decode = decoder(fields)
    pick = attrgetter(*map(slot, range(len(fields))))
    return lambda block: map(pick, decode(block))


def _rank(value: Any) -> tuple[int, Any]:
    match value:
        case None:
            return (0, 0)
        case bool():
            return (1, value)
        case int() | float() | Decimal():
            return (2, value)
        case str():
            return (3, value)
        case _:
            return (4, msgspec.json.encode(value, order="sorted"))


def _rank_decimal(value: Any) -> tuple[int, Any]:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return _rank(value)
    return (2, number) if number.is_finite() else _rank(value)
