"""The copies of CoinMarketCap's sources, over real HTTP."""

import asyncio
import itertools
import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import parsel
import pytest
from support.command import PATIENCE

from asyncscrape.replica.process import ReplicaProcess

API = "api.coinmarketcap.com"
PRO = "pro-api.coinmarketcap.com"
PAGES = "coinmarketcap.com"
CONTROL = "control.replica.test"

TODAY = date(2026, 11, 21)
KEY = {"X-CMC_PRO_API_KEY": "some-key"}
LISTING = "/data-api/v3/cryptocurrency/listing?start=1&limit=100&sortBy=market_cap&sortType=desc&convert=USD"
FIXTURES = Path(__file__).parents[2] / "parsers/coinmarketcap/data"


class Client:
    """Ask one replica."""

    def __init__(self, port: int, session: aiohttp.ClientSession) -> None:
        self._root = f"http://127.0.0.1:{port}"
        self._session = session

    async def ask(self, host: str, target: str, **headers: str) -> tuple[int, Any, bytes]:
        async with self._session.get(self._root + target, headers={"Host": host, **headers}) as answer:
            return answer.status, answer.headers, await answer.read()

    async def json(self, host: str, target: str, **headers: str) -> Any:
        status, _, body = await self.ask(host, target, **headers)
        assert 200 == status, (target, body[:300])
        return json.loads(body, parse_float=Decimal)

    async def control(self, path: str, body: Any = None) -> tuple[int, Any]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self._session.post(self._root + path, data=data, headers={"Host": CONTROL}) as answer:
            return answer.status, await answer.json()

    async def switch(self, **values: Any) -> None:
        assert 200 == (await self.control("/behaviour", values))[0]

    async def fault(self, **fault: Any) -> None:
        await self.switch(faults=[fault])

    async def requests(self, host: str = "") -> Any:
        return await self.json(CONTROL, f"/requests?host={host}")

    async def top(self) -> list[Any]:
        found: list[Any] = (await self.json(API, LISTING))["data"]["cryptoCurrencyList"]
        return found

    async def history(self, coin: int) -> list[Any]:
        """All candles of a coin, by paging v3.1 backwards."""
        found: list[Any] = []
        end = str(unix(TODAY))
        while True:
            data = (await self.json(API, v31(coin, end)))["data"]
            if not data["quotes"]:
                return found
            found, end = data["quotes"] + found, data["timeEnd"]

    async def page(self, target: str) -> parsel.Selector:
        return parsel.Selector((await self.ask(PAGES, target))[2].decode())


def unix(day: date | str) -> int:
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def v31(coin: int, end: str | int, start: int = 0, currency: int = 2781) -> str:
    query = f"id={coin}&convertId={currency}&timeStart={start}&timeEnd={end}&interval=daily"
    return f"/data-api/v3.1/cryptocurrency/historical?{query}"


def v3(coin: int, start: str, end: str) -> str:
    query = f"id={coin}&convertId=2781&timeStart={unix(start)}&timeEnd={unix(end)}"
    return f"/data-api/v3/cryptocurrency/historical?{query}"


def official(query: str) -> str:
    return f"/v2/cryptocurrency/ohlcv/historical?time_period=daily&interval=daily&convert=USD&{query}"


def days(quotes: list[Any]) -> list[str]:
    return [(quote.get("timeOpen") or quote["time_open"])[:10] for quote in quotes]


def page_data(page: parsel.Selector) -> Any:
    data = json.loads(page.css("script#__NEXT_DATA__::text").get(""), parse_float=Decimal)
    return data["props"]["initialState"]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with ReplicaProcess(TODAY) as port:
        yield port


@pytest.fixture
async def replica(port: int) -> Any:
    async with aiohttp.ClientSession() as session:
        client = Client(port, session)
        await client.control("/reset")
        yield client


# the keyless API


