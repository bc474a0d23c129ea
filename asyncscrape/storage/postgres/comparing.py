"""Statements that compare the table of a new generation with the one in place, and that bring its rows over."""

from __future__ import annotations

from collections.abc import Iterable

from asyncscrape.storage.postgres.copy_rows import TableShape
from asyncscrape.storage.postgres.names import listed, quoted
from asyncscrape.storage.postgres.ranks import FETCHED_AT, KEPT, RANKS, URL

FRESH = "fresh"
"""The row of the new generation."""


def remove_gone(target: str, beside: str, key: Iterable[str]) -> str:
    """The statement that deletes the rows whose keys are gone."""
    return f"DELETE FROM {target} AS {KEPT} WHERE NOT EXISTS (SELECT FROM {beside} AS {FRESH} WHERE {_same(key)})"


def take_fresh(target: str, beside: str, shape: TableShape) -> str:
    """The statement that inserts new rows and updates those that differ; all others are left alone."""
    others = [name for name in shape.columns if name not in shape.key]
    sets = ", ".join(f"{quoted(name)} = excluded.{quoted(name)}" for name in others)
    differ = _differ("excluded", ((name, _comparable(name, shape)) for name in others))
    return (
        f"INSERT INTO {target} AS {KEPT} ({listed(shape.columns)}) SELECT {listed(shape.columns)} FROM {beside} "
        f"ON CONFLICT ({listed(shape.key)}) DO " + (f"UPDATE SET {sets} WHERE {differ}" if sets else "NOTHING")
    )


def count_changes(target: str, beside: str, shape: TableShape, there: Iterable[str], retyped: Iterable[str]) -> str:
    """The query for the numbers of new, gone and changed rows; `there` are the columns in place."""
    compared = []
    for name in shape.columns:
        if name not in (*shape.key, URL, FETCHED_AT, RANKS):
            compared.append((name, "text" if name in retyped else _comparable(name, shape)))
    kept = {name for name, _ in compared if name in there}
    differ = _differ(FRESH, ((name, cast) for name, cast in compared if name in kept))
    filled = [f"{FRESH}.{quoted(name)} IS NOT NULL" for name, _ in compared if name not in kept]
    changed = " OR ".join([differ, *filled])
    return (
        f"SELECT count(*) FILTER (WHERE {KEPT}.ctid IS NULL) AS new, "
        f"count(*) FILTER (WHERE {FRESH}.ctid IS NULL) AS gone, "
        f"count(*) FILTER (WHERE {KEPT}.ctid IS NOT NULL AND {FRESH}.ctid IS NOT NULL AND ({changed})) AS changed "
        f"FROM {target} AS {KEPT} FULL JOIN {beside} AS {FRESH} ON {_same(shape.key)}"
    )


def _same(key: Iterable[str]) -> str:
    return " AND ".join(f"{KEPT}.{quoted(name)} = {FRESH}.{quoted(name)}" for name in key)


def _differ(row: str, columns: Iterable[tuple[str, str]]) -> str:
    """The condition that the row differs from the kept one in some of these columns, compared as these types."""
    pairs = (
        f"{KEPT}.{quoted(name)}{_cast(cast)} IS DISTINCT FROM {row}.{quoted(name)}{_cast(cast)}"
        for name, cast in columns
    )
    return " OR ".join(pairs) or "false"


def _cast(cast: str) -> str:
    return f"::{cast}" if cast else ""


def _comparable(name: str, shape: TableShape) -> str:
    """The type as which values are compared; a column of type json has no equality."""
    return "jsonb" if shape.kinds[name] == "json" else ""
