"""The table `[crypto]`: its keys, the checks between them, and the politeness that suits each source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, Strict

from asyncscrape.config.checks import Finding
from asyncscrape.config.section import Section
from asyncscrape.config.values import InWords, Misfit, fits

Top = Annotated[int, Strict(), Field(ge=1, le=5000), InWords("whole number from 1 to 5000")]
Slug = Annotated[
    str,
    fits("[a-z0-9-]+", 'is not a coin as the site spells it in its URLs; write it like "bitcoin"'),
    InWords("coin"),
]
Currency = Annotated[str, fits("[A-Z]{3,5}", 'is not a currency; write it like "USD"'), InWords("currency")]

CURRENCIES = {"api": ("USD", "EUR", "BTC"), "pages": ("USD",)}
"""The currencies of each source; the official API has nearly all."""
LISTED_ON_PAGE = 100

PACES = {"api": "2s", "pro": "2s", "pages": "3s"}
"""Seconds between two requests, by source.

api    its limit is unknown: people were turned away at 10 requests a minute in 2019 and at 100 a day in 2021
pro    the smallest plan allows 30 calls a minute
pages  whole pages, each with years of history
"""
KEY_HEADER = "X-CMC_PRO_API_KEY"
KEY_SOURCE = "env:CMC_API_KEY"


class Crypto(Section):
    """The built-in job "crypto": the daily history of the largest coins, from CoinMarketCap."""

    source: Literal["api", "pro", "pages"] = "api"
    """Where the data comes from: "api", the keyless data API behind the site's own pages; "pro", the official API,
    with a key from env:CMC_API_KEY; or "pages", the historical-data pages: as they were in 2020, and as they are
    today with use = "auto" under [fetch.browser]."""
    top: Top = 100
    """Number of coins, the largest by market cap first."""
    coins: tuple[Slug, ...] = ()
    """Coins to take instead of the largest, as the site spells them in its URLs: ["bitcoin", "ethereum"]."""
    start: date | None = None
    """First day. Default: as far back as the source goes."""
    end: date | None = None
    """Last day. Default: yesterday, in UTC."""
    convert: Currency = "USD"
    """Currency of the prices. Besides "USD", source = "api" has "EUR" and "BTC", and "pro" nearly any."""


def presets(table: Mapping[str, Any], environ: Mapping[str, str]) -> Mapping[str, Any]:
    """The pace, and how failures count; for the official API also the header with the key."""
    named = table.get("source")
    source = named if isinstance(named, str) and named in PACES else "api"
    # A missing coin falsifies every sum, so a single failure already ends the run with its own exit code.
    fetch: dict[str, Any] = {"max_failure_ratio": 0.0, "retries": 8}
    if source == "pro":
        fetch["headers"] = {KEY_HEADER: KEY_SOURCE}
    return {"politeness": {"delay": PACES[source], "per_host": 1}, "fetch": fetch}


def findings(table: Mapping[str, Any]) -> Iterator[Finding]:
    """Contradictions between the keys."""
    source, start, end = table.get("source", "api"), table.get("start"), table.get("end")
    if "top" in table and table.get("coins"):
        yield ("top",), 'has no effect because "coins" is set; remove one of the two'
    if isinstance(start, date) and isinstance(end, date) and start > end:
        yield ("start",), "is after the end"
    if isinstance(source, str) and source in CURRENCIES and table.get("convert", "USD") not in CURRENCIES[source]:
        known = " or ".join(f'"{name}"' for name in CURRENCIES[source])
        yield ("convert",), Misfit(f'is not a currency of source = "{source}"; use {known}')
    top = table.get("top", 100)
    if source == "pages" and isinstance(top, int) and top > LISTED_ON_PAGE:
        yield ("top",), f"is more than the {LISTED_ON_PAGE} coins that the page lists; use another source"