async def test_the_listing_has_the_shape_that_clients_expect(replica: Client) -> None:
    answer = await replica.json(API, LISTING)
    first = answer["data"]["cryptoCurrencyList"][0]
    keys = """id name symbol slug tags cmcRank marketPairCount circulatingSupply selfReportedCirculatingSupply
        totalSupply maxSupply isActive lastUpdated dateAdded quotes isAudited"""
    quote_keys = """name price volume24h volume7d volume30d marketCap percentChange1h percentChange24h percentChange7d
        percentChange30d percentChange60d percentChange90d lastUpdated fullyDilluttedMarketCap marketCapByTotalSupply
        dominance turnover ytdPriceChangePercentage"""
    assert set(keys.split()) == set(first)
    assert set(quote_keys.split()) == set(first["quotes"][0])
    status_keys = ["timestamp", "error_code", "error_message", "elapsed", "credit_count"]
    assert (status_keys, "0", "108") == (
        list(answer["status"]),
        answer["status"]["error_code"],
        answer["data"]["totalCount"],
    )
    assert isinstance(answer["status"]["elapsed"], str)
    assert (1, "bitcoin", "BTC", "2010-07-13T00:00:00.000Z") == tuple(
        first[key] for key in ("id", "slug", "symbol", "dateAdded")
    )


async def test_the_listing_is_ordered_by_size_and_cut_as_asked(replica: Client) -> None:
    top = await replica.top()
    sizes = [Decimal(coin["quotes"][0]["marketCap"]) for coin in top]
    assert 100 == len(top) == len({coin["id"] for coin in top}) == len({coin["slug"] for coin in top})
    assert sorted(sizes, reverse=True) == sizes
    assert list(range(1, 101)) == [coin["cmcRank"] for coin in top]
    part = await replica.json(API, LISTING.replace("start=1&limit=100", "start=99&limit=5000"))
    assert [99, 100, 101] == [coin["cmcRank"] for coin in part["data"]["cryptoCurrencyList"]][:3]
    limits = {"null" if "maxSupply" in coin else "absent" for coin in top if coin.get("maxSupply") is None}
    assert {"null", "absent"} == limits


async def test_each_currency_has_a_quote_of_its_own(replica: Client) -> None:
    answer = await replica.json(API, LISTING.replace("USD", "EUR,BTC,USD"))
    quotes = answer["data"]["cryptoCurrencyList"][0]["quotes"]
    assert ["EUR", "BTC", "USD"] == [quote["name"] for quote in quotes]
    assert pytest.approx(1.0) == float(quotes[1]["price"])
    assert pytest.approx(0.92) == float(quotes[0]["price"] / quotes[2]["price"])


async def test_the_map_names_every_coin(replica: Client) -> None:
    entries = (await replica.json(API, "/data-api/v1/cryptocurrency/map?listing_status=active"))["data"]
    keys = "id name symbol slug rank is_active first_historical_data last_historical_data"
    assert 108 == len(entries)
    assert set(keys.split()) <= set(entries[0])


async def test_v31_gives_400_days_up_to_the_end_whatever_the_start(replica: Client) -> None:
    end = unix("2020-01-07") + 86_399
    answer = await replica.json(API, v31(1, end, start=unix("2020-01-01")))
    data = answer["data"]
    quotes = data["quotes"]
    assert ["id", "name", "symbol", "timeEnd", "quotes"] == list(data)
    assert ["timeOpen", "timeClose", "timeHigh", "timeLow", "quote"] == list(quotes[0])
    names = "name open high low close volume marketCap circulatingSupply timestamp"
    assert names.split() == list(quotes[0]["quote"])
    assert (400, "2018-12-04", "2020-01-07") == (len(quotes), days(quotes)[0], days(quotes)[-1])
    assert str(unix("2018-12-04") - 1) == data["timeEnd"]
    assert sorted(days(quotes)) == days(quotes)
    assert "2781" == quotes[0]["quote"]["name"]


async def test_the_histories_of_the_top_hundred_are_as_large_as_the_original(replica: Client) -> None:
    found = await asyncio.gather(*(replica.history(coin["id"]) for coin in await replica.top()))
    rows = sum(map(len, found))
    assert 104_232 <= rows <= 1.6 * 104_232
    for quotes in found:
        assert len(quotes) == len(set(days(quotes)))
        assert "2026-11-20" == days(quotes)[-1]
    assert ("2010-07-13", 5975) == (days(found[0])[0], len(found[0]))
    assert 5 == min(map(len, found))
    assert 50 < len({days(quotes)[0] for quotes in found})


