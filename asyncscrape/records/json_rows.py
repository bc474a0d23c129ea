"""From JSON lines to structs of the wanted fields, whatever these are called.

msgspec reads lines into structs at full speed, but takes no field whose name JSON would write with a backslash:
`select"; drop`. Lines with such fields are first written anew, each field under the name of its slot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import msgspec

UNREADABLE = re.compile(r'["\\\x00-\x1f]')
"""What msgspec takes in no name."""
INT64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""A whole number that tables can hold as one."""
NO_SLOT = ""
"""The name that all fields without a slot get."""

Decode = Callable[[bytes], list[Any]]

_records = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode_lines
_lines = msgspec.json.Encoder().encode_lines


class JsonField(NamedTuple):
    """A field to be read."""

    name: str
    type: Any
    default: Any = msgspec.NODEFAULT
    """What stands for it where it is lacking; without one it must be there."""


def slot(place: int) -> str:
    """The attribute that holds the field which is wanted at this place."""
    return f"c{place}"


def decoder(fields: Sequence[JsonField], *, closed: bool = False) -> Decode:
    """Reads a block of lines into structs that have these fields in this order.

    A value of another type is a `msgspec.ValidationError`; so is a field that is not wanted, if they are `closed`.
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
    """The same lines with the slots as names."""
    return _lines([{slots.get(name, NO_SLOT): value for name, value in record.items()} for record in _records(block)])
