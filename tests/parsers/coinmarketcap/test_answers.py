"""The parsers of CoinMarketCap on saved answers; the expected result of each lies beside it as data."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from asyncscrape.model import Link, Page, Request, Response
from asyncscrape.parsers.coinmarketcap.coin_tables import CANDLES, COINS
from asyncscrape.parsers.coinmarketcap.history_pages import Pages, plain
from asyncscrape.parsers.coinmarketcap.keyless_api import Keyless
from asyncscrape.parsers.coinmarketcap.pro_api import Pro
from asyncscrape.parsers.coinmarketcap.wanted import HISTORY, LISTING, CoinsWanted, asked
from asyncscrape.parsers.errors import ParseError
from asyncscrape.politeness.challenges import challenge
from asyncscrape.politeness.decisions import Action, classify

FOLDER = Path(__file__).with_name("data")
NAMES = sorted(path.name.removesuffix(".expected.json") for path in FOLDER.glob("*.expected.json"))
SOURCES = {"api": Keyless, "pro": Pro, "pages": Pages}
DECIMALS = {column.name for table in (COINS, CANDLES) for column in table.columns if column.type == "decimal"}


def wanted(**changes: Any) -> CoinsWanted:
    facts = {"top": 100, "coins": (), "start": date(2013, 4, 28), "end": date(2026, 1, 2), "convert": "USD"}
    return CoinsWanted(**{**facts, **changes})


def answered(
    url: str, body: bytes, kind: str = HISTORY, note: str = "", status: int = 200, html: bool = False
) -> Response:
    headers = CIMultiDict({"Content-Type": "text/html; charset=utf-8" if html else "application/json"})
    return Response(Request(url, kind, note=note), status, headers, body, datetime(2026, 1, 3, tzinfo=UTC))


def saved(name: str) -> tuple[dict[str, Any], Response]:
    expected = json.loads((FOLDER / f"{name}.expected.json").read_text())
    [path] = [path for path in FOLDER.glob(f"{name}.*") if path.suffix == ".html" or path.name == f"{name}.json"]
    facts = expected["request"]
    html = path.suffix == ".html"
    response = answered(facts["url"], path.read_bytes(), facts["kind"], facts["note"], facts.get("status", 200), html)
    return expected, response


def read(name: str, response: Response) -> Page:
    convert = "EUR" if "euro" in name else "USD"
    source = SOURCES[name.split("-")[0]](wanted(convert=convert))
    return source.listing(response) if response.request.kind == LISTING else source.history(response)


def outcome(name: str, response: Response) -> dict[str, Any]:
    """The result of an answer, in the form of the expectations."""
    if challenge(response.status, response.headers, response.body):
        return {"raises": "Blocked", "message": "challenge"}
    try:
        page = read(name, response)
    except ParseError as error:
        if classify(response.status).action is Action.RETRY:
            return {"raises": "Retry", "message": str(response.status)}
        return {"raises": "ParseError", "message": str(error)}
    except Exception as error:
        return {"raises": type(error).__name__, "message": str(error)}
    return {"records": rows(page), "links": [link.url for link in page.links]}


def rows(page: Page) -> dict[str, list[Any]]:
    found: defaultdict[str, list[Any]] = defaultdict(list, {"coins": [], "candles": []})
    for record in page.records:
        found[record.table].append(record.values)
    return digits(dict(found))


def digits(tables: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Decimals as their digits, and candles by date."""
    told = {
        name: [{key: exactly(key, value) for key, value in row.items()} for row in rows]
        for name, rows in tables.items()
    }
    return told | {"candles": sorted(told["candles"], key=lambda row: str(row["date"]))}


def exactly(name: str, value: Any) -> Any:
    return Decimal(value).as_tuple() if name in DECIMALS and value is not None else value


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_answer_yields_what_lies_beside_it(name: str) -> None:
    expected, response = saved(name)
    found = outcome(name, response)
    if "raises" in expected:
        assert expected["raises"] == found.get("raises"), found
        assert expected["message"] in found["message"]
    else:
        assert digits(expected["records"]) == found["records"]
        assert expected.get("links", found["links"]) == found["links"]


def test_every_source_asks_for_the_history_of_each_coin_it_lists() -> None:
    for name in ("api-listing", "pro-listing", "pages-listing"):
        _, response = saved(name)
        page = read(name, response)
        assert [link.kind for link in page.links] == [HISTORY] * len(page.records)


# Paging through the keyless API