async def test_candles_are_consistent(replica: Client) -> None:
    for coin in (await replica.top())[::9]:
        for bar in await replica.history(coin["id"]):
            quote = {
                name: Decimal(value) for name, value in bar["quote"].items() if name not in ("name", "timestamp")
            }
            assert 0 < quote["low"] <= min(quote["open"], quote["close"]), bar
            assert max(quote["open"], quote["close"]) <= quote["high"], bar
            assert bar["timeOpen"] <= bar["timeLow"] <= bar["timeClose"]
            assert bar["timeOpen"] <= bar["timeHigh"] <= bar["timeClose"]
            size = quote["close"] * quote["circulatingSupply"]
            assert not quote["marketCap"] or abs(size - quote["marketCap"]) < size / 100


async def test_coins_have_fates_of_their_own(replica: Client) -> None:
    closes = {}
    for coin in await replica.top():
        if coin["slug"] in ("tether", "terra-luna", "pebble-inu"):
            closes[coin["slug"]] = [Decimal(bar["quote"]["close"]) for bar in await replica.history(coin["id"])]
    assert all(Decimal("0.98") < close < Decimal("1.02") for close in closes["tether"])
    assert max(closes["terra-luna"]) > 50 * closes["terra-luna"][-1]
    assert all(close < Decimal("0.01") and close.as_tuple().exponent < -8 for close in closes["pebble-inu"][:50])


async def test_v3_honours_the_start_but_gives_a_year_at_most(replica: Client) -> None:
    answer = await replica.json(API, v3(1, "2021-07-29", "2021-08-01"))
    assert ["id", "name", "symbol", "quotes"] == list(answer["data"])
    assert ["2021-07-30", "2021-07-31", "2021-08-01"] == days(answer["data"]["quotes"])
    names = "open high low close volume marketCap timestamp"
    assert names.split() == list(answer["data"]["quotes"][0]["quote"])
    longer = days((await replica.json(API, v3(1, "2015-01-01", "2021-08-01")))["data"]["quotes"])
    assert (365, "2020-08-02", "2021-08-01") == (len(longer), longer[0], longer[-1])


async def test_only_days_that_are_over_are_told(replica: Client) -> None:
    late = unix(TODAY) + 9 * 86_400
    assert "2026-11-20" == days((await replica.json(API, v31(1, late)))["data"]["quotes"])[-1]
    await replica.switch(today="2026-11-23")
    assert "2026-11-22" == days((await replica.json(API, v31(1, late)))["data"]["quotes"])[-1]
    await replica.switch(today="2015-08-08")
    listed = {coin["slug"] for coin in await replica.top()}
    assert {"bitcoin", "xrp", "tether", "litecoin", "dogecoin", "monero", "dash", "ethereum"} == listed


async def test_before_a_coin_is_listed_it_has_no_history(replica: Client) -> None:
    for today in ("2000-01-01", "2010-07-13", "2010-07-14"):
        await replica.switch(today=today)
        assert int(today == "2010-07-14") == len(await replica.top())
        assert [] == (await replica.json(API, v31(1027, unix(TODAY), currency=1)))["data"]["quotes"]
        assert [] == (await replica.json(PRO, official("id=1027"), **KEY))["data"]["quotes"]
        assert 404 == (await replica.ask(PAGES, "/currencies/ethereum/historical-data/"))[0]
        assert 200 == (await replica.ask(PAGES, "/"))[0]


async def test_a_candle_stays_as_it_is_whenever_and_wherever_it_is_asked_for(replica: Client) -> None:
    now = {
        coin["id"]: (await replica.json(API, v31(coin["id"], unix(TODAY))))["data"] for coin in await replica.top()
    }
    with ReplicaProcess(date(2026, 11, 20)) as port:
        async with aiohttp.ClientSession() as session:
            another = Client(port, session)
            for coin, data in now.items():
                earlier = (await another.json(API, v31(coin, unix("2026-11-19"))))["data"]["quotes"]
                assert data["quotes"][-len(earlier) - 1 : -1][-200:] == earlier[-200:]
            await another.switch(today="2027-02-01")
            for coin, data in now.items():
                assert data == (await another.json(API, v31(coin, unix(TODAY) - 1)))["data"]


