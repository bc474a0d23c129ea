"""Names of schemas, tables and columns: any text can be one, within what Postgres itself sets as limits."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST = 63
"""Bytes of a name; Postgres cuts off the rest, so that two names could become one."""

SYSTEM_COLUMNS = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})
"""Every table has these already."""


def quoted(*names: str) -> str:
    """A name as it stands in a statement, whatever is in it; several are parts of one: schema, then table."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def listed(names: Iterable[str]) -> str:
    """Quoted names with commas between."""
    return ", ".join(map(quoted, names))


def trouble(name: str, column: bool = True) -> str | None:
    """Why this cannot be a name in Postgres, if it cannot."""
    if not name:
        return "is empty"
    if "\0" in name:
        return "contains the character NUL"
    if len(name.encode(errors="replace")) > LONGEST:
        return f"is longer than the {LONGEST} bytes that Postgres keeps of a name"
    if column and name in SYSTEM_COLUMNS:
        return "is a name that Postgres keeps for itself"
    return None
