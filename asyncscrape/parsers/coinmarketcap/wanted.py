"""What is wanted of the site, and what a request asked for: coins, days, currency."""

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
"""The last days known are asked for again: they may have been corrected since."""


class CoinsWanted(msgspec.Struct, frozen=True):
    """What is to be had of the site."""

    top: int
    coins: tuple[str, ...]
    """Slugs; when there are any they count, and not `top`."""
    start: date
    end: date
    convert: str
    known: Mapping[int, date] = {}
    """The last day that an earlier crawl has of a coin, by its id."""

    def lacks(self, coin: int) -> bool:
        """Whether days of a coin are missing."""
        return coin not in self.known or self.known[coin] < self.end

    def first_day(self, coin: int) -> date:
        """From which day on the history of a coin is asked for."""
        known = self.known.get(coin)
        return self.start if known is None else max(self.start, known - timedelta(days=REFRESHED - 1))


class RequestedDays(msgspec.Struct, frozen=True):
    """What a history request asked for."""

    coin: int
    first: date
    last: date
    convert: str


def asked(url: str) -> dict[str, str]:
    """The query of a request."""
    return dict(parse_qsl(urlsplit(url).query))


def midnight(on: date) -> int:
    """The first second of a day in UTC, in Unix time."""
    return int(datetime.combine(on, datetime.min.time(), UTC).timestamp())


def day_of(seconds: int) -> date:
    """The day in UTC of a Unix time."""
    return datetime.fromtimestamp(seconds, UTC).date()