class Api:
    """The days of one coin behind the two versions of the history, as the site answers."""

    def __init__(
        self, first: date, last: date, without: frozenset[date] = frozenset(), *, newest: bool = True
    ) -> None:
        self.days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        self.without = without
        self.newest = newest
        self.asked: list[str] = []

    def answer(self, url: str) -> bytes | None:
        self.asked.append(url)
        query = asked(url)
        end = datetime.fromtimestamp(int(query["timeEnd"]), UTC).date()
        if "/v3.1/" in url:
            return self.told([day for day in self.days if day <= end][-400:], ends=True) if self.newest else None
        start = datetime.fromtimestamp(int(query["timeStart"]), UTC).date()
        return self.told([day for day in self.days if start < day <= end][-365:], ends=False)

    def told(self, days: list[date], *, ends: bool) -> bytes:
        bars = [bar(day) for day in days if day not in self.without]
        before = datetime(*days[0].timetuple()[:3], tzinfo=UTC).timestamp() - 1 if days else 0
        data = {"id": 1, "name": "Bitcoin", "symbol": "BTC", "quotes": bars}
        data |= {"timeEnd": str(int(before))} if ends and days else {}
        return json.dumps({"data": data, "status": {"error_code": "0"}}).encode()


def bar(day: date) -> dict[str, Any]:
    prices = dict.fromkeys(("open", "high", "low", "close", "volume", "marketCap"), 1)
    return {"timeOpen": f"{day}T00:00:00.000Z", "quote": prices}


def walk(api: Api, first: date, last: date) -> list[str]:
    """Every day found by following the links from the first request on, as a crawl does."""
    keyless = Keyless(wanted(start=first, end=last))
    listing = {"id": 1, "slug": "bitcoin", "quotes": [{"name": "USD"}]}
    body = json.dumps({"data": {"cryptoCurrencyList": [listing]}, "status": {"error_code": "0"}}).encode()
    queue: list[Link] = list(keyless.listing(answered(keyless.first(), body, LISTING)).links)
    found: list[str] = []
    while queue:
        link = queue.pop()
        body_or_none = api.answer(link.url)
        if body_or_none is None:
            queue += keyless.instead(link.url, link.note)
            continue
        page = keyless.history(answered(link.url, body_or_none, note=link.note))
        found += [record.values["date"] for record in page.records]
        assert {"bitcoin"} >= {record.values["slug"] for record in page.records}
        queue += page.links
    return found


dates = st.dates(date(2013, 4, 28), date(2026, 1, 2))


@given(span=st.tuples(dates, dates), listed=dates, newest=st.booleans(), holes=st.sets(dates, max_size=5))
def test_paging_finds_every_wanted_day_once(
    span: tuple[date, date], listed: date, newest: bool, holes: set[date]
) -> None:
    first, last = sorted(span)
    api = Api(listed, date(2026, 1, 2), frozenset(holes), newest=newest)
    there = [day for day in api.days if first <= day <= last and day not in holes]
    assert [str(day) for day in there] == sorted(walk(api, first, last))
    assert len(set(api.asked)) == len(api.asked), "nothing is asked twice"


def test_v3_takes_over_in_the_middle_of_a_history() -> None:
    api = Api(date(2015, 1, 1), date(2026, 1, 2))
    api.newest = True
    whole = Api.answer

    def gone_after_two(url: str) -> bytes | None:
        api.newest = len(api.asked) < 2
        return whole(api, url)

    api.answer = gone_after_two  # type: ignore[method-assign]
    assert [str(day) for day in api.days] == sorted(walk(api, date(2013, 4, 28), date(2026, 1, 2)))


@pytest.mark.parametrize(
    ("text", "comma", "number"),
    [
        ("18\u00a0801,74", True, "18801.74"),
        ("37\u202f387\u00a0697", True, "37387697"),
        ("$18,801.74", False, "18801.74"),
        ("37,387,697", False, "37387697"),
        ("0,00000012", True, "0.00000012"),
        ("-", False, None),
        ("", True, None),
    ],
)
def test_numbers_as_people_write_them(text: str, comma: bool, number: str | None) -> None:
    assert number == plain(text, comma)


def test_a_coin_that_is_not_listed_gets_a_suggestion() -> None:
    _, response = saved("api-listing")
    with pytest.raises(ParseError, match="no coin is called 'bitcoinn'; did you mean 'bitcoin'"):
        Keyless(wanted(coins=("bitcoinn",))).listing(response)
