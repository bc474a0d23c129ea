"""The withdrawals that the database remembers, so that an older record that comes later stays out.

Whoever writes withdrawals has the schema to itself; so all others can rely on those they have read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from asyncscrape.records.newest import Rank
from asyncscrape.storage.postgres.copy_rows import CopyRow
from asyncscrape.storage.postgres.ranks import COMING, KEPT, stands
from asyncscrape.storage.postgres.settling import Settler, rank_of
from asyncscrape.storage.postgres.statements import own

if TYPE_CHECKING:
    from asyncpg import Connection


class Withdrawals:
    """The remembered withdrawals, for one transaction after the other."""

    def __init__(self, connection: Connection, schema: str) -> None:
        self._connection = connection
        self._schema = schema
        self._tables: set[str] = set()
        """Tables with withdrawals, as of the beginning of this transaction; no other is asked about."""

    async def begin(self, tables: Collection[str]) -> None:
        """Find out which of these tables have any, now that the transaction has begun."""
        ask = own("tables_with_withdrawals", self._schema)
        self._tables = {row["name"] for row in await self._connection.fetch(ask, list(tables))}

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
