"""CoinMarketCap's pages as they were in 2020: a list of coins, and for each a page with its whole history.

A page holds its data as JSON, in a script called `__NEXT_DATA__`. Sometimes the history is only there as a table for
people, with numbers in the style of the visitor's language: "18,801.74" or "18 801,74".

Today the historical-data page holds no history: its script fetches the days from the keyless API, and fills a table.
A browser that opens it captures the API's answers, which are exact; the page itself then adds nothing to them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
from lxml import etree

from asyncscrape.errors import Gone
from asyncscrape.model import Link, Page, Response
from asyncscrape.parsers.coinmarketcap.api_answers import CoinName, bars_of, check_coin, coin_from, exact, selected
from asyncscrape.parsers.coinmarketcap.coin_tables import candles, coin_record
from asyncscrape.parsers.coinmarketcap.keyless_api import CONVERT_IDS, history_of
from asyncscrape.parsers.coinmarketcap.wanted import HISTORY, CoinsWanted, RequestedDays, asked
from asyncscrape.parsers.document import Document
from asyncscrape.parsers.errors import ParseError

CURRENCY = "USD"
"""The only currency of these pages."""
OF = "/"
"""In the note of a history request, between the coin's number and its slug. Older versions left out both."""
NO_HISTORY = (
    "the page has no history, neither as data nor as a table. Today's pages are filled in a browser: "
    'set use = "auto" under [fetch.browser]. If it is set, the site has changed'
)
CELLS = ("open", "high", "low", "close", "volume", "market_cap")
PRICES = slice(0, 4)
MOST_ELEMENTS = 1_000_000
"""The most elements of a page; thirty years of days have about 160,000."""

next_data: Any = etree.XPath("string(//script[@id='__NEXT_DATA__'])", smart_strings=False)
table_rows: Any = etree.XPath("//div[contains(@class, 'cmc-table')]//tbody/tr[count(td) >= 7]")
cells_of: Any = etree.XPath("td")
empty_table: Any = etree.XPath("boolean(//*[contains(@class, 'cmc-table--empty')])")
filled_today: Any = etree.XPath(
    "boolean(//table[.//th[contains(., 'Market Cap')]]//tbody/tr[count(td) >= 7]"
    " | //*[not(self::script)]/text()[contains(., 'No data is available')])"
)
not_found: Any = etree.XPath('boolean(//*[not(self::script)]/text()[contains(., "t find your page")])')


class Pages:
    """The pages as a source: the home page lists the coins, the historical-data page of each has all its days."""

    host = "coinmarketcap.com"

    def __init__(self, wanted: CoinsWanted) -> None:
        self._wanted = wanted

    def first(self) -> str:
        """The URL to begin with."""
        return f"https://{self.host}/"

    def listing(self, response: Response) -> Page:
        """The coins, and a link to the history of each."""
        entries = selected(listed(state_of(root_of(response))), self._wanted, "rank")
        records = [coin_record(entry, (entry.get("quote") or {}).get(CURRENCY) or {}) for entry in entries]
        return Page(
            records, [self._all(entry["id"], entry["slug"]) for entry in entries if self._wanted.lacks(entry["id"])]
        )

    def _all(self, coin: int, slug: str) -> Link:
        days = {"start": self._wanted.first_day(coin), "end": self._wanted.end}
        query = urlencode({name: f"{day:%Y%m%d}" for name, day in days.items()})
        return Link(f"https://{self.host}/currencies/{slug}/historical-data/?{query}", HISTORY, f"{coin}{OF}{slug}")

    def history(self, response: Response) -> Page:
        """All days of a coin, from the page's data or from its table; or what the page of today has fetched."""
        if urlsplit(response.url).netloc != self.host:
            return self._fetched(response)
        root = root_of(response)
        if not_found(root):
            raise Gone("the site cannot find a page for this coin")
        state, rows = state_of(root), list(table(root))
        histories = state.get("ohlcvHistorical") or {}
        if not rows and not histories and not empty_table(root):
            if filled_today(root):
                return Page()
            raise ParseError(NO_HISTORY)
        coin = coin_of(
            state, response.request.note.partition(OF)[0], urlsplit(response.request.asked).path.split("/")[2]
        )
        sent = (histories.get(str(coin.id)) or {}).get("quotes") or ()
        bars = [{**bar, "quote": bar["quote"][CURRENCY]} for bar in sent] or rows
        span = self.span(response.request.asked, str(coin.id))
        return Page(candles(coin, bars_of(bars), span.first, span.last))

    def _fetched(self, response: Response) -> Page:
        """The wanted days in an answer that the page has fetched from the API."""
        data, query = history_of(response), asked(response.url)
        check_coin(data.id, query["id"])
        number, _, slug = response.request.note.partition(OF)
        if number != query["id"] or query.get("convertId") != CONVERT_IDS[CURRENCY]:
            return Page()  # of another coin, or in another currency
        coin = CoinName(int(number), slug, data.name, data.symbol)
        return Page(candles(coin, data.quotes, self._wanted.first_day(coin.id), self._wanted.end))

    @staticmethod
    def span(url: str, note: str) -> RequestedDays:
        """The days that a history request asked for."""
        query = asked(url)
        first, last = (datetime.strptime(query[name], "%Y%m%d").date() for name in ("start", "end"))
        return RequestedDays(int(note.partition(OF)[0]), first, last, CURRENCY)

    def instead(self, url: str, note: str) -> list[Link]:
        """Nothing: this source has no other way to ask."""
        return []


