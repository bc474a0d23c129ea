"""The statements in queries.sql, run on a connection by their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from asyncscrape import sql_files
from asyncscrape.frontier.states import Stage

if TYPE_CHECKING:
    from asyncpg import Connection, Record


def _statements() -> Mapping[str, str]:
    """The statements by name, where "{PENDING}" stands for the number of that `Stage`."""
    texts = dict(sql_files.statements(__package__))
    for stage in Stage:
        texts = {name: sql.replace(f"{{{stage.name}}}", str(stage.value)) for name, sql in texts.items()}
    return texts


STATEMENTS = _statements()
"""Read along with the module: nothing waits for the disk while a crawl runs."""


class Statements:
    """A connection that runs named statements."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def rows(self, name: str, *values: object) -> Sequence[Record]:
        """All rows that a statement finds."""
        found: Sequence[Record] = await self.connection.fetch(STATEMENTS[name], *values)
        return found

    async def row(self, name: str, *values: object) -> Record | None:
        """The first row, if any."""
        return await self.connection.fetchrow(STATEMENTS[name], *values)

    async def value(self, name: str, *values: object) -> Any:
        """The first value of the first row; None if there is none."""
        return await self.connection.fetchval(STATEMENTS[name], *values)

    async def run(self, name: str, *values: object) -> int:
        """Run a statement; the number of rows that it changed."""
        tag: str = await self.connection.execute(STATEMENTS[name], *values)
        return int(tag.rpartition(" ")[2]) if tag[-1].isdigit() else 0
