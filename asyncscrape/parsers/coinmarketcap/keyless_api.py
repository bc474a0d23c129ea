"""CoinMarketCap: what coins there are, and the daily history of each, from three sources with the same two tables.

`Keyless`   the web data API that the site's own pages ask
`Pro`       the official API, with the user's key
`Pages`     the historical-data pages as they were in 2020 (in `coinmarketcap_pages`)

A source knows the addresses to ask and reads the answers. Everything a history answer has to be understood by is in
its request: the days that are wanted in the URL, and the coin's slug, which answers lack, in the note.

Numbers are kept as the text that was sent, "0E-24" included: a float would lose digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from asyncscrape.errors import Blocked, Retry
from asyncscrape.model import Column, Link, Page, Record, Response, Table, TypedRecords
from asyncscrape.parsers.errors import ParseError

LISTING = "listing"
HISTORY = "history"

CONVERT_IDS = {"USD": "2781", "EUR": "2790", "BTC": "1"}
"""How the keyless API calls a currency."""
DAY = 86_400
EARLIEST = date(2010, 7, 13)
"""No source has an older day."""
MOST_LISTED = 5_000
REFRESHED = 2
"""The last days known are asked for again: they may have been corrected since."""
V3_DAYS = 365
"""Rows that an answer of history v3 holds at most."""
PRO_DAYS = 10_000
BUSY_WAIT = 20.0
"""Seconds to leave the API alone when it says that it is busy."""
STALE_WAIT = 60.0
"""Seconds that a wrong answer stays in the site's cache."""
OVER_QUOTA = range(1008, 1012)
KEY_TROUBLE = range(1001, 1008)

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


class Wanted(msgspec.Struct, frozen=True):
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


class Span(msgspec.Struct, frozen=True):
    """What a history request asked for."""

    coin: int
    first: date
    last: date
    convert: str


class Quote(msgspec.Struct, frozen=True, gc=False):
    """What a coin cost on one day; numbers as they were sent."""

    open: Any = None
    high: Any = None
    low: Any = None
    close: Any = None
    volume: Any = None
    market_cap: Any = None
    name: Any = None
    """The number of the currency, where it is told here."""


class Bar(msgspec.Struct, frozen=True, gc=False):
    """One day of an answer."""

    time_open: str
    quote: Quote
    time_high: str | None = None
    time_low: str | None = None


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
    """The days of a coin as the keyless API tells them."""

    quotes: list[KeylessBar]
    id: Any = None
    name: str | None = None
    symbol: str | None = None
    time_end: Any = msgspec.field(name="timeEnd", default=None)
    """The last second before the first bar; of v3.1 only."""


class Status(msgspec.Struct, frozen=True):
    """What an API says of its own answer."""

    error_code: Any


class KeylessAnswer(msgspec.Struct, frozen=True):
    """A good answer to a history request."""

    status: Status
    data: KeylessHistory


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


class Coin(msgspec.Struct, frozen=True):
    """What every row about a coin repeats."""

    id: int
    slug: str
    name: str | None = None
    symbol: str | None = None


exact = msgspec.json.Decoder(float_hook=str)
"""Reads JSON with fractions as the text they were sent as."""
exact_history = msgspec.json.Decoder(KeylessAnswer, float_hook=str)