def root_of(response: Response) -> Any:
    """The page as a tree."""
    return Document(response, MOST_ELEMENTS).root


def state_of(root: Any) -> Mapping[str, Any]:
    """The coins in the page's own data; empty if it has none."""
    try:
        state = exact.decode(next_data(root))["props"]["initialState"]
        if isinstance(state, str):  # as since 2021
            state = exact.decode(state)
        found: Mapping[str, Any] = state["cryptocurrency"]
    except (msgspec.DecodeError, KeyError, TypeError):
        return {}
    return found


def listed(state: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The coins of the home page: objects or, since 2021, lists of values after a list of their names."""
    data = (state.get("listingLatest") or {}).get("data")
    if not data:
        raise ParseError("the page holds no listing of coins; has the site changed?")
    keys = data[0].get("keysArr") if isinstance(data[0], dict) else None
    return [nested(zip(keys, values, strict=False)) for values in data[1:]] if keys else data


def nested(values: Any) -> Mapping[str, Any]:
    """Nested objects made from names with dots: "quote.USD.price"."""
    whole: dict[str, Any] = {}
    for name, value in values:
        *path, last = name.split(".")
        within = whole
        for part in path:
            within = within.setdefault(part, {})
        within[last] = value
    return whole


def coin_of(state: Mapping[str, Any], note: str, slug: str) -> CoinName:
    """The coin that a page is about, by its number in the listing or in the page's own data."""
    named = (state.get("listingLatest") or {}).get("data") or []
    entries = [entry for entry in named if isinstance(entry, dict) and entry.get("slug") == slug]
    histories = state.get("ohlcvHistorical") or {}
    number = note if note.isdecimal() else next((str(entry["id"]) for entry in entries), next(iter(histories), ""))
    if not number:
        raise ParseError("the page does not give the number of this coin; has the site changed?")
    facts = {**next(iter(entries), {}), **(histories.get(number) or {})}
    return coin_from(int(number), facts, slug)


def table(root: Any) -> Iterator[dict[str, Any]]:
    """The rows of the table as bars."""
    rows = [[text_of(cell) for cell in cells_of(row)] for row in table_rows(root)]
    comma = not any("." in cell for row in rows for cell in row[1:][PRICES])
    for written, *numbers in rows:
        try:
            day = datetime.strptime(written, "%b %d, %Y").date().isoformat()
        except ValueError:
            raise ParseError(f"{written[:40]!r} is not a day as this table writes them") from None
        yield {"time_open": day, "quote": quote_of(numbers, comma)}


def quote_of(numbers: Sequence[str], comma: bool) -> Mapping[str, str | None]:
    """The numbers of a row."""
    return {name: plain(text, comma) for name, text in zip(CELLS, numbers, strict=False)}


def plain(text: str, comma: bool) -> str | None:
    """A number in plain notation instead of a language's own; None for a dash."""
    digits = re.sub(r"[\s$]", "", text)
    digits = digits.replace(",", ".") if comma else digits.replace(",", "")
    return digits if re.fullmatch(r"-?\d+(\.\d+)?", digits) else None


def text_of(cell: Any) -> str:
    """All text of a cell."""
    return "".join(cell.itertext()).strip()
