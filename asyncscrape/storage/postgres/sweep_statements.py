"""Sweeps in SQL: they take rows with some values out of a table, whole or in part, as `records/newest.py` says.

A row that a sweep reaches is kept whole in `_asyncscrape_swept`, as it was before any sweep; what is newer than the
sweep also stays in the table. So whatever comes for such a row is handled in three steps, which nobody else sees:

1. the whole row goes back into the table      `_back`
2. what has come goes in as always
3. the row is swept again                      `_hide`
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from asyncscrape.postgres.names import listed, quoted
from asyncscrape.storage.postgres.column_types import SQL
from asyncscrape.storage.postgres.copy_rows import TableShape
from asyncscrape.storage.postgres.ranks import (
    COMING,
    FETCHED_AT,
    GONE,
    KEPT,
    RANKS,
    URL,
    literal,
    merged,
    newer_values,
    on_conflict,
    row_rank,
    stands,
    value_rank,
)

SWEEP = "sweep"
"""A remembered sweep, in all statements."""
SWEPT = "swept"
"""A row that sweeps hide."""
FLOOR = "hit._floor"
"""The rank of the newest sweep that reaches a row."""
UTC = " AT TIME ZONE 'UTC'"

Columns = tuple[str, ...]
"""The columns by which a table is swept."""


class SweepStatements(NamedTuple):
    """The statements for one table; `GONE` are the rows of the scratch table."""

    schema: str
    table: str
    stage: str
    shape: TableShape

    def around(self, statement: str, known: Collection[Columns]) -> str:
        """A statement that brings rows from the scratch table, among what is swept by these columns."""
        if not known:
            return statement
        same_key = " AND ".join(f"{KEPT}.{quoted(name)} = {GONE}.{quoted(name)}" for name in self.shape.key)
        return "; ".join([self._back(f"{SWEPT}.key = {self._key_of(GONE)}"), statement, self._hide(same_key, known)])

    def sweep(self, columns: Columns, known: Collection[Columns]) -> str:
        """The statement that remembers sweeps by these columns from the scratch table, and obeys them.

        It looks for their rows in the whole table.
        """
        there = " AND ".join(f"{self._stored(name)} = {GONE}.{quoted(name)}" for name in columns)
        same = " AND ".join(f"{self._as_compared(KEPT, name)} = {self._as_compared(GONE, name)}" for name in columns)
        return "; ".join([self._remember(columns), self._back(there), self._hide(same, {*known, columns})])

    @property
    def _target(self) -> str:
        return quoted(self.schema, self.table)

    @property
    def _scratch(self) -> str:
        return f"pg_temp.{quoted(self.stage)} AS {GONE}"

    def _own(self, name: str) -> str:
        return quoted(self.schema, f"_asyncscrape_{name}")

    def _remember(self, columns: Columns) -> str:
        """Keep the sweeps in the scratch table, of several by the same values the newest."""
        named = self._named(GONE, columns)
        origin = listed((URL, FETCHED_AT))
        return (
            f"INSERT INTO {self._own(SWEEP)} AS {KEPT} (table_name, named, {origin}) "
            f"SELECT DISTINCT ON ({named}) {literal(self.table)}, {named}, {origin} FROM {self._scratch} "
            f'ORDER BY {named}, {row_rank(GONE)} COLLATE "C" DESC ON CONFLICT (table_name, named) DO UPDATE '
            f"SET {', '.join(f'{quoted(name)} = {COMING}.{quoted(name)}' for name in (URL, FETCHED_AT))} "
            f"WHERE {stands(COMING, KEPT)}"
        )

    def _back(self, there: str) -> str:
        """Put hidden rows back into the table as they were."""
        columns = self.shape.columns
        return (
            f"WITH back AS (DELETE FROM {self._own(SWEPT)} AS {SWEPT} USING {self._scratch} "
            f"WHERE {SWEPT}.table_name = {literal(self.table)} AND {there} RETURNING {SWEPT}.row) "
            f"INSERT INTO {self._target} AS {KEPT} ({listed(columns)}) "
            f"SELECT {', '.join(f'whole.{quoted(name)}' for name in columns)} "
            f"FROM back, jsonb_populate_record(NULL::{self._target}, back.row) AS whole "
            f"ON CONFLICT ({listed(self.shape.key)}) DO {on_conflict(self.shape)}"
        )

    def _hide(self, same: str, known: Collection[Columns]) -> str:
        """Sweep the rows that these rows of the scratch table are about; all parts see the table as it was before."""
        hit = " AND ".join(f"{KEPT}.{quoted(name)} = hit.{quoted(name)}" for name in self.shape.key)
        older = f'{row_rank(KEPT)} COLLATE "C" <= {FLOOR}'
        delete = f"DELETE FROM {self._target} AS {KEPT} USING hit WHERE {hit} AND {older}"
        steps = f"WITH hit AS ({self._hits(same, known)}), hidden AS ({self._keep_whole(hit)})"
        if not self._values():
            return f"{steps} {delete}"
        left = newer_values(self._values(), FLOOR)
        update = f"UPDATE {self._target} AS {KEPT} SET {left} FROM hit WHERE {hit} AND NOT {older}"
        return f"{steps}, deleted AS ({delete}) {update}"

    def _hits(self, same: str, known: Collection[Columns]) -> str:
        """The keys of rows that hold anything to be swept, each with the rank of the newest sweep that reaches it."""
        key = ", ".join(f"{KEPT}.{quoted(name)}" for name in self.shape.key)
        values = ", ".join(self._named(KEPT, columns) for columns in sorted(known))
        oldest = ", ".join([f'{row_rank(KEPT)} COLLATE "C"', *map(value_rank, self._values())])
        return (
            f'SELECT {key}, max({row_rank(SWEEP)} COLLATE "C") AS _floor FROM {self._target} AS {KEPT} '
            f"JOIN {self._scratch} ON {same} JOIN {self._own(SWEEP)} AS {SWEEP} "
            f"ON {SWEEP}.table_name = {literal(self.table)} AND {SWEEP}.named IN ({values}) "
            f"WHERE LEAST({oldest}) <= {row_rank(SWEEP)} GROUP BY {key}"
        )

    def _keep_whole(self, hit: str) -> str:
        return (
            f"INSERT INTO {self._own(SWEPT)} (table_name, key, row) "
            f"SELECT {literal(self.table)}, {self._key_of(KEPT)}, to_jsonb({KEPT}) FROM {self._target} AS {KEPT} "
            f"JOIN hit ON {hit} ON CONFLICT (table_name, key) DO UPDATE SET row = {COMING}.row"
        )

    def _values(self) -> list[str]:
        """The columns whose values have ranks of their own."""
        return merged(self.shape) if RANKS in self.shape.kinds else []

    def _key_of(self, row: str) -> str:
        return f"jsonb_build_array({', '.join(self._in_json(row, name) for name in self.shape.key)})"

    def _named(self, row: str, columns: Columns) -> str:
        pairs = (f"{literal(name)}, {self._in_json(row, name)}" for name in columns)
        return f"jsonb_build_object({', '.join(pairs)})"

    def _in_json(self, row: str, name: str) -> str:
        """A value as it is written in JSON; times in UTC, whatever the zone of the connection."""
        return (
            f"{row}.{quoted(name)}{' AT TIME ZONE ' + literal('UTC') if self.shape.kinds[name] == 'datetime' else ''}"
        )

    def _stored(self, name: str) -> str:
        """A value of a hidden row."""
        kind = self.shape.kinds[name]
        if kind == "json":
            return f"{SWEPT}.row -> {literal(name)}"
        return f"({SWEPT}.row ->> {literal(name)})::{SQL[kind]}"

    def _as_compared(self, row: str, name: str) -> str:
        """A value as it is compared; a column of type json has no equality."""
        return f"{row}.{quoted(name)}{'::jsonb' if self.shape.kinds[name] == 'json' else ''}"