async def test_numbers_come_in_many_forms(replica: Client) -> None:
    body = (await replica.ask(API, v31(1, unix("2011-02-01"))))[2].decode()
    assert re.search(r'"marketCap":\d+\.\d+0{18}[,}]', body)
    assert re.search(r'"marketCap":\d+,', body)
    assert '"volume":0E-24' in body
    assert '"volume":0,' in body
    await replica.switch(noise=False)
    body = (await replica.ask(API, v31(1, unix("2011-02-01"))))[2].decode()
    assert "0E-24" not in body
    assert not re.search(r"\d0{18}[,}]", body)


async def test_some_days_are_missing_and_some_market_caps_unknown(replica: Client) -> None:
    top = await replica.top()
    histories = {coin["slug"]: await replica.history(coin["id"]) for coin in top[:70]}
    gaps = {slug: gaps_in(quotes) for slug, quotes in histories.items() if gaps_in(quotes)}
    assert 2 < len(gaps) < 20
    uncounted = {slug for slug, quotes in histories.items() if any(not bar["quote"]["marketCap"] for bar in quotes)}
    assert 2 < len(uncounted) < 20
    assert all(not bar["quote"]["marketCap"] for bar in (await replica.history(2222))[:190])
    await replica.switch(gaps=False)
    with_gap = next(coin for coin in top if coin["slug"] in gaps)
    assert 0 == gaps_in(await replica.history(with_gap["id"]))


def gaps_in(quotes: list[Any]) -> int:
    known = [date.fromisoformat(day) for day in days(quotes)]
    return sum((after - before).days - 1 for before, after in itertools.pairwise(known))


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (v31(1, 1).replace("id=1&", ""), '"value" must contain at least one of [id, rwaId, slug, rwaSlug]'),
        (v31(999_999, 1), 'Invalid value for "id": "999999"'),
        (v31(1, "soon"), '"timeEnd" must be a number'),
        (v31(1, 1, currency=5), 'Invalid value for "convertId": "5"'),
        (LISTING.replace("limit=100", "limit=5001"), '"limit" must be less than or equal to 5000'),
        (LISTING.replace("USD", "ABC"), 'Invalid value for "convert": "ABC"'),
    ],
)
async def test_wrong_questions_get_200_with_an_error_code_as_text(replica: Client, target: str, message: str) -> None:
    answer = await replica.json(API, target)
    assert ["status"] == list(answer)
    assert ("400", message) == (answer["status"]["error_code"], answer["status"]["error_message"])


# the official API


async def test_the_official_listing_has_its_own_names(replica: Client) -> None:
    answer = await replica.json(PRO, "/v1/cryptocurrency/listings/latest?limit=100&convert=USD", **KEY)
    keys = """id name symbol slug cmc_rank num_market_pairs circulating_supply total_supply max_supply last_updated
        date_added tags platform quote"""
    assert set(keys.split()) == set(answer["data"][0])
    assert {"price", "volume_24h", "market_cap", "last_updated"} < set(answer["data"][0]["quote"]["USD"])
    assert (0, None, 100) == (answer["status"]["error_code"], answer["status"]["error_message"], len(answer["data"]))
    assert [coin["id"] for coin in await replica.top()] == [coin["id"] for coin in answer["data"]]


async def test_the_official_history_begins_after_its_start_and_ends_with_its_end(replica: Client) -> None:
    query = official("id=1&time_start=2020-11-30&time_end=2020-12-02T10:00:00Z")
    answer = await replica.json(PRO, query, **KEY)
    assert ["2020-12-01", "2020-12-02"] == days(answer["data"]["quotes"])
    quote = answer["data"]["quotes"][0]["quote"]["USD"]
    assert ["open", "high", "low", "close", "volume", "market_cap", "timestamp"] == list(quote)
    seconds = official(f"id=1&time_start={unix('2020-11-30')}&time_end={unix('2020-12-02')}")
    assert answer["data"] == (await replica.json(PRO, seconds, **KEY))["data"]
    longest = await replica.json(PRO, official("id=1&time_start=2010-07-12"), **KEY)
    assert (5975, 60) == (len(longest["data"]["quotes"]), longest["status"]["credit_count"])


