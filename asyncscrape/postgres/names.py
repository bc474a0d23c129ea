"""Names of schemas, tables and columns: any text will do, within the limits of Postgres."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST = 63
"""Bytes of a name; Postgres cuts off the rest, which could make two names the same."""

SYSTEM_COLUMNS = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})
"""Columns that every table already has."""


def quoted(*names: str) -> str:
    """A name quoted for a statement, whatever it contains; several are the parts of one: schema, then table."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def listed(names: Iterable[str]) -> str:
    """Quoted names, separated by commas."""
    return ", ".join(map(quoted, names))


def trouble(name: str, column: bool = True) -> str | None:
    """The reason why this cannot be a name in Postgres, if there is one."""
    if not name:
        return "is empty"
    if "\0" in name:
        return "contains the character NUL"
    if len(name.encode(errors="replace")) > LONGEST:
        return f"is longer than the {LONGEST} bytes that Postgres keeps of a name"
    if column and name in SYSTEM_COLUMNS:
        return "is reserved by Postgres"
    return None
