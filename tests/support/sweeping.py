"""Tables that are swept by a column other than their key, and lines for them."""

from __future__ import annotations

from typing import Any

from asyncscrape.model import Column, Table

COLUMNS = (Column("id", "int"), Column("artist_id", "int"), Column("title"), Column("bpm", "int"))
TRACK = Table("item", ("id",), COLUMNS, merge=True)
COMMENT = Table("item", ("id",), COLUMNS)


def at(second: int, **values: Any) -> dict[str, Any]:
    """A record of this second."""
    return {**values, "_url": "http://127.0.0.1/", "_fetched_at": f"2026-11-20T10:00:{second:02}.000Z"}


def gone(second: int, **values: Any) -> dict[str, Any]:
    """A withdrawal of this second, by any columns."""
    return at(second, **values, _withdrawn=True)
