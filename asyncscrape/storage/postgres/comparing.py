"""Statements that compare the table of a new generation with the one in place, and that bring its rows over."""

from __future__ import annotations

from collections.abc import Iterable

from asyncscrape.postgres.names import listed, quoted
from asyncscrape.storage.postgres.copy_rows import TableShape
from asyncscrape.storage.postgres.ranks import FETCHED_AT, KEPT, RANKS, URL

FRESH = "fresh"
"""The row of the new generation."""


def remove_gone(target: str, beside: str, key: Iterable[str]) -> str:
    """The statement that deletes the rows whose keys are gone."""
    lacking = f"NOT EXISTS (SELECT FROM {beside} AS {FRESH} WHERE {_same(key)})"
    return f"{remove_all(target)} AND {lacking}"


def remove_all(target: str) -> str:
    """The statement that deletes all rows but the user's own, which say nothing of when they were found."""
    return f"DELETE FROM {target} AS {KEPT} WHERE {_is_ours()}"


def count_ours(target: str) -> str:
    """The query for the number of rows that are not the user's own."""
    return f"SELECT count(*) FROM {target} AS {KEPT} WHERE {_is_ours()}"


def take_fresh(target: str, beside: str, shape: TableShape) -> str:
    """The statement that inserts new rows and updates those that differ.

    Nearly all do: a row that says the same as before was found at another time. One that was not is left alone.
    """
    others = _others(shape)
    sets = ", ".join(f"{quoted(name)} = excluded.{quoted(name)}" for name in others)
    differ = _differ("excluded", _as_compared(others, shape))
    return (
        f"INSERT INTO {target} AS {KEPT} ({listed(shape.columns)}) SELECT {listed(shape.columns)} FROM {beside} "
        f"ON CONFLICT ({listed(shape.key)}) DO " + (f"UPDATE SET {sets} WHERE {differ}" if sets else "NOTHING")
    )


def vacate(target: str, beside: str, shape: TableShape, unique: Iterable[str]) -> str:
    """The statement that empties these columns where they will change, so that rows may swap their values."""
    names = list(unique)
    sets = ", ".join(f"{quoted(name)} = NULL" for name in names)
    differ = _differ(FRESH, _as_compared(names, shape))
    return f"UPDATE {target} AS {KEPT} SET {sets} FROM {beside} AS {FRESH} WHERE {_same(shape.key)} AND ({differ})"


def count_changes(
    target: str,
    beside: str,
    shape: TableShape,
    there: Iterable[str],
    retyped: Iterable[str],
    *,
    removes: bool = True,
) -> str:
    """The query for the numbers of new, gone and changed rows; `there` are the columns in place.

    None is gone where the switch removes nothing.
    """
    compared = []
    for name in shape.columns:
        if name not in (*shape.key, URL, FETCHED_AT, RANKS):
            compared.append((name, "text" if name in retyped else _comparable(name, shape)))
    kept = {name for name, _ in compared if name in there}
    differ = _differ(FRESH, ((name, cast) for name, cast in compared if name in kept))
    filled = [f"{FRESH}.{quoted(name)} IS NOT NULL" for name, _ in compared if name not in kept]
    changed = " OR ".join([differ, *filled])
    ours = _is_ours() if removes else "false"
    return (
        f"SELECT count(*) FILTER (WHERE {KEPT}.ctid IS NULL) AS new, "
        f"count(*) FILTER (WHERE {FRESH}.ctid IS NULL AND {ours}) AS gone, "
        f"count(*) FILTER (WHERE {KEPT}.ctid IS NOT NULL AND {FRESH}.ctid IS NOT NULL AND ({changed})) AS changed "
        f"FROM {target} AS {KEPT} FULL JOIN {beside} AS {FRESH} ON {_same(shape.key)}"
    )


def _others(shape: TableShape) -> list[str]:
    return [name for name in shape.columns if name not in shape.key]


def _is_ours() -> str:
    return f"{KEPT}.{quoted(FETCHED_AT)} IS NOT NULL"


def _as_compared(names: Iterable[str], shape: TableShape) -> Iterable[tuple[str, str]]:
    return [(name, _comparable(name, shape)) for name in names]


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
