"""The two stored tables of the crypto job, as small as a test needs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

FETCHED = datetime(2024, 3, 1, tzinfo=UTC)
DAY = date(2024, 1, 1)
NUMBER = pl.Decimal(38, 12)
NUMBERS = ("open", "high", "low", "close", "volume", "market_cap")


def coin(number: int, slug: str, **other: Any) -> dict[str, Any]:
    """One row of the list of coins; the rank is the id unless given."""
    about = {"name": slug.title(), "symbol": slug[:3].upper(), "rank": number, "market_cap": Decimal(10**9) / number}
    return {"id": number, "slug": slug, **about, "_fetched_at": FETCHED, **other}


def candle(number: int, slug: str, day: int | date, close: Any, **other: Any) -> dict[str, Any]:
    """One day of a coin, whose other prices fit the close; a number counts days from the first of 2024."""
    when = DAY + timedelta(days=day) if isinstance(day, int) else day
    prices = dict.fromkeys(("open", "high", "low", "close"), close)
    about = {"name": slug.title(), "symbol": slug[:3].upper(), "_fetched_at": FETCHED}
    amounts = {"volume": Decimal(5), "market_cap": Decimal(7)}
    return {"coin_id": number, "slug": slug, "date": when, **about, **prices, **amounts, **other}


def coin_table(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """The table "coins"."""
    text = dict.fromkeys(("slug", "name", "symbol"), pl.String)
    kinds = {"id": pl.Int64, **text, "rank": pl.Int64, "market_cap": NUMBER, "_fetched_at": pl.Datetime("us", "UTC")}
    return pl.DataFrame(rows, schema=kinds, orient="row")


def candle_table(rows: Sequence[dict[str, Any]], number: Any = NUMBER) -> pl.DataFrame:
    """The table "candles", with its numbers in one type."""
    text = dict.fromkeys(("slug", "name", "symbol"), pl.String)
    moment = pl.Datetime("us", "UTC")
    times = {"time_high": moment, "time_low": moment, "_fetched_at": moment}
    kinds = {"coin_id": pl.Int64, "date": pl.Date, **text, **dict.fromkeys(NUMBERS, pl.String), **times}
    told = [dict.fromkeys(kinds) | row | {name: _text(row[name]) for name in NUMBERS} for row in rows]
    return pl.DataFrame(told, schema=kinds, orient="row").cast(dict.fromkeys(NUMBERS, number))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def history(number: int, slug: str, closes: Sequence[Any], first: int = 0) -> list[dict[str, Any]]:
    """Days in a row, one for each close; None is a day without prices."""
    days = enumerate(closes, first)
    return [candle(number, slug, day, None if close is None else Decimal(str(close))) for day, close in days]
