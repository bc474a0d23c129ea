"""The Postgres type for each column type, and how its values are read from the journal's lines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec

from asyncscrape.model import FieldType
from asyncscrape.records.json_rows import INT64

SQL: Mapping[FieldType, str] = {
    "str": "text",
    "int": "bigint",
    "float": "double precision",
    "decimal": "numeric",
    "bool": "boolean",
    "date": "date",
    "datetime": "timestamp with time zone",
    "url": "text",
    "json": "jsonb",
}

TAKEN_FOR: Mapping[str, FieldType] = {
    "text": "str",
    "varchar": "str",
    "int8": "int",
    "int4": "int",
    "int2": "int",
    "float8": "float",
    "float4": "float",
    "numeric": "decimal",
    "bool": "bool",
    "date": "date",
    "timestamptz": "datetime",
    "jsonb": "json",
    "json": "json",
}
"""Types, by their names in the system catalog, that the user's own tables may have. If a value does not fit one of
the narrower types, the server refuses it and its row is set aside."""

AWARE = Annotated[datetime, msgspec.Meta(tz=True)]

PYTHON: Mapping[FieldType, Any] = {
    "str": str,
    "int": INT64,
    "float": float,
    "decimal": Decimal,
    "bool": bool,
    "date": date,
    "datetime": AWARE,
    "url": str,
    "json": msgspec.Raw,
}


def type_by_nature(raw: bytes) -> FieldType:
    """The type of an undeclared column, told from the first value that arrives for it."""
    match raw[:1]:
        case b'"':
            return "str"
        case b"t" | b"f":
            return "bool"
        case b"[" | b"{":
            return "json"
        case _:
            return "decimal"