async def test_without_a_start_the_official_history_counts_backwards(replica: Client) -> None:
    ten = (await replica.json(PRO, official("id=1"), **KEY))["data"]["quotes"]
    assert (10, "2026-11-20") == (len(ten), days(ten)[-1])
    three = (await replica.json(PRO, official("id=1&count=3&time_end=2020-12-02"), **KEY))["data"]["quotes"]
    assert ["2020-11-30", "2020-12-01", "2020-12-02"] == days(three)
    both = (await replica.json(PRO, official("id=1,1027&count=2"), **KEY))["data"]
    assert {"1": 2, "1027": 2} == {coin: len(data["quotes"]) for coin, data in both.items()}


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [
        ("", 401, 1002),
        ("invalid", 401, 1001),
        ("basic", 403, 1006),
        ("too-fast", 429, 1008),
        ("spent-today", 429, 1009),
    ],
)
async def test_bad_keys_are_refused(replica: Client, key: str, status: int, code: int) -> None:
    headers = {"X-CMC_PRO_API_KEY": key} if key else {}
    actual, _, body = await replica.ask(PRO, official("id=1"), **headers)
    assert (status, code) == (actual, json.loads(body)["status"]["error_code"])
    assert "data" not in json.loads(body)


async def test_a_wrong_parameter_is_an_http_error_there(replica: Client) -> None:
    status, _, body = await replica.ask(PRO, official("id=1&count=10001"), **KEY)
    assert (400, 400) == (status, json.loads(body)["status"]["error_code"])


# the pages of 2020


async def test_the_first_page_lists_a_hundred_coins_in_both_styles(replica: Client) -> None:
    page = await replica.page("/")
    names = page.css("tr.cmc-table-row td.cmc-table__cell--sort-by__name")
    assert {"text-align:left": 10, "text-align: left;": 90} == {
        style: len(names.css(f'td[style="{style}"]')) for style in ("text-align:left", "text-align: left;")
    }
    links = names.css("a.cmc-link::attr(href)").getall()
    listed = page_data(page)["cryptocurrency"]["listingLatest"]["data"]
    assert [f"/currencies/{coin['slug']}/" for coin in await replica.top()] == links
    assert [coin["id"] for coin in await replica.top()] == [coin["id"] for coin in listed]
    assert {"id", "name", "symbol", "slug", "rank", "quote"} < set(listed[0])


@pytest.mark.parametrize("form", ["arrays", "text"])
async def test_the_page_data_of_2021_is_arrays(replica: Client, form: str) -> None:
    await replica.switch(listing=form)
    state = page_data(await replica.page("/"))
    assert isinstance(state, str) == (form == "text")
    listing = (json.loads(state) if form == "text" else state)["cryptocurrency"]["listingLatest"]["data"]
    first = dict(zip(listing[0]["keysArr"], listing[1], strict=True))
    assert (101, 1, "bitcoin", 1) == (len(listing), first["id"], first["slug"], first["rank"])


HISTORY_PAGE = "/currencies/bitcoin/historical-data/?start=20201130&end=20201202"


async def test_the_history_page_writes_numbers_as_a_swedish_browser_does(replica: Client) -> None:
    page = await replica.page(HISTORY_PAGE)
    rows = [row.css("td > div::text").getall() for row in page.css("div.cmc-table > div:nth-child(3) tbody tr")]
    assert ["Dec 02, 2020", "Dec 01, 2020", "Nov 30, 2020"] == [row[0] for row in rows]
    assert [7, 7, 7] == [len(row) for row in rows]
    for row in rows:
        assert all(re.fullmatch(r"\d{1,3}(\xa0\d{3})*,\d\d", price) for price in row[1:5]), row
        assert all(re.fullmatch(r"\d{1,3}(\xa0\d{3})*", amount) for amount in row[5:]), row
    await replica.switch(locale="english")
    english = (await replica.page(HISTORY_PAGE)).css("tbody tr:first-child td > div::text").getall()
    assert [cell.replace("\xa0", ".").replace(",", ".") for cell in rows[0][1:]] == [
        cell.replace(",", ".") for cell in english[1:]
    ]


