"""The coins, days and currency that are wanted of the site, and those that a request asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import msgspec

LISTING = "listing"
HISTORY = "history"

DAY = 86_400
EARLIEST = date(2010, 7, 13)
"""No source has an older day."""
MOST_LISTED = 5_000
REFRESHED = 2
"""How many of the last known days to ask for again: they may have been corrected since."""


class CoinsWanted(msgspec.Struct, frozen=True):
    """The coins and days to fetch."""

    top: int
    coins: tuple[str, ...]
    """Slugs; if there are any, `top` does not count."""
    start: date
    end: date
    convert: str
    known: Mapping[int, date] = {}
    """The last day that an earlier crawl has of a coin, by its id."""

    def lacks(self, coin: int) -> bool:
        """Whether any wanted days of a coin are missing."""
        return coin not in self.known or self.known[coin] < self.end

    def first_day(self, coin: int) -> date:
        """The first day to ask for in the history of a coin."""
        known = self.known.get(coin)
        return self.start if known is None else max(self.start, known - timedelta(days=REFRESHED - 1))


class RequestedDays(msgspec.Struct, frozen=True):
    """The coin, days and currency that a history request asked for."""

    coin: int
    first: date
    last: date
    convert: str


def asked(url: str) -> dict[str, str]:
    """The parameters in the query of a URL."""
    return dict(parse_qsl(urlsplit(url).query))


def midnight(on: date) -> int:
    """The first second of a day in UTC, in Unix time."""
    return int(datetime.combine(on, datetime.min.time(), UTC).timestamp())


def day_of(seconds: int) -> date:
    """The day of a Unix time, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).date()
