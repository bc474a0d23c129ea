"""The official API, with the user's key."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlencode

from asyncscrape.model import Link, Page, Response
from asyncscrape.parsers.coinmarketcap.api_answers import (
    answer,
    bars_of,
    check_coin,
    coin_from,
    in_currency,
    selected,
    shaped,
)
from asyncscrape.parsers.coinmarketcap.coin_tables import candles, coin_record
from asyncscrape.parsers.coinmarketcap.wanted import HISTORY, MOST_LISTED, CoinsWanted, RequestedDays, asked

PRO_DAYS = 10_000


class Pro:
    """The official API: the listing, then the whole history of a coin in one answer."""

    host = "pro-api.coinmarketcap.com"

    def __init__(self, wanted: CoinsWanted) -> None:
        self._wanted = wanted

    def first(self) -> str:
        """The URL to begin with."""
        limit = MOST_LISTED if self._wanted.coins else self._wanted.top
        query = {"start": 1, "limit": limit, "convert": self._wanted.convert, "sort": "market_cap"}
        return f"https://{self.host}/v1/cryptocurrency/listings/latest?{urlencode(query)}"

    def listing(self, response: Response) -> Page:
        """The coins, and a link to the history of each."""
        entries = selected(answer(response), self._wanted, "cmc_rank")
        records = [coin_record(entry, entry["quote"][self._wanted.convert]) for entry in entries]
        return Page(
            records, [self._all(entry["id"], entry["slug"]) for entry in entries if self._wanted.lacks(entry["id"])]
        )

    def _all(self, coin: int, slug: str) -> Link:
        """The link to all days; `time_start` is exclusive, so it is a day earlier."""
        query = {
            "id": coin,
            "time_period": "daily",
            "time_start": self._wanted.first_day(coin) - timedelta(days=1),
            "time_end": self._wanted.end,
            "count": PRO_DAYS,
            "interval": "daily",
            "convert": self._wanted.convert,
        }
        return Link(f"https://{self.host}/v2/cryptocurrency/ohlcv/historical?{urlencode(query)}", HISTORY, slug)

    def history(self, response: Response) -> Page:
        """All days of a coin."""
        query, span = asked(response.request.asked), self.span(response.request.asked, response.request.note)
        data = answer(response)
        if isinstance(data, dict) and "quotes" not in data:
            data = data.get(query["id"], data)
        bars = shaped(data, "quotes")
        check_coin(data.get("id"), query["id"])
        coin = coin_from(int(query["id"]), data, response.request.note)
        in_one = [{**bar, "quote": in_currency(bar["quote"], span.convert)} for bar in bars]
        return Page(candles(coin, bars_of(in_one), span.first, span.last))

    @staticmethod
    def span(url: str, note: str) -> RequestedDays:
        """The days that a history request asked for."""
        query = asked(url)
        first = date.fromisoformat(query["time_start"]) + timedelta(days=1)
        return RequestedDays(int(query["id"]), first, date.fromisoformat(query["time_end"]), query["convert"])

    def instead(self, url: str, note: str) -> list[Link]:
        """Nothing: this source has no other way to ask."""
        return []
