"""The two tables that every source fills, and their rows.

Numbers are kept as the text that was sent, "0E-24" included: a float would lose digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec

from asyncscrape.model import Column, Record, Table, TypedRecords
from asyncscrape.parsers.coinmarketcap.api_answers import Bar, CoinName

COINS = Table(
    "coins",
    ("id",),
    (
        Column("id", "int"),
        Column("name"),
        Column("symbol"),
        Column("slug"),
        Column("rank", "int"),
        Column("price", "decimal"),
        Column("market_cap", "decimal"),
        Column("volume_24h", "decimal"),
        Column("circulating_supply", "decimal"),
        Column("total_supply", "decimal"),
        Column("max_supply", "decimal"),
        Column("date_added", "datetime"),
        Column("tags", "json"),
        Column("last_updated", "datetime"),
    ),
)
CANDLES = Table(
    "candles",
    ("coin_id", "date"),
    (
        Column("coin_id", "int"),
        Column("date", "date"),
        Column("slug"),
        Column("name"),
        Column("symbol"),
        Column("open", "decimal"),
        Column("high", "decimal"),
        Column("low", "decimal"),
        Column("close", "decimal"),
        Column("volume", "decimal"),
        Column("market_cap", "decimal"),
        Column("time_high", "datetime"),
        Column("time_low", "datetime"),
    ),
    strict=True,
)


class Candle(msgspec.Struct, frozen=True, gc=False):
    """A row of the table `candles`."""

    coin_id: int
    date: str
    slug: str
    name: str | None
    symbol: str | None
    open: str | None
    high: str | None
    low: str | None
    close: str | None
    volume: str | None
    market_cap: str | None
    time_high: str | None
    time_low: str | None


def coin_record(entry: Mapping[str, Any], quote: Mapping[str, Any]) -> Record:
    """A row of the listing, where sources spell the names in two ways."""
    return Record(
        COINS.name,
        {
            "id": entry["id"],
            "name": entry.get("name"),
            "symbol": entry.get("symbol"),
            "slug": entry["slug"],
            "rank": either(entry, "cmcRank", "cmc_rank", "rank"),
            "price": number(quote.get("price")),
            "market_cap": number(either(quote, "marketCap", "market_cap")),
            "volume_24h": number(either(quote, "volume24h", "volume_24h")),
            "circulating_supply": number(either(entry, "circulatingSupply", "circulating_supply")),
            "total_supply": number(either(entry, "totalSupply", "total_supply")),
            "max_supply": number(either(entry, "maxSupply", "max_supply")),
            "date_added": either(entry, "dateAdded", "date_added"),
            "tags": entry.get("tags"),
            "last_updated": either(entry, "lastUpdated", "last_updated"),
        },
    )


def candles(coin: CoinName, bars: Iterable[Bar], first: date, last: date) -> TypedRecords:
    """A row for each day of an answer that lies in the requested days."""
    start, end = first.isoformat(), last.isoformat()
    rows: list[Candle] = []
    for bar in bars:
        on, quote = bar.time_open[:10], bar.quote
        if start <= on <= end:
            rows.append(
                Candle(
                    coin.id,
                    on,
                    coin.slug,
                    coin.name,
                    coin.symbol,
                    number(quote.open),
                    number(quote.high),
                    number(quote.low),
                    number(quote.close),
                    number(quote.volume),
                    number(quote.market_cap),
                    bar.time_high,
                    bar.time_low,
                )
            )
    return TypedRecords({CANDLES.name: rows})


def either(values: Mapping[str, Any], *names: str) -> Any:
    """The value under the first of these names that exists."""
    return next((values[name] for name in names if name in values), None)


def number(value: Any) -> str | None:
    """A number as the text that was sent."""
    return value if value is None or type(value) is str else str(value)
