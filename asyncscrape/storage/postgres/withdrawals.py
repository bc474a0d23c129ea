"""The withdrawals that the database remembers, so that an older record that comes later stays out.

Whoever writes withdrawals has the schema to itself; so all others can rely on those they have read. So has whoever
writes to a table that is swept, since the rows that a sweep hides are moved about.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from asyncscrape.records.newest import Rank
from asyncscrape.storage.postgres.copy_rows import CopyRow
from asyncscrape.storage.postgres.ranks import COMING, KEPT, stands
from asyncscrape.storage.postgres.settling import Settler, rank_of
from asyncscrape.storage.postgres.statements import own
from asyncscrape.storage.postgres.sweep_statements import Columns

if TYPE_CHECKING:
    from asyncpg import Connection


class Withdrawals:
    """The remembered withdrawals, for one transaction after the other."""

    def __init__(self, connection: Connection, schema: str) -> None:
        self._connection = connection
        self._schema = schema
        self._tables: set[str] = set()
        """Tables with withdrawals, as of the beginning of this transaction; no other is asked about."""
        self._swept_by: dict[str, set[Columns]] = {}

    async def begin(self, tables: Collection[str]) -> None:
        """Find out which of these tables have any, now that the transaction has begun."""
        ask = own("tables_with_withdrawals", self._schema)
        found = await self._connection.fetch(ask, list(tables))
        self._tables = {row["name"] for row in found if row["withdrawn"]}
        self._swept_by = {row["name"]: _columns(row["swept_by"]) for row in found if row["swept_by"]}

    @property
    def any_sweeps(self) -> bool:
        """Whether any of the tables is swept."""
        return bool(self._swept_by)

    def swept_by(self, table: str) -> Collection[Columns]:
        """The columns by which a table is swept."""
        return self._swept_by.get(table, ())

    def note_sweep(self, table: str, columns: Columns) -> None:
        """Note that a table is swept by these columns from now on."""
        self._swept_by.setdefault(table, set()).add(columns)

    async def known(self, table: str, settler: Settler, rows: Sequence[CopyRow]) -> Mapping[Any, Rank]:
        """The ranks of the withdrawals of these rows' keys."""
        if table not in self._tables:
            return {}
        keys = {settler.key_text(row): settler.key(row) for row in rows}
        found = await self._connection.fetch(own("withdrawn", self._schema), table, list(keys))
        return {keys[row["key"]]: rank_of(row["_url"], row["_fetched_at"]) for row in found}

    async def remember(self, table: str, settler: Settler, rows: Sequence[CopyRow]) -> None:
        """Remember withdrawals; each key comes only once."""
        statement = own("withdraw", self._schema).replace("{stands}", stands(COMING, KEPT))
        urls, times = zip(*map(settler.origin, rows), strict=True)
        await self._connection.execute(statement, table, [settler.key_text(row) for row in rows], urls, times)
        self._tables.add(table)


def _columns(found: str) -> set[Columns]:
    return {tuple(sorted(names)) for names in msgspec.json.decode(found)}
