"""`coinmarketcap.com` as it was in 2020: the top list and the historical-data pages, with their page data.

With the switch `page = "today"` the historical-data pages are as they are now, see `today_page.py`.
"""

from __future__ import annotations

import json
from datetime import timedelta
from html import escape
from typing import Any

from asyncscrape.replica.answers import Reply
from asyncscrape.replica.coinmarketcap.coins import BY_SLUG, TOP, Coin
from asyncscrape.replica.coinmarketcap.currencies import USD
from asyncscrape.replica.coinmarketcap.market import Market, RankedCoin, Shape, day_number, through
from asyncscrape.replica.coinmarketcap.numerals import encode
from asyncscrape.replica.coinmarketcap.official_api import listing_entry
from asyncscrape.replica.coinmarketcap.query import Query
from asyncscrape.replica.coinmarketcap.today_page import today_page

ROBOTS = """\
User-agent: *
Allow: /
Disallow: /*/headlines/*
Disallow: /*/community/*/post/*
Disallow: /*/community/*/live/*
Disallow: /*/community/*/topics/*
Disallow: /*/community/*/coins/*
"""

_USUAL_DAYS = 30
"""Days on a historical-data page without a range."""

_HEAD = """\
<div class="sc-1yv6u5n-0 gCAyTd cmc-table"><div></div><div></div><div class="cmc-table__table-wrapper-outer"><div>
<table><thead><tr><th>Date</th><th>Open*</th><th>High</th><th>Low</th><th>Close**</th><th>Volume</th>
<th>Market Cap</th></tr></thead>
<tbody>"""
_FOOT = "</tbody>\n</table></div></div></div>"
_EMPTY = """\
<div class="cmc-table cmc-table--empty sc-1yv6u5n-0 gCAyTd"><div class="cmc-table__empty">
<p>No data is available now</p></div></div>"""
_STYLES = ("text-align:left", "text-align: left;")
"""The server made ten rows and the browser ninety, writing the same style in another way."""


def answer(market: Market, path: str, query: Query) -> Reply | None:
    """The answer: a "not found" page for an unknown coin, None for an unknown path."""
    match path.split("/")[1:]:
        case [""]:
            return _listing(market)
        case ["robots.txt"]:
            return Reply(ROBOTS.encode(), "text/plain; charset=utf-8")
        case ["currencies", slug, *rest] if rest in ([], [""], ["historical-data"], ["historical-data", ""]):
            coin = BY_SLUG.get(slug)
            if coin is None or coin.listed >= market.switches.today:
                return unknown()
            return _history(market, coin, query) if len(rest) == 2 or rest == ["historical-data"] else _coin(coin)
    return None


def unknown() -> Reply:
    """The "not found" page."""
    text = "<h1>Sorry, we couldn&#x27;t find your page</h1><p>You may have typed the address incorrectly.</p>"
    return Reply(_page("Page not found", text.encode(), b'{"cryptocurrency":{}}'), status=404, packable=False)


def _page(title: str, content: bytes, state: bytes) -> bytes:
    head = (
        f'<!DOCTYPE html><html lang="en"><head><meta charSet="utf-8"/><title>{escape(title)} | CoinMarketCap</title>'
        '</head><body><div id="__next"><div class="cmc-body-wrapper">\n'
    )
    script = b'\n</div></div>\n<script id="__NEXT_DATA__" type="application/json">{"props":{"initialState":'
    # A slash behind "<" would end the script element.
    return head.encode() + content + script + state.replace(b"</", b"<\\/") + b"}}</script></body></html>\n"


def _coin(coin: Coin) -> Reply:
    link = f'<a class="cmc-link" href="/currencies/{coin.slug}/historical-data/">Historical Data</a>'
    text = f"<h1>{escape(coin.name)} ({coin.symbol})</h1>{link}"
    return Reply(_page(coin.name, text.encode(), b'{"cryptocurrency":{}}'), packable=False)


