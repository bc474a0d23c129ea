"""Values that stand below the config: they count where the file, the environment and the flags say nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def lay_under(data: dict[str, Any], presets: Mapping[str, Any]) -> None:
    """Set what is absent, and nothing else; names of headers are the same in capitals and small letters."""
    there = {name.lower() for name in data}
    for name, value in presets.items():
        if name.lower() not in there:
            data[name] = value
        elif isinstance(value, Mapping) and isinstance(data.get(name), dict):
            lay_under(data[name], value)
