"""The three sources as sites of the replica."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

from asyncscrape.replica.answers import READ_ONLY, Asked, Reply, as_json
from asyncscrape.replica.behaviour import Switches
from asyncscrape.replica.coinmarketcap import faults, official_api, web_api, web_pages
from asyncscrape.replica.coinmarketcap.market import Market
from asyncscrape.replica.coinmarketcap.query import Query

WEB_API = "api.coinmarketcap.com"
OFFICIAL_API = "pro-api.coinmarketcap.com"
PAGES = "coinmarketcap.com"

Source = Callable[[Asked, str, Query], Reply | None]


class CoinMarketCap:
    """One of the sources. They share a market, so that all tell the same story."""

    methods = READ_ONLY

    def __init__(self, market: Market, source: Source) -> None:
        self._market = market
        self._source = source

    def answer(self, asked: Asked) -> Reply:
        """The answer, or the fault that is due."""
        switches = self._market.switches
        fault = switches.fault(asked)
        if fault is None:
            return self._right(asked)
        instead = faults.instead(fault, switches.today, asked.host == OFFICIAL_API, asked.host == PAGES)
        return faults.bent(fault, instead or self._right(_mistaken(asked) if fault.kind == "wrong-coin" else asked))

    def _right(self, asked: Asked) -> Reply:
        path, _, query = asked.target.partition("?")
        answer = self._source(asked, path, Query(query))
        if answer is not None:
            return answer
        return web_pages.unknown() if asked.host == PAGES else as_json({"message": "Not Found"}, 404)


def _mistaken(asked: Asked) -> Asked:
    """The same request about another coin."""
    path, _, query = asked.target.partition("?")
    values = [(name, str(web_api.another(value).id) if name == "id" else value) for name, value in parse_qsl(query)]
    return Asked(asked.host, f"{path}?{urlencode(values)}", asked.method, asked.headers)


def for_pages(reply: Reply | None) -> Reply | None:
    """A reply that pages of the site may read, as it lies on another host."""
    return reply and replace(reply, headers={**reply.headers, "Access-Control-Allow-Origin": "*"})


def sites(switches: Switches) -> dict[str, CoinMarketCap]:
    """The sources by host name."""
    market = Market(switches)
    sources: dict[str, Source] = {
        WEB_API: lambda asked, path, query: for_pages(web_api.answer(market, path, query)),
        OFFICIAL_API: lambda asked, path, query: official_api.answer(market, path, query, asked.headers),
        PAGES: lambda asked, path, query: web_pages.answer(market, path, query),
    }
    return {host: CoinMarketCap(market, source) for host, source in sources.items()}
