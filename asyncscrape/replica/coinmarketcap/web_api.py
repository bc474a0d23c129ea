"""`api.coinmarketcap.com`: the keyless API behind the web pages, with error codes as text within HTTP 200."""

from __future__ import annotations

from datetime import date
from typing import Any

from asyncscrape.replica.answers import JSON, Reply
from asyncscrape.replica.coinmarketcap.coins import BY_ID, BY_SLUG, COINS, Coin
from asyncscrape.replica.coinmarketcap.currencies import BY_ID as CURRENCIES_BY_ID
from asyncscrape.replica.coinmarketcap.currencies import BY_NAME, USD, Currency
from asyncscrape.replica.coinmarketcap.encoding import Pieces
from asyncscrape.replica.coinmarketcap.market import Market, RankedCoin, day_of, midnight, through
from asyncscrape.replica.coinmarketcap.numerals import encode, literal
from asyncscrape.replica.coinmarketcap.query import BadParameter, Query

BARS_V31 = 400
BARS_V3 = 365
"""The most candles in one answer. For a longer range, v3 gives the latest days."""

_FOREVER = 4_000_000_000
_NO_ID = '"value" must contain at least one of [id, rwaId, slug, rwaSlug]'


def answer(market: Market, path: str, query: Query) -> Reply | None:
    """The answer; None for an unknown path."""
    try:
        match path.removeprefix("/data-api/"):
            case "v3/cryptocurrency/listing":
                return _listing(market, query)
            case "v1/cryptocurrency/map":
                return _map(market, query)
            case "v3.1/cryptocurrency/historical":
                return _history_v31(market, query)
            case "v3/cryptocurrency/historical":
                return _history_v3(market, query)
    except BadParameter as error:
        return failed(market.switches.today, "400", str(error))
    return None


def failed(today: date, code: str, message: str) -> Reply:
    """HTTP 200 with an error in it."""
    return Reply(encode({"status": _status(today, code, message)}), JSON, packable=False)


def _status(today: date, code: str = "0", message: str = "SUCCESS") -> dict[str, Any]:
    elapsed = "31" if code == "0" else "0"
    stamp = f"{today}T00:04:30.100Z"
    return {
        "timestamp": stamp,
        "error_code": code,
        "error_message": message,
        "elapsed": elapsed,
        "credit_count": 0,
    }


def _listing(market: Market, query: Query) -> Reply:
    start = query.whole("start", 1, 1, 5000)
    limit = query.whole("limit", 100, 1, 5000)
    currencies = [_currency_by_name(name) for name in query.text("convert", "USD").split(",")]
    standings = market.standings()
    if query.text("sortType", "desc") == "asc":
        standings = standings[::-1]
    body = {
        "data": {
            "cryptoCurrencyList": [
                _entry(market, one, currencies) for one in standings[start - 1 : start - 1 + limit]
            ],
            "totalCount": str(len(standings)),
        },
        "status": _status(market.switches.today),
    }
    return Reply(encode(body), JSON, packable=False)


def _currency_by_name(name: str) -> Currency:
    if name not in BY_NAME:
        raise BadParameter(f'Invalid value for "convert": "{name}"')
    return BY_NAME[name]


def _entry(market: Market, one: RankedCoin, currencies: list[Currency]) -> dict[str, Any]:
    coin, now = one.coin, f"{market.switches.today}T00:03:00.000Z"
    noise = market.switches.now.noise
    entry = {
        "id": coin.id,
        "name": coin.name,
        "symbol": coin.symbol,
        "slug": coin.slug,
        "tags": coin.tags,
        "cmcRank": one.rank,
        "marketPairCount": 9924 // one.rank,
        "circulatingSupply": one.supply,
        "selfReportedCirculatingSupply": 0,
        "totalSupply": literal(f"{one.supply:.0f}.{'0' * 18}") if noise and coin.id % 7 == 3 else one.supply,
        "maxSupply": max_supply(one),
        "isActive": 1,
        "lastUpdated": now,
        "dateAdded": f"{coin.listed}T00:00:00.000Z",
        "quotes": [_quote(one, currency, market.rate(currency), now, noise) for currency in currencies],
        "isAudited": coin.id % 2 == 0,
    }
    if coin.id % 3 == 2:
        del entry["maxSupply"]
    return entry


