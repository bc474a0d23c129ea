"""Derived rows as lines of the journal, each with the origin of what it was made of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from asyncscrape.enrichments import Portion
from asyncscrape.model import Lines, Origin, Table, TypedRecords, Withdrawal
from asyncscrape.records.lines import encode

if TYPE_CHECKING:
    import msgspec
    import polars as pl

URL, FETCHED_AT = "_url", "_fetched_at"
AT_ONCE = 5_000
"""Rows withdrawn in one portion."""
_origin = itemgetter(0)


def with_origin(columns: Mapping[str, pl.DataType]) -> dict[str, pl.DataType]:
    """These columns of a finished table, and those of the origin."""
    import polars as pl

    return {**columns, URL: pl.String(), FETCHED_AT: pl.Datetime("ms", "UTC")}


def later(table: Table, rows: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    """The rows of a table, each later than the row it takes the place of, which else might stay."""
    import polars as pl

    before = made.select(*table.key, before=pl.col(FETCHED_AT) + pl.duration(milliseconds=1))
    joined = rows.join(before, on=table.key, how="left")
    return joined.with_columns(pl.max_horizontal(FETCHED_AT, "before").alias(FETCHED_AT))


def origins(rows: pl.DataFrame) -> list[Origin]:
    """The origin of each row."""
    times = rows[FETCHED_AT].dt.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").fill_null("")
    return [Origin(url, time) for url, time in zip(rows[URL].fill_null(""), times, strict=True)]


def lines_of(table: Table, rows: Iterable[tuple[Origin, msgspec.Struct]]) -> Mapping[str, Lines]:
    """Rows with their origins; those of one origin should stand together."""
    pieces = (
        encode(TypedRecords({table.name: [row for _, row in some]}), origin)[table.name]
        for origin, some in groupby(rows, _origin)
    )
    return _together(table, pieces)


async def withdrawn(table: Table, gone: pl.DataFrame) -> AsyncGenerator[Portion, None]:
    """Withdrawals of rows, each with the row's own origin: it withdraws this row, and nothing newer."""
    for start in range(0, gone.height, AT_ONCE):
        yield Portion(await asyncio.to_thread(_withdrawals, table, gone.slice(start, AT_ONCE)), 0)


def _withdrawals(table: Table, gone: pl.DataFrame) -> Mapping[str, Lines]:
    keys = gone.select(table.key).iter_rows(named=True)
    withdrawals = ((origin, Withdrawal(table.name, key)) for origin, key in zip(origins(gone), keys, strict=True))
    return _together(table, (encode((), origin, [one])[table.name] for origin, one in withdrawals))


def _together(table: Table, pieces: Iterable[Lines]) -> Mapping[str, Lines]:
    found = list(pieces)
    text = b"".join(piece.text for piece in found)
    return {table.name: Lines(sum(piece.count for piece in found), text)} if found else {}
