"""The table `[crypto]`: its keys, what they must agree on, and the manners that suit the site that is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, Strict

from asyncscrape.config.checks import Finding
from asyncscrape.config.models import Section
from asyncscrape.config.values import InWords, Misfit, fits

Top = Annotated[int, Strict(), Field(ge=1, le=5000), InWords("whole number from 1 to 5000")]
Slug = Annotated[
    str,
    fits("[a-z0-9-]+", 'is no coin as the site writes it in its addresses; write it like "bitcoin"'),
    InWords("coin"),
]
Currency = Annotated[str, fits("[A-Z]{3,5}", 'is not a currency; write it like "USD"'), InWords("currency")]

CURRENCIES = {"api": ("USD", "EUR", "BTC"), "pages": ("USD",)}
"""What the sources count in; the official API knows nearly all."""
LISTED_ON_PAGE = 100

PACES = {"api": "2s", "pro": "2s", "pages": "3s"}
"""Seconds between two requests, by source.

api    no limit is known: people were turned away at 10 requests a minute in 2019 and at 100 a day in 2021
pro    the smallest plan allows 30 calls a minute
pages  whole pages, each with the history of years
"""
KEY_HEADER = "X-CMC_PRO_API_KEY"
KEY_SOURCE = "env:CMC_API_KEY"


class Crypto(Section):
    """What the built-in job "crypto" gets: the daily history of the largest coins, from CoinMarketCap."""

    source: Literal["api", "pro", "pages"] = "api"
    """The keyless data API of the site's own pages; the official API, with a key from env:CMC_API_KEY; or the
    historical-data pages as they were in 2020."""
    top: Top = 100
    """How many coins, the largest by market cap first."""
    coins: tuple[Slug, ...] = ()
    """These coins instead, as the site writes them in its addresses: ["bitcoin", "ethereum"]."""
    start: date | None = None
    """First day. Default: as far back as the source goes."""
    end: date | None = None
    """Last day. Default: yesterday, in UTC."""
    convert: Currency = "USD"
    """Currency of the prices: also "EUR" and "BTC" with source = "api", any with "pro"."""


def presets(table: Mapping[str, Any]) -> Mapping[str, Any]:
    """The pace, and how failures are taken; with the official API also the header that holds its key."""
    named = table.get("source")
    source = named if isinstance(named, str) and named in PACES else "api"
    # A coin that is missing would be missed in every sum, so a single failure is worth an exit code of its own.
    fetch: dict[str, Any] = {"max_failure_ratio": 0.0, "retries": 8}
    if source == "pro":
        fetch["headers"] = {KEY_HEADER: KEY_SOURCE}
    return {"politeness": {"delay": PACES[source], "per_host": 1}, "fetch": fetch}


def findings(table: Mapping[str, Any]) -> Iterator[Finding]:
    """What does not go together."""
    source, start, end = table.get("source", "api"), table.get("start"), table.get("end")
    if "top" in table and table.get("coins"):
        yield ("top",), "is never used, because coins are named; remove one of the two"
    if isinstance(start, date) and isinstance(end, date) and start > end:
        yield ("start",), "is after the end"
    if isinstance(source, str) and source in CURRENCIES and table.get("convert", "USD") not in CURRENCIES[source]:
        known = " or ".join(f'"{name}"' for name in CURRENCIES[source])
        yield ("convert",), Misfit(f'is no currency of source = "{source}"; write {known}')
    top = table.get("top", 100)
    if source == "pages" and isinstance(top, int) and top > LISTED_ON_PAGE:
        yield ("top",), f"is more than the {LISTED_ON_PAGE} coins that the page lists; take another source"