async def test_all_sources_tell_the_same_story(replica: Client) -> None:
    web = (await replica.json(API, v31(1, unix("2020-12-02"))))["data"]["quotes"][-3:]
    older = (await replica.json(API, v3(1, "2020-11-29", "2020-12-02")))["data"]["quotes"]
    pro = await replica.json(PRO, official("id=1&time_start=2020-11-29&time_end=2020-12-02"), **KEY)
    page = page_data(await replica.page(HISTORY_PAGE))["cryptocurrency"]["ohlcvHistorical"]["1"]["quotes"]
    assert pro["data"]["quotes"] == page
    assert days(web) == days(older) == days(page)
    for one, two, three in zip(web, older, page, strict=True):
        assert one["timeHigh"] == two["timeHigh"] == three["time_high"]
        for name in ("open", "high", "low", "close"):
            assert abs(one["quote"][name] - two["quote"][name]) <= Decimal("5e-5")
            assert two["quote"][name] == three["quote"]["USD"][name]
        assert one["quote"]["marketCap"] == two["quote"]["marketCap"] == three["quote"]["USD"]["market_cap"]


@pytest.mark.parametrize(("form", "rows", "quotes"), [("both", 3, 3), ("table", 3, 0), ("data", 0, 3)])
async def test_the_history_is_in_the_table_or_in_the_page_data(
    replica: Client, form: str, rows: int, quotes: int
) -> None:
    await replica.switch(page=form)
    page = await replica.page(HISTORY_PAGE)
    data = page_data(page)["cryptocurrency"]["ohlcvHistorical"]["1"]
    assert (rows, quotes) == (len(page.css("tbody tr")), len(data["quotes"]))
    assert ("Bitcoin", "BTC") == (data["name"], data["symbol"])


async def test_the_page_of_today_has_no_history_and_may_read_that_of_the_api(replica: Client) -> None:
    await replica.switch(page="today")
    page = await replica.page(HISTORY_PAGE)
    assert ([], False) == (page.css("tbody tr"), "ohlcvHistorical" in page.get())
    _, headers, _ = await replica.ask(API, ONE)
    assert "*" == headers["Access-Control-Allow-Origin"]


async def test_a_page_without_days_and_one_without_a_coin_say_so(replica: Client) -> None:
    empty = await replica.page("/currencies/bitcoin/historical-data/?start=20090101&end=20090201")
    assert (1, 0) == (len(empty.css("div.cmc-table.cmc-table--empty")), len(empty.css("tbody tr")))
    status, _, body = await replica.ask(PAGES, "/currencies/no-such-coin/historical-data/")
    assert 404 == status
    assert "Sorry, we couldn't find your page" == parsel.Selector(body.decode()).css("h1::text").get()


async def test_robots_allow_what_is_needed(replica: Client) -> None:
    status, headers, body = await replica.ask(PAGES, "/robots.txt")
    assert (200, True) == (status, headers["Content-Type"].startswith("text/plain"))
    assert b"Allow: /\n" in body
    assert [404, 404] == [(await replica.ask(host, "/robots.txt", **KEY))[0] for host in (API, PRO)]


# faults on request

ONE = v31(1, unix("2020-12-02"))