def _history(market: Market, coin: Coin, query: Query) -> Reply:
    """The days from start to end, both included; the newest is first in the table and last in the data."""
    now = market.switches.now
    if now.page == "today":
        return today_page(coin)
    rows = [] if now.page == "data" else _range(market, coin, query, "table")[::-1]
    quotes = [] if now.page == "table" else _range(market, coin, query, "official")
    content = b'<div class="cmc-loading"></div>'
    if now.page != "data":
        content = _HEAD.encode() + b"\n".join(rows) + _FOOT.encode() if rows else _EMPTY.encode()
    about = f'{{"id":{coin.id},"name":"{coin.name}","symbol":"{coin.symbol}","quotes":['
    state = f'{{"cryptocurrency":{{"ohlcvHistorical":{{"{coin.id}":{about}'.encode() + b",".join(quotes) + b"]}}}}"
    return Reply(_page(f"{coin.name} historical data", content, state), packable=False)


def _range(market: Market, coin: Coin, query: Query, shape: Shape) -> list[bytes]:
    today = market.switches.today
    first = query.compact_day("start") or today - timedelta(_USUAL_DAYS)
    last = query.compact_day("end") or today
    if coin.slug in market.switches.now.empty:
        return []
    pieces = market.history(coin, shape, USD)
    return pieces.bars[
        through(pieces, day_number(first) - 1) : through(pieces, min(day_number(last), market.yesterday))
    ]


def _listing(market: Market) -> Reply:
    top = market.standings()[:TOP]
    rows = "\n".join(_row(one, _STYLES[place >= 10], filled=place < 20) for place, one in enumerate(top))
    table = f'<div class="cmc-table"><table><tbody>\n{rows}\n</tbody></table></div>'
    entries = [{**listing_entry(market, one, [USD]), "rank": one.rank} for one in top]
    body = _page("Cryptocurrency Market Capitalizations", table.encode(), _listing_state(market, entries))
    return Reply(body, packable=False)


def _row(one: RankedCoin, style: str, filled: bool) -> str:
    """A row. The server fills only the first ones; the rest have just the name until someone scrolls to them."""
    cell = "cmc-table__cell cmc-table__cell--sort-by"
    slug, name = one.coin.slug, escape(one.coin.name)
    text = (
        f'<tr class="cmc-table-row"><td class="{cell}__rank" style="{style}"><div>{one.rank}</div></td>'
        f'<td class="{cell}__name" style="{style}"><div class="cmc-table__column-name">'
        f'<a class="cmc-link" href="/currencies/{slug}/" title="{name}">{name}</a></div></td>'
    )
    if filled:
        text += (
            f'<td class="{cell}__market-cap" style="{style}"><div>${one.market_cap:,.0f}</div></td>'
            f'<td class="{cell}__price" style="{style}">'
            f'<a class="cmc-link" href="/currencies/{slug}/markets/">${one.price:,.2f}</a></td>'
        )
    return text + "</tr>"


def _listing_state(market: Market, entries: list[dict[str, Any]]) -> bytes:
    form = market.switches.now.listing
    data: list[Any] = entries if form == "objects" else _as_arrays(entries)
    state = encode({"cryptocurrency": {"listingLatest": {"data": data}}})
    return json.dumps(state.decode()).encode() if form == "text" else state


_ARRAY_KEYS = {
    "circulatingSupply": "circulating_supply",
    "cmcRank": "cmc_rank",
    "dateAdded": "date_added",
    "id": "id",
    "lastUpdated": "last_updated",
    "maxSupply": "max_supply",
    "name": "name",
    "quote.USD.marketCap": "market_cap",
    "quote.USD.price": "price",
    "quote.USD.volume24h": "volume_24h",
    "rank": "rank",
    "slug": "slug",
    "symbol": "symbol",
    "tags": "tags",
    "totalSupply": "total_supply",
}


def _as_arrays(entries: list[dict[str, Any]]) -> list[Any]:
    """The list as in 2021: first the names of the columns, then the values."""
    flat = [{**entry, **entry["quote"]["USD"]} for entry in entries]
    names: list[Any] = [{"keysArr": list(_ARRAY_KEYS), "id": "keysArr", "excludeProps": []}]
    return names + [[entry[key] for key in _ARRAY_KEYS.values()] for entry in flat]
