"""The web data API that the site's own pages use, without a key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

import msgspec

from asyncscrape.model import Link, Page, Response
from asyncscrape.parsers.coinmarketcap.api_answers import (
    ApiStatus,
    Bar,
    CoinName,
    Quote,
    answer,
    check_coin,
    in_currency,
    selected,
    shaped,
    stale,
)
from asyncscrape.parsers.coinmarketcap.coin_tables import candles, coin_record
from asyncscrape.parsers.coinmarketcap.wanted import (
    DAY,
    HISTORY,
    MOST_LISTED,
    CoinsWanted,
    RequestedDays,
    asked,
    day_of,
    midnight,
)
from asyncscrape.parsers.errors import ParseError
from asyncscrape.parsers.half_characters import decoded_whole

CONVERT_IDS = {"USD": "2781", "EUR": "2790", "BTC": "1"}
"""This API's numbers for currencies."""
V3_DAYS = 365
"""The most rows in an answer of history v3."""


class KeylessQuote(Quote, frozen=True, gc=False):
    """The same by the names of the keyless API."""

    market_cap: Any = msgspec.field(name="marketCap", default=None)


class KeylessBar(Bar, frozen=True, gc=False):
    """The same by the names of the keyless API."""

    time_open: str = msgspec.field(name="timeOpen")
    quote: KeylessQuote
    time_high: str | None = msgspec.field(name="timeHigh", default=None)
    time_low: str | None = msgspec.field(name="timeLow", default=None)


class KeylessHistory(msgspec.Struct, frozen=True):
    """The days of a coin as the keyless API sends them."""

    quotes: list[KeylessBar]
    id: Any = None
    name: str | None = None
    symbol: str | None = None
    time_end: Any = msgspec.field(name="timeEnd", default=None)
    """The last second before the first bar; v3.1 only."""


class KeylessAnswer(msgspec.Struct, frozen=True):
    """A good answer to a history request."""

    status: ApiStatus
    data: KeylessHistory


exact_history = msgspec.json.Decoder(KeylessAnswer, float_hook=str)


class Keyless:
    """The data API of the site's own pages: listing, then history v3.1 page by page into the past.

    v3.1 ignores `timeStart` and answers with the 400 days before `timeEnd`; the next `timeEnd` is where the answer
    begins. If v3.1 does not work, v3 is asked instead: it honours both ends, up to 365 days at once. So its URL holds
    only one window, and the note also holds the first wanted day.
    """

    host = "api.coinmarketcap.com"

    def __init__(self, wanted: CoinsWanted) -> None:
        self._wanted = wanted

    def first(self) -> str:
        """The URL to begin with."""
        query = {
            "start": 1,
            "limit": MOST_LISTED if self._wanted.coins else self._wanted.top,
            "sortBy": "market_cap",
            "sortType": "desc",
            "convert": self._wanted.convert,
            "cryptoType": "all",
            "tagType": "all",
            "audited": "false",
        }
        return f"https://{self.host}/data-api/v3/cryptocurrency/listing?{urlencode(query)}"

    def listing(self, response: Response) -> Page:
        """The coins, and a link to the first answer of each one's history."""
        entries = selected(shaped(answer(response), "cryptoCurrencyList"), self._wanted, "cmcRank")
        records = [coin_record(entry, in_currency(entry["quotes"], self._wanted.convert)) for entry in entries]
        return Page(
            records, [self._begin(entry["id"], entry["slug"]) for entry in entries if self._wanted.lacks(entry["id"])]
        )

    def _begin(self, coin: int, slug: str) -> Link:
        return self._v31(coin, midnight(self._wanted.first_day(coin)), midnight(self._wanted.end) + DAY - 1, slug)

    def history(self, response: Response) -> Page:
        """The days of one answer, and a link to the days before."""
        data = history_of(response)
        query, old = asked(response.request.asked), "/v3/" in response.request.asked
        slug, _, since = response.request.note.partition(" ")
        check_coin(data.id, query["id"])
        self._check_currency(data.quotes)
        start, end = int(query["timeStart"]), int(query["timeEnd"])
        coin = CoinName(int(query["id"]), slug, data.name, data.symbol)
        rows = candles(coin, data.quotes, day_of(start + old), day_of(end))
        return Page(rows, self._older(data, coin, (start, end), since if old else None))

    def _check_currency(self, bars: Sequence[Bar]) -> None:
        if not {bar.quote.name for bar in bars} <= {None, CONVERT_IDS[self._wanted.convert]}:
            raise stale("the answer's prices are in another currency than the one asked for")

    def _older(self, data: KeylessHistory, coin: CoinName, days: tuple[int, int], since: str | None) -> list[Link]:
        """The link to the days before; empty if no wanted days are left, or the coin has no older ones.

        `since` is the first wanted day if that is not the first day of the request, as with v3.
        """
        start, end = days
        if not data.quotes:
            return []
        if since is None:
            older = int(data.time_end or midnight(first_day(data.quotes)) - 1)
            return [self._v31(coin.id, start, older, coin.slug)] if start < older < end else []
        first = midnight(date.fromisoformat(since)) if since else start
        return [self._v3(coin.id, first, start, coin.slug)] if first < start < end else []

    def instead(self, url: str, note: str) -> list[Link]:
        """The links to try when a request fails for good: the same days from v3 in place of v3.1."""
        if "/v3.1/" not in url:
            return []
        query = asked(url)
        return [self._v3(int(query["id"]), int(query["timeStart"]), int(query["timeEnd"]), note)]

    @staticmethod
    def span(url: str, note: str) -> RequestedDays:
        """The days that a history request asked for; with v3 its window, which is one of several."""
        query = asked(url)
        currency = next(name for name, number in CONVERT_IDS.items() if number == query["convertId"])
        first = day_of(int(query["timeStart"]) + ("/v3/" in url))
        return RequestedDays(int(query["id"]), first, day_of(int(query["timeEnd"])), currency)

    def _v31(self, coin: int, start: int, end: int, slug: str) -> Link:
        return self._history("v3.1", coin, {"timeStart": start, "timeEnd": end, "interval": "daily"}, slug)

    def _v3(self, coin: int, first: int, end: int, slug: str) -> Link:
        """The latest window of the wanted days. Its start is exclusive, so it is a second earlier."""
        window = max(first, end + 1 - V3_DAYS * DAY)
        return self._history("v3", coin, {"timeStart": window - 1, "timeEnd": end}, f"{slug} {day_of(first)}")

    def _history(self, version: str, coin: int, days: Mapping[str, int | str], note: str) -> Link:
        query = {"id": coin, "convertId": CONVERT_IDS[self._wanted.convert], **days}
        url = f"https://{self.host}/data-api/{version}/cryptocurrency/historical?{urlencode(query)}"
        return Link(url, HISTORY, note)


def history_of(response: Response) -> KeylessHistory:
    """The history in a good answer of the keyless API. Raises what is wrong with any other."""
    try:
        told = decoded_whole(exact_history.decode, response.body)
    except msgspec.DecodeError as error:
        shaped(answer(response), "quotes")
        raise ParseError(f"the answer does not look as it used to ({error}); has the API changed?") from None
    if str(told.status.error_code) != "0":
        answer(response)
    return told.data


def first_day(bars: Iterable[Bar]) -> date:
    """The first day of an answer."""
    return date.fromisoformat(min(bar.time_open for bar in bars)[:10])