@pytest.mark.parametrize(
    ("fault", "status", "expected"),
    [
        ({"kind": "busy"}, 200, b'"error_code":"500"'),
        ({"kind": "bad-request"}, 200, b'"error_code":"400"'),
        ({"kind": "too-many"}, 429, b"Too Many"),
        ({"kind": "server-error"}, 502, b"502 Bad Gateway"),
        ({"kind": "gone"}, 404, b"Not Found"),
        ({"kind": "web-page"}, 200, b"<html>"),
        ({"kind": "challenge"}, 403, b"<title>Just a moment...</title>"),
        ({"kind": "wrong-coin"}, 200, b'"id":1027,'),
    ],
)
async def test_faults_last_as_often_as_they_should(
    replica: Client, fault: dict[str, Any], status: int, expected: bytes
) -> None:
    right = (await replica.ask(API, ONE))[2]
    await replica.fault(**fault, times=2)
    for _ in range(2):
        actual, _, body = await replica.ask(API, ONE)
        assert (status, True) == (actual, expected in body)
    assert (200, right) == (await replica.ask(API, ONE))[::2]


async def test_faults_hit_the_share_the_hosts_and_the_urls_they_are_meant_for(replica: Client) -> None:
    await replica.fault(kind="too-many", host=API, match="*id=1&*", share=0.25)
    assert [429, 200, 200, 200, 429, 200, 200, 200, 429] == [(await replica.ask(API, ONE))[0] for _ in range(9)]
    assert 200 == (await replica.ask(API, v31(1027, 1)))[0]
    assert 200 == (await replica.ask(PRO, official("id=1&x=1"), **KEY))[0]
    await replica.fault(kind="too-many", per_url=True, times=1, retry_after=7)
    for coin in (1, 1027):
        status, headers, _ = await replica.ask(API, v31(coin, 1))
        assert (429, "7") == (status, headers["Retry-After"])
        assert 200 == (await replica.ask(API, v31(coin, 1)))[0]


async def test_faults_pass_with_time(replica: Client) -> None:
    await replica.fault(kind="wrong-coin", seconds=3_600)
    assert 1027 == (await replica.json(API, ONE))["data"]["id"]
    await replica.fault(kind="wrong-coin", seconds=0.05)
    deadline = time.monotonic() + PATIENCE
    while 1 != (await replica.json(API, ONE))["data"]["id"]:
        assert time.monotonic() < deadline
    await replica.fault(kind="slow", delay=0.2, times=1)
    start = time.monotonic()
    assert 1 == (await replica.json(API, ONE))["data"]["id"]
    assert 0.2 <= time.monotonic() - start