class Keyless:
    """The data API of the site's own pages: listing, then history v3.1 page by page into the past.

    v3.1 ignores `timeStart` and answers with the 400 days before `timeEnd`; where the answer begins is the next
    `timeEnd`. Where v3.1 does not work, v3 is asked in its place: it honours both ends, up to 365 days at once. So
    there the URL holds a window only, and the note also the first day that is wanted.
    """

    host = "api.coinmarketcap.com"

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted

    def first(self) -> str:
        """The address to begin with."""
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
        """The coins, and where the history of each begins."""
        entries = selected(shaped(answer(response), "cryptoCurrencyList"), self._wanted, "cmcRank")
        records = [coin_record(entry, in_currency(entry["quotes"], self._wanted.convert)) for entry in entries]
        return Page(
            records, [self._begin(entry["id"], entry["slug"]) for entry in entries if self._wanted.lacks(entry["id"])]
        )

    def _begin(self, coin: int, slug: str) -> Link:
        return self._v31(coin, midnight(self._wanted.first_day(coin)), midnight(self._wanted.end) + DAY - 1, slug)

    def history(self, response: Response) -> Page:
        """The days of one answer, and the request for those before."""
        data = history_of(response)
        query, old = asked(response.request.asked), "/v3/" in response.request.asked
        slug, _, since = response.request.note.partition(" ")
        check_coin(data.id, query["id"])
        self._check_currency(data.quotes)
        start, end = int(query["timeStart"]), int(query["timeEnd"])
        coin = Coin(int(query["id"]), slug, data.name, data.symbol)
        rows = candles(coin, data.quotes, day_of(start + old), day_of(end))
        return Page(rows, self._older(data, coin, (start, end), since if old else None))

    def _check_currency(self, bars: Sequence[Bar]) -> None:
        if not {bar.quote.name for bar in bars} <= {None, CONVERT_IDS[self._wanted.convert]}:
            raise Retry("the answer counts in a currency that was not asked for", STALE_WAIT)

    def _older(self, data: KeylessHistory, coin: Coin, days: tuple[int, int], since: str | None) -> list[Link]:
        """The request for the days before; none when the wanted ones are there, or the coin has no older ones.

        `since` is the first wanted day where that is not the first one that was asked for, as with v3.
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
        """What to ask when a request fails for good: the same days of v3 in place of v3.1."""
        if "/v3.1/" not in url:
            return []
        query = asked(url)
        return [self._v3(int(query["id"]), int(query["timeStart"]), int(query["timeEnd"]), note)]

    @staticmethod
    def span(url: str, note: str) -> Span:
        """What a history request asked for; of v3 the window, which is one of several."""
        query = asked(url)
        currency = next(name for name, number in CONVERT_IDS.items() if number == query["convertId"])
        first = day_of(int(query["timeStart"]) + ("/v3/" in url))
        return Span(int(query["id"]), first, day_of(int(query["timeEnd"])), currency)

    def _v31(self, coin: int, start: int, end: int, slug: str) -> Link:
        return self._history("v3.1", coin, {"timeStart": start, "timeEnd": end, "interval": "daily"}, slug)

    def _v3(self, coin: int, first: int, end: int, slug: str) -> Link:
        """The latest window of what is wanted. Its start is exclusive, hence a second less."""
        window = max(first, end + 1 - V3_DAYS * DAY)
        return self._history("v3", coin, {"timeStart": window - 1, "timeEnd": end}, f"{slug} {day_of(first)}")

    def _history(self, version: str, coin: int, days: Mapping[str, int | str], note: str) -> Link:
        query = {"id": coin, "convertId": CONVERT_IDS[self._wanted.convert], **days}
        url = f"https://{self.host}/data-api/{version}/cryptocurrency/historical?{urlencode(query)}"
        return Link(url, HISTORY, note)


class Pro:
    """The official API: the listing, then the whole history of a coin in one answer."""

    host = "pro-api.coinmarketcap.com"

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted

    def first(self) -> str:
        """The address to begin with."""
        limit = MOST_LISTED if self._wanted.coins else self._wanted.top
        query = {"start": 1, "limit": limit, "convert": self._wanted.convert, "sort": "market_cap"}
        return f"https://{self.host}/v1/cryptocurrency/listings/latest?{urlencode(query)}"

    def listing(self, response: Response) -> Page:
        """The coins, and where the history of each is."""
        entries = selected(answer(response), self._wanted, "cmc_rank")
        records = [coin_record(entry, entry["quote"][self._wanted.convert]) for entry in entries]
        return Page(
            records, [self._all(entry["id"], entry["slug"]) for entry in entries if self._wanted.lacks(entry["id"])]
        )

    def _all(self, coin: int, slug: str) -> Link:
        """`time_start` is exclusive, hence a day less."""
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
    def span(url: str, note: str) -> Span:
        """What a history request asked for."""
        query = asked(url)
        first = date.fromisoformat(query["time_start"]) + timedelta(days=1)
        return Span(int(query["id"]), first, date.fromisoformat(query["time_end"]), query["convert"])

    def instead(self, url: str, note: str) -> list[Link]:
        """There is no other way to ask."""
        return []


# Answers


def answer(response: Response) -> Any:
    """What a good answer of either API holds; all others say what is wrong, some of them with status 200."""
    try:
        whole = exact.decode(response.body)
        status, data = whole["status"], whole.get("data")
        code = str(status["error_code"])
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
        raise ParseError("the answer is not the JSON of this API") from None
    if code == "0":
        return data
    said = f"the API says {code}: {status.get('error_message')}"
    if code.isdecimal() and int(code) in KEY_TROUBLE:
        raise Blocked(said)
    if code.isdecimal() and int(code) in OVER_QUOTA:
        raise Retry(said, STALE_WAIT)
    if code.startswith("5"):
        raise Retry(said, BUSY_WAIT)
    raise ParseError(said)


def history_of(response: Response) -> KeylessHistory:
    """What a good answer of the keyless API tells of a coin; all others say what is wrong."""
    try:
        told = exact_history.decode(response.body)
    except msgspec.DecodeError as error:
        shaped(answer(response), "quotes")
        raise ParseError(f"the answer is not as it used to be ({error}); has the API changed?") from None
    if str(told.status.error_code) != "0":
        answer(response)
    return told.data


def coin_from(number: int, facts: Mapping[str, Any], slug: str) -> Coin:
    """A coin as another source tells of it."""
    try:
        return msgspec.convert({**facts, "id": number, "slug": slug}, Coin)
    except msgspec.ValidationError as error:
        raise ParseError(f"the coin is not as it used to be ({error}); has the site changed?") from None


def bars_of(sent: Sequence[Mapping[str, Any]]) -> list[Bar]:
    """The days of another source."""
    try:
        return msgspec.convert(sent, list[Bar])
    except msgspec.ValidationError as error:
        raise ParseError(f"a day is not as it used to be ({error}); has the site changed?") from None


def shaped(data: Any, name: str) -> list[Any]:
    """The list under a name of an answer."""
    found = data.get(name) if isinstance(data, dict) else None
    if not isinstance(found, list):
        raise ParseError(f"the answer's data has no list {name!r}; has the API changed?")
    return found


def check_coin(answered: Any, wanted: str) -> None:
    """The site's cache has been seen to give one coin's answer for another."""
    if str(answered) != wanted:
        raise Retry(f"the answer is about coin {answered}, not {wanted}", STALE_WAIT)


def in_currency(quotes: Any, currency: str) -> Mapping[str, Any]:
    """The quote in a currency, out of a list with names or a mapping by name."""
    named = {quote.get("name"): quote for quote in quotes} if isinstance(quotes, list) else quotes
    if currency not in named:
        raise Retry(f"the answer has no prices in {currency}", STALE_WAIT)
    found: Mapping[str, Any] = named[currency]
    return found


def selected(entries: Sequence[Any], wanted: Wanted, rank: str) -> list[Any]:
    """The coins that are wanted, by rank."""
    ranked = sorted(entries, key=lambda entry: entry.get(rank) or MOST_LISTED)
    if not wanted.coins:
        return ranked[: wanted.top]
    by_slug = {entry["slug"]: entry for entry in reversed(ranked)}
    missing = [slug for slug in wanted.coins if slug not in by_slug]
    if missing:
        raise ParseError("; ".join(no_such_coin(slug, by_slug) for slug in missing))
    return [entry for entry in ranked if entry["slug"] in wanted.coins]


def no_such_coin(slug: str, known: Iterable[str]) -> str:
    """What to say of a coin that is not listed; the name that was probably meant."""
    near = get_close_matches(slug, list(known), n=1)
    return f"no coin is called {slug!r} here" + (f"; did you mean {near[0]!r}?" if near else "")


# Rows


def coin_record(entry: Mapping[str, Any], quote: Mapping[str, Any]) -> Record:
    """A row of the listing, whose names are written in two ways."""
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


def candles(coin: Coin, bars: Iterable[Bar], first: date, last: date) -> TypedRecords:
    """A row for each day of an answer that was asked for."""
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
    return TypedRecords(CANDLES.name, rows)


def either(values: Mapping[str, Any], *names: str) -> Any:
    """The value under the first of these names that there is."""
    return next((values[name] for name in names if name in values), None)


def number(value: Any) -> str | None:
    """A number as the text that was sent."""
    return value if value is None or type(value) is str else str(value)


# Days


def asked(url: str) -> dict[str, str]:
    """The query of a request."""
    return dict(parse_qsl(urlsplit(url).query))


def midnight(on: date) -> int:
    """The first second of a day in UTC, in Unix time."""
    return int(datetime.combine(on, datetime.min.time(), UTC).timestamp())


def day_of(seconds: int) -> date:
    """The day in UTC of a Unix time."""
    return datetime.fromtimestamp(seconds, UTC).date()


def first_day(bars: Iterable[Bar]) -> date:
    """The first of the days of an answer."""
    return date.fromisoformat(min(bar.time_open for bar in bars)[:10])