def _quote(one: RankedCoin, currency: Currency, rate: float, now: str, noise: bool) -> dict[str, Any]:
    cap = one.market_cap * rate
    day, week, month = one.changes
    return {
        "name": currency.name,
        "price": one.price * rate,
        "volume24h": round(one.volume * rate) if one.coin.id % 5 == 0 else one.volume * rate,
        "volume7d": 0,
        "volume30d": 0,
        "marketCap": literal(f"{cap:.14f}{'0' * 18}") if noise and one.coin.place % 17 == 3 else cap,
        "percentChange1h": round(day / 24, 8),
        "percentChange24h": round(day, 8),
        "percentChange7d": round(week, 8),
        "percentChange30d": round(month, 8),
        "percentChange60d": round(month * 1.5, 8),
        "percentChange90d": round(month * 2, 8),
        "lastUpdated": now,
        "fullyDilluttedMarketCap": cap * 1.1,
        "marketCapByTotalSupply": cap,
        "dominance": round(50 / one.rank, 4),
        "turnover": round(one.volume / one.market_cap, 8) if one.market_cap else 0,
        "ytdPriceChangePercentage": round(month * 3, 4),
    }


def max_supply(one: RankedCoin) -> int | None:
    """The most coins there will ever be; None if there is no limit."""
    return 21_000_000 if one.coin.id == 1 else None if one.coin.id % 3 else round(one.supply * 2)


def _map(market: Market, query: Query) -> Reply:
    active = query.text("listing_status", "active") == "active"
    data = [map_entry(market, one) for one in market.standings()] if active else []
    return Reply(encode({"data": data, "status": _status(market.switches.today)}), JSON, packable=False)


def map_entry(market: Market, one: RankedCoin) -> dict[str, Any]:
    """A coin in the list of all coins."""
    coin = one.coin
    return {
        "id": coin.id,
        "rank": one.rank,
        "name": coin.name,
        "symbol": coin.symbol,
        "slug": coin.slug,
        "is_active": 1,
        "status": 1,
        "first_historical_data": f"{coin.listed}T00:00:00.000Z",
        "last_historical_data": f"{market.switches.today}T00:00:00.000Z",
        "platform": None,
    }


def _history_v31(market: Market, query: Query) -> Reply:
    """The 400 candles that end at timeEnd, whatever timeStart says."""
    if query.text("interval", "daily") not in ("daily", "1d"):
        raise BadParameter('"interval" must be one of [daily, 1d]: this copy has days only')
    coin, currency = _coin(query), _currency(query)
    query.whole("timeStart", 0, 0, _FOREVER)
    pieces = market.history(coin, "v3.1", currency)
    end = _end(market, pieces, query)
    begin = max(end - BARS_V31, 0)
    before = midnight(pieces.days[begin]) - 1 if end > begin else query.whole("timeEnd", 0, 0, _FOREVER)
    return _history(market, coin, pieces.bars[begin:end], f'"timeEnd":"{before}",')


def _history_v3(market: Market, query: Query) -> Reply:
    """At most 365 candles after timeStart up to timeEnd."""
    coin, currency = _coin(query), _currency(query)
    pieces = market.history(coin, "v3", currency)
    end = _end(market, pieces, query)
    # A candle belongs to the moment it opens; one that opens at timeStart is left out.
    begin = through(pieces, day_of(query.whole("timeStart", 0, 0, _FOREVER)))
    return _history(market, coin, pieces.bars[max(begin, end - BARS_V3) : end], "")


def _end(market: Market, pieces: Pieces, query: Query) -> int:
    last = min(day_of(query.whole("timeEnd", _FOREVER, 0, _FOREVER)), market.yesterday)
    return through(pieces, last)


def _history(market: Market, coin: Coin, bars: list[bytes], time_end: str) -> Reply:
    now = market.switches.now
    if coin.slug in now.empty:
        bars = []
    if now.descending:
        bars = bars[::-1]
    head = f'{{"data":{{"id":{coin.id},"name":"{coin.name}","symbol":"{coin.symbol}",{time_end}"quotes":['
    body = head.encode() + b",".join(bars) + b']},"status":' + encode(_status(market.switches.today)) + b"}"
    return Reply(body, JSON, packable=False)


def _coin(query: Query) -> Coin:
    """The coin that is asked for by id or slug."""
    slug = query.text("slug")
    if not query.text("id") and not slug:
        raise BadParameter(_NO_ID)
    if not query.text("id"):
        if slug not in BY_SLUG:
            raise BadParameter(f'Invalid value for "slug": "{slug}"')
        return BY_SLUG[slug]
    number = query.whole("id", 0, 1, _FOREVER)
    if number not in BY_ID:
        raise BadParameter(f'Invalid value for "id": "{number}"')
    return BY_ID[number]


def _currency(query: Query) -> Currency:
    number = query.text("convertId", str(USD.id))
    if number not in CURRENCIES_BY_ID:
        raise BadParameter(f'Invalid value for "convertId": "{number}"')
    return CURRENCIES_BY_ID[number]


def another(coin_id: str) -> Coin:
    """A coin other than this one."""
    return next(coin for coin in COINS if str(coin.id) != coin_id)