async def test_an_answer_can_be_cut_off(replica: Client) -> None:
    whole = (await replica.ask(API, ONE))[2]
    await replica.fault(kind="cut-off")
    assert whole[: len(whole) // 2] == (await replica.ask(API, ONE))[2]


async def test_v31_can_be_gone_while_v3_answers(replica: Client) -> None:
    await replica.fault(kind="gone", match="/data-api/v3.1/*")
    assert 404 == (await replica.ask(API, ONE))[0]
    assert 3 == len((await replica.json(API, v3(1, "2021-07-29", "2021-08-01")))["data"]["quotes"])


async def test_official_errors_come_with_their_status_or_within_200(replica: Client) -> None:
    await replica.fault(kind="official-error", host=PRO, code=1009, retry_after=60)
    status, headers, body = await replica.ask(PRO, official("id=1"), **KEY)
    assert (429, "60", 1009) == (status, headers["Retry-After"], json.loads(body)["status"]["error_code"])
    await replica.fault(kind="official-error", code=1008, status=200)
    assert 1008 == (await replica.json(PRO, official("id=1"), **KEY))["status"]["error_code"]
    await replica.fault(kind="busy")
    assert 500 == (await replica.json(PRO, official("id=1"), **KEY))["status"]["error_code"]


async def test_pages_can_be_gone_or_challenged(replica: Client) -> None:
    await replica.fault(kind="gone", host=PAGES)
    assert b"find your page" in (await replica.ask(PAGES, HISTORY_PAGE))[2]
    await replica.fault(kind="challenge", host=PAGES)
    assert 403 == (await replica.ask(PAGES, HISTORY_PAGE))[0]


async def test_histories_can_be_turned_round_or_emptied(replica: Client) -> None:
    ascending = days((await replica.json(API, ONE))["data"]["quotes"])
    await replica.switch(descending=True)
    assert ascending[::-1] == days((await replica.json(API, ONE))["data"]["quotes"])
    pro = (await replica.json(PRO, official("id=1&count=2"), **KEY))["data"]["quotes"]
    assert ["2026-11-20", "2026-11-19"] == days(pro)
    await replica.switch(empty=["bitcoin"])
    assert [] == (await replica.json(API, ONE))["data"]["quotes"]
    assert [] == (await replica.json(PRO, official("id=1"), **KEY))["data"]["quotes"]
    assert 1 == len((await replica.page(HISTORY_PAGE)).css("div.cmc-table--empty"))
    assert [] != (await replica.json(API, v31(1027, unix(TODAY))))["data"]["quotes"]


async def test_next_week_there_are_seven_more_days_and_another_top_list(replica: Client) -> None:
    before = {coin["id"] for coin in await replica.top()}
    await replica.switch(weeks=1)
    after = await replica.top()
    assert (1, 1) == (len({coin["id"] for coin in after} - before), len(before - {coin["id"] for coin in after}))
    sizes = [Decimal(coin["quotes"][0]["marketCap"]) for coin in after]
    assert sorted(sizes, reverse=True) == sizes
    for coin in after:
        last = days((await replica.json(API, v31(coin["id"], unix(TODAY) + 30 * 86_400)))["data"]["quotes"])[-1]
        assert (TODAY + timedelta(6)).isoformat() == last


# the control desk


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "the body is not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"nois": true}', "unknown field `nois`"),
        (b'{"noise": 3}', "Expected `bool`, got `int` - at `$.noise`"),
        (b'{"today": "tomorrow"}', "$.today"),
        (b'{"faults": [{"kind": "sleepy"}]}', "Invalid enum value 'sleepy' - at `$.faults[0].kind`"),
    ],
)
async def test_mistakes_in_a_behaviour_are_told_and_change_nothing(
    replica: Client, body: bytes, message: str
) -> None:
    before = await replica.json(CONTROL, "/behaviour")
    status, answer = await replica.control("/behaviour", body)
    assert (400, True) == (status, message in answer["error"]), answer
    assert before == await replica.json(CONTROL, "/behaviour")


async def test_requests_are_counted_until_the_next_reset(replica: Client) -> None:
    await replica.ask(API, ONE)
    await replica.ask(API, ONE)
    await replica.ask(PAGES, "/robots.txt")
    await replica.ask("shop.example.org", "/nothing")
    everything = await replica.requests()
    assert 4 == everything["total"]
    assert {f"{API} {ONE}": 2} == (await replica.requests(API))["counts"]
    assert {"host": "shop.example.org", "target": "/nothing", "status": 404} == everything["requests"][-1]
    await replica.switch(noise=False)
    assert 4 == (await replica.requests())["total"]
    status, behaviour = await replica.control("/reset")
    assert (200, True, 0) == (status, behaviour["noise"], (await replica.requests())["total"])


async def test_a_change_leaves_the_rest_as_it_was(replica: Client) -> None:
    await replica.fault(kind="too-many", times=1)
    await replica.switch(descending=True)
    assert 429 == (await replica.ask(API, ONE))[0]
    await replica.switch(weeks=1)
    assert 200 == (await replica.ask(API, ONE))[0]
    assert (await replica.json(CONTROL, "/behaviour"))["descending"]


async def test_only_the_control_desk_can_be_posted_to(replica: Client, port: int) -> None:
    async with aiohttp.ClientSession() as session:
        for host, expected in ((API, 405), (CONTROL, 404)):
            headers = {"Host": host}
            async with session.post(f"http://127.0.0.1:{port}/nothing", headers=headers) as answer:
                assert expected == answer.status


# the saved answers


def test_every_saved_answer_says_what_it_must_yield() -> None:
    answers = [
        file for file in FIXTURES.iterdir() if file.suffix in (".json", ".html") and ".expected" not in file.name
    ]
    assert 50 < len(answers)
    for file in answers:
        expected = json.loads(file.with_name(f"{file.stem}.expected.json").read_text())
        assert {"url", "kind", "note"} <= set(expected["request"]), file.name
        assert ("records" in expected) != ("raises" in expected), file.name
