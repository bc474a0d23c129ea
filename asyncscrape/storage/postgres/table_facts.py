"""The facts about the tables, gathered from their rows as they pass by: by the same rules as those of files."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from asyncscrape.expectations import TableExpectation
from asyncscrape.facts import TableFacts
from asyncscrape.model import FieldType
from asyncscrape.postgres.address import Address
from asyncscrape.postgres.names import quoted
from asyncscrape.quality.column_check import ColumnCheck
from asyncscrape.quality.tally import TableTally
from asyncscrape.records.lines import CARRIED
from asyncscrape.storage.postgres.copy_rows import TableShape
from asyncscrape.storage.postgres.preparing import TableShapes
from asyncscrape.storage.postgres.ranks import FETCHED_AT, RANKS, URL

if TYPE_CHECKING:
    from asyncpg import Connection, Record

ROWS_AT_ONCE = 5_000
NOTHING = TableExpectation()
NO_URL = "''"
"""The page of a row that somebody else wrote."""

_decode = msgspec.json.Decoder().decode


async def facts_of(
    connection: Connection,
    address: Address,
    shapes: TableShapes,
    suffix: str,
    expected: Mapping[str, TableExpectation],
    since: datetime | None,
) -> dict[str, TableFacts]:
    """The facts about the tables with these names and this suffix, within the caller's transaction.

    Only rows that were found at this time or later count, if one is given.
    """
    return {
        name: await _facts(
            connection, quoted(address.schema, name + suffix), name, shape, expected.get(name, NOTHING), since
        )
        for name, shape in shapes.items()
    }


async def _facts(
    connection: Connection,
    target: str,
    name: str,
    shape: TableShape,
    expected: TableExpectation,
    since: datetime | None,
) -> TableFacts:
    kinds = {column: kind for column, kind in shape.kinds.items() if column not in (*CARRIED, RANKS)}
    checks = {column: ColumnCheck(name, column, one) for column, one in expected.columns.items()}
    tally = TableTally(kinds, checks)
    if shape.complete:
        query = _query(target, kinds)
        where = f" WHERE {quoted(FETCHED_AT)} >= $1"
        cursor = await (connection.cursor(query + where, since) if since else connection.cursor(query))
        while rows := await cursor.fetch(ROWS_AT_ONCE):
            await asyncio.to_thread(_note, tally, kinds, rows)
    return tally.facts()


def _query(target: str, kinds: Mapping[str, FieldType]) -> str:
    """The URL of each row's page, and its columns."""
    texts = ("decimal", "json")
    columns = [f"{quoted(name)}::text" if kind in texts else quoted(name) for name, kind in kinds.items()]
    return f"SELECT {', '.join([f'coalesce({quoted(URL)}, {NO_URL})', *columns])} FROM {target}"


def _note(tally: TableTally, kinds: Mapping[str, FieldType], rows: Sequence[Record]) -> None:
    urls, *columns = zip(*rows, strict=True)
    values = {name: _decoded(kind, column) for (name, kind), column in zip(kinds.items(), columns, strict=True)}
    tally.note(values, urls)


def _decoded(kind: FieldType, column: Sequence[Any]) -> Sequence[Any]:
    return [None if value is None else _decode(value) for value in column] if kind == "json" else column
