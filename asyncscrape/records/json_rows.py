"""Decoding JSON lines into structs of the wanted fields, whatever their names.

msgspec reads lines into structs at full speed, but refuses field names that JSON would write with a backslash, such
as `select"; drop`. Lines with such fields are first rewritten, with the name of its slot for each field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import msgspec

UNREADABLE = re.compile(r'["\\\x00-\x1f]')
"""Characters that msgspec does not accept in a name."""
INT64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""An integer that tables can hold as an integer."""
NO_SLOT = ""
"""The name given to all fields without a slot."""

Decode = Callable[[bytes], list[Any]]

_records = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode_lines
_record = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_lines = msgspec.json.Encoder().encode_lines


class JsonField(NamedTuple):
    """A field to be read."""

    name: str
    type: Any
    default: Any = msgspec.NODEFAULT
    """The value where the field is missing; without a default the field is required."""


def raw_fields(line: bytes) -> dict[str, bytes]:
    """The fields of a record with the JSON text of each."""
    return {name: bytes(value) for name, value in _record(line).items()}


def slot(place: int) -> str:
    """The attribute that holds the field at this place."""
    return f"c{place}"


def decoder(fields: Sequence[JsonField], *, closed: bool = False) -> Decode:
    """A function that decodes a block of lines into structs of these fields, in this order.

    A value of another type is a `msgspec.ValidationError`; so is any other field, if the structs are `closed`.
    """
    slots = {field.name: slot(place) for place, field in enumerate(fields)}
    plain = not any(map(UNREADABLE.search, slots))
    struct = msgspec.defstruct(
        "Row",
        [(slots[field.name], field.type, field.default) for field in fields],
        rename={slot: name for name, slot in slots.items()} if plain else None,
        forbid_unknown_fields=closed,
        kw_only=True,
        gc=False,
    )
    decode = msgspec.json.Decoder(struct).decode_lines
    return decode if plain else lambda block: decode(_anew(block, slots))


def _anew(block: bytes, slots: Mapping[str, str]) -> bytes:
    """The same lines, with slots for names."""
    return _lines([{slots.get(name, NO_SLOT): value for name, value in record.items()} for record in _records(block)])
