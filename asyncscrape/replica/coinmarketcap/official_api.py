"""`pro-api.coinmarketcap.com`: the official API, with a key and with error codes as integers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from asyncscrape.replica.answers import JSON, Reply
from asyncscrape.replica.coinmarketcap.coins import BY_ID, BY_SLUG, Coin
from asyncscrape.replica.coinmarketcap.currencies import BY_NAME, Currency
from asyncscrape.replica.coinmarketcap.market import Market, RankedCoin, day_of, through
from asyncscrape.replica.coinmarketcap.numerals import encode
from asyncscrape.replica.coinmarketcap.query import BadParameter, Query
from asyncscrape.replica.coinmarketcap.web_api import map_entry, max_supply

MOST_BARS = 10_000
_BARS_A_CREDIT = 100

ERRORS = {
    400: (400, "A parameter is wrong."),
    500: (500, "An internal server error occurred."),
    1001: (401, "This API Key is invalid."),
    1002: (401, "API key missing."),
    1003: (402, "Your API Key must be activated. Please go to pro.coinmarketcap.com/account/plan."),
    1004: (402, "Your API Key's subscription plan has expired."),
    1005: (403, "An API Key is required for this call."),
    1006: (403, "Your API Key subscription plan doesn't support this endpoint."),
    1007: (403, "This API Key has been disabled. Please contact support."),
    1008: (429, "You've exceeded your API Key's HTTP request rate limit. Rate limits reset every minute."),
    1009: (429, "You've exceeded your API Key's daily rate limit."),
    1010: (429, "You've exceeded your API Key's monthly rate limit."),
    1011: (429, "You've hit an IP rate limit."),
}
"""HTTP status and message by error code."""

BAD_KEYS = {
    "invalid": 1001,
    "inactive": 1003,
    "expired": 1004,
    "basic": 1006,
    "disabled": 1007,
    "too-fast": 1008,
    "spent-today": 1009,
    "spent": 1010,
}
"""Keys that are refused, "basic" for histories only; any other non-empty key is accepted."""


def answer(market: Market, path: str, query: Query, headers: Mapping[str, str]) -> Reply | None:
    """The answer; None for an unknown path."""
    today = market.switches.today
    refusal = _refusal(path, headers.get("X-CMC_PRO_API_KEY") or query.text("CMC_PRO_API_KEY"))
    if refusal is not None:
        return failed(today, refusal)
    try:
        match path:
            case "/v1/cryptocurrency/listings/latest":
                return _listing(market, query)
            case "/v1/cryptocurrency/map":
                entries = [map_entry(market, one) for one in market.standings()]
                return _succeeded(today, encode(entries), 1)
            case "/v2/cryptocurrency/ohlcv/historical":
                return _histories(market, query)
    except BadParameter as error:
        return failed(today, 400, message=str(error))
    return None


def failed(today: date, code: int, message: str = "", status: int | None = None, retry_after: object = None) -> Reply:
    """An error, with its usual HTTP status or another one."""
    usual_status, text = ERRORS[code]
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    body = encode({"status": _status(today, code, message or text, 0)})
    return Reply(body, JSON, status or usual_status, headers, packable=False)


def _refusal(path: str, key: str) -> int | None:
    if not key:
        return 1002
    code = BAD_KEYS.get(key)
    return None if code == 1006 and "ohlcv" not in path else code


def _status(today: date, code: int, message: str | None, credits: int) -> dict[str, Any]:
    status = {
        "timestamp": f"{today}T00:04:05.678Z",
        "error_code": code,
        "error_message": message,
        "elapsed": 12,
        "credit_count": credits,
    }
    return status if code else {**status, "notice": None}


def _succeeded(today: date, data: bytes, credits: int) -> Reply:
    body = b'{"status":' + encode(_status(today, 0, None, credits)) + b',"data":' + data + b"}"
    return Reply(body, JSON, packable=False)


def _listing(market: Market, query: Query) -> Reply:
    start = query.whole("start", 1, 1, 5000)
    limit = query.whole("limit", 100, 1, 5000)
    currencies = _currencies(query)
    chosen = market.standings()[start - 1 : start - 1 + limit]
    data = [listing_entry(market, one, currencies) for one in chosen]
    return _succeeded(market.switches.today, encode(data), max(1, -(-len(data) // 200)))


def _currencies(query: Query) -> list[Currency]:
    names = query.text("convert", "USD").split(",")
    for name in names:
        if name not in BY_NAME:
            raise BadParameter(f'Invalid value for "convert": "{name}"')
    return [BY_NAME[name] for name in names]


def listing_entry(market: Market, one: RankedCoin, currencies: list[Currency]) -> dict[str, Any]:
    """A coin in the top list."""
    coin, now = one.coin, f"{market.switches.today}T00:03:00.000Z"
    return {
        "id": coin.id,
        "name": coin.name,
        "symbol": coin.symbol,
        "slug": coin.slug,
        "cmc_rank": one.rank,
        "num_market_pairs": 9924 // one.rank,
        "circulating_supply": one.supply,
        "total_supply": one.supply,
        "max_supply": max_supply(one),
        "last_updated": now,
        "date_added": f"{coin.listed}T00:00:00.000Z",
        "tags": coin.tags,
        "platform": None,
        "quote": {currency.name: _quote(one, market.rate(currency), now) for currency in currencies},
    }


def _quote(one: RankedCoin, rate: float, now: str) -> dict[str, Any]:
    day, week, month = one.changes
    return {
        "price": one.price * rate,
        "volume_24h": one.volume * rate,
        "percent_change_1h": round(day / 24, 8),
        "percent_change_24h": round(day, 8),
        "percent_change_7d": round(week, 8),
        "percent_change_30d": round(month, 8),
        "market_cap": one.market_cap * rate,
        "last_updated": now,
    }


def _histories(market: Market, query: Query) -> Reply:
    """One coin's history or, if several are asked for, all of them by id."""
    if query.text("time_period", "daily") != "daily" or query.text("interval", "daily") not in ("daily", "1d"):
        raise BadParameter('"time_period" and "interval" must be daily: this copy has days only')
    currency = _currencies(query)[0]
    coins = _coins(query)
    chosen = [_chosen(market, coin, currency, query) for coin in coins]
    cost = sum(-(-len(bars) // _BARS_A_CREDIT) for bars in chosen)
    data = [_history(coin, bars) for coin, bars in zip(coins, chosen, strict=True)]
    if len(coins) == 1:
        return _succeeded(market.switches.today, data[0], max(cost, 1))
    by_id = b",".join(b'"%d":%b' % (coin.id, text) for coin, text in zip(coins, data, strict=True))
    return _succeeded(market.switches.today, b"{" + by_id + b"}", max(cost, 1))


def _coins(query: Query) -> list[Coin]:
    ids, slugs = query.text("id"), query.text("slug")
    if not ids and not slugs:
        raise BadParameter('"value" must contain at least one of [id, slug, symbol]')
    known: Mapping[str, Coin] = {str(id): coin for id, coin in BY_ID.items()} if ids else BY_SLUG
    names = (ids or slugs).split(",")
    for name in names:
        if name not in known:
            raise BadParameter(f'Invalid value for "{"id" if ids else "slug"}": "{name}"')
    return [known[name] for name in names]


def _chosen(market: Market, coin: Coin, currency: Currency, query: Query) -> list[bytes]:
    """The candles after time_start up to time_end, or the last `count` up to time_end; only dates matter."""
    pieces = market.history(coin, "official", currency)
    start, until = query.moment("time_start"), query.moment("time_end")
    last = market.yesterday if until is None else min(day_of(until), market.yesterday)
    end = through(pieces, last)
    if start is None:
        begin = max(end - query.whole("count", 10, 1, MOST_BARS), 0)
    else:
        begin = through(pieces, day_of(start))
        end = min(end, begin + query.whole("count", MOST_BARS, 1, MOST_BARS))
    bars = [] if coin.slug in market.switches.now.empty else pieces.bars[begin:end]
    return bars[::-1] if market.switches.now.descending else bars


def _history(coin: Coin, bars: list[bytes]) -> bytes:
    head = f'{{"id":{coin.id},"name":"{coin.name}","symbol":"{coin.symbol}","quotes":['
    return head.encode() + b",".join(bars) + b"]}"
