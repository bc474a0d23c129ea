"""The record shop, over real HTTP."""

import gzip
import json
import re
import signal
import socket
import struct
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import aiohttp
import parsel
import pytest
from support.command import PATIENCE

from asyncscrape.replica.process import ReplicaProcess

SHOP = "https://shop.example.org"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


class Visitor:
    """Ask one server for pages of the shop, without following redirects."""

    def __init__(self, port: int, session: aiohttp.ClientSession, host: str = "shop.example.org") -> None:
        self._root = f"http://127.0.0.1:{port}"
        self._session = session
        self._host = host

    async def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        headers = {"Host": self._host, **{name.replace("_", "-"): value for name, value in headers.items()}}
        async with self._session.request(method, self._root + path, headers=headers, allow_redirects=False) as answer:
            return answer.status, {name.title(): value for name, value in answer.headers.items()}, await answer.read()

    async def status(self, path: str) -> int:
        return (await self.ask(path))[0]

    async def page(self, path: str) -> parsel.Selector:
        status, _, body = await self.ask(path)
        assert 200 == status, path
        return parsel.Selector(body.decode())

    async def records(self) -> list[dict[str, Any]]:
        """Everything the API offers, page by page."""
        found, path = [], "/api/records?page=1"
        while path:
            answer = json.loads((await self.ask(path))[2])
            found += answer["data"]["items"]
            path = answer["paging"]["next"]
        return found


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with ReplicaProcess() as port:
        yield port


@pytest.fixture
async def shop(port: int) -> Any:
    async with aiohttp.ClientSession() as session:
        yield Visitor(port, session)


@pytest.fixture
async def fresh_shop() -> Any:
    """A shop without earlier visitors."""
    with ReplicaProcess() as port:
        async with aiohttp.ClientSession() as session:
            yield Visitor(port, session)


async def test_lists_lead_through_all_records_newest_first(shop: Visitor) -> None:
    path, seen, pages = "/new", [], 0
    while path:
        page = await shop.page(path)
        seen += page.css("a.record::attr(href)").getall()
        path, pages = page.css("a[rel=next]::attr(href)").get(""), pages + 1
    assert (400, 400, 20) == (len(seen), len(set(seen)), pages)
    assert [record["url"] for record in await shop.records()] == seen
    released = [record["released"] for record in await shop.records()]
    assert sorted(released, reverse=True) == released


async def test_shelves_together_hold_every_record_once(shop: Visitor) -> None:
    shelves = (await shop.page("/")).css("nav.shelves a::attr(href)").getall()[1:]
    seen = []
    for path in shelves:
        while path:
            page = await shop.page(path)
            seen += page.css("a.record::attr(href)").getall()
            path = page.css("a[rel=next]::attr(href)").get("")
    assert 8 == len(shelves)
    assert sorted(record["url"] for record in await shop.records()) == sorted(seen)


@pytest.mark.parametrize("page", ["0", "21", "-1", "two", "9999999999999"])
async def test_there_is_no_page_outside_a_list(shop: Visitor, page: str) -> None:
    assert 404 == await shop.status(f"/new?page={page}")
    assert 404 == await shop.status(f"/api/records?page={page}")


async def test_item_page_says_the_same_as_the_api(shop: Visitor) -> None:
    record = (await shop.records())[150]
    page = await shop.page(record["url"])
    assert record["title"] == page.css("h1.title::text").get()
    assert record["catalogue_number"] == page.css("dd.number::text").get()
    assert record["artist"]["name"] == page.css("a.artist::text").get()
    assert record["price"]["amount"] == float(page.css("meta[itemprop=price]::attr(content)").get(""))
    assert record["released"] == page.css("dd.released time::attr(datetime)").get()
    assert record["tracks"] == len(page.css("table.sides table.tracks tr.track"))
    assert record["stock"] == int(page.css("dd.stock::attr(data-count)").get(""))
    assert 6 <= len(page.css("table.history tbody tr"))
    assert 6 == len(page.css("aside.related a.record"))
    assert 3 <= len(page.css("li.tag"))
    linked = json.loads(page.css('script[type="application/ld+json"]::text').get(""))
    assert record["catalogue_number"] == linked["sku"]


async def test_item_pages_are_as_big_as_real_ones(shop: Visitor) -> None:
    sizes = [len((await shop.ask(record["url"]))[2]) for record in (await shop.records())[100:400:10]]
    assert 7_500 <= min(sizes)
    assert max(sizes) <= 13_000


async def test_prices_are_written_as_each_country_does(shop: Visitor) -> None:
    cards = [await shop.page(path) for path in ("/new", "/new?page=2", "/new?page=3")]
    shown = {re.sub(r"\d", "9", text) for card in cards for text in card.css(".cost::text").getall()}
    assert {"€ 99,99", "99,99 €", "£99.99", "US$ 99.99", "EUR 99.99", "9.999,99 EUR"} <= shown


async def test_a_reference_in_the_query_shows_the_same_page_and_its_canonical_address(shop: Visitor) -> None:
    link = (await shop.page("/")).css(".picks a.record::attr(href)").get("")
    assert link.endswith("?ref=home")
    plain = link.removesuffix("?ref=home")
    assert (await shop.ask(plain))[2] == (await shop.ask(link))[2]
    assert SHOP + plain == (await shop.page(link)).css("link[rel=canonical]::attr(href)").get()


async def test_artist_page_lists_their_records(shop: Visitor) -> None:
    record = (await shop.records())[5]
    page = await shop.page(f"/artist/{record['artist']['slug']}")
    assert record["artist"]["name"] == page.css("h1::text").get()
    assert record["url"] in page.css("a.record::attr(href)").getall()
    assert record["artist"]["town"] == page.css(".town::text").get()


async def test_every_link_on_the_front_page_is_there_or_broken_on_purpose(shop: Visitor) -> None:
    links = (await shop.page("/")).css("a::attr(href)").getall()
    answers = {link: await shop.status(link) for link in links if link.startswith("/")}
    odd = {link: status for link, status in answers.items() if status != 200}
    week = next(link for link in odd if link.startswith("/r/nlw-"))
    assert {week: 301, "/r/deal-of-the-day": 302, "/sale/2025": 410, "/vouchers": 404} == odd


async def test_covers_are_pictures(shop: Visitor) -> None:
    seen = set()
    for record in (await shop.records())[:20]:
        _, headers, body = await shop.ask(f"/covers/{record['catalogue_number'].lower()}.png")
        assert "image/png" == headers["Content-Type"]
        assert 240 * 241 == len(pixels(body))
        seen.add(body)
    assert 20 == len(seen)


def pixels(png: bytes) -> bytes:
    """The unpacked rows of a PNG, after checking every chunk."""
    assert b"\x89PNG\r\n\x1a\n" == png[:8]
    data, at, kinds = b"", 8, []
    while at < len(png):
        (size,) = struct.unpack_from(">I", png, at)
        kind, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        assert (zlib.crc32(kind + content),) == struct.unpack_from(">I", png, at + 8 + size)
        kinds.append(kind)
        data += content if kind == b"IDAT" else b""
        at += 12 + size
    assert [b"IHDR", b"PLTE", b"IDAT", b"IEND"] == kinds
    return zlib.decompress(data)


async def test_sitemaps_name_every_record_with_the_day_it_changed(shop: Visitor) -> None:
    robots = (await shop.ask("/robots.txt"))[2].decode()
    index = re.findall(r"^Sitemap: (\S+)$", robots, re.MULTILINE)
    assert [f"{SHOP}/sitemap.xml"] == index
    maps = locations((await shop.ask("/sitemap.xml"))[2])
    found: dict[str, str] = {}
    for url in maps:
        _, headers, body = await shop.ask(url.removeprefix(SHOP))
        assert ("application/gzip", None) == (headers["Content-Type"], headers.get("Content-Encoding"))
        found |= locations(gzip.decompress(body))
    assert {SHOP + record["url"] for record in await shop.records()} <= found.keys()
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\d", day) for day in found.values())
    assert 50 < len(set(found.values()))


def locations(xml: bytes) -> dict[str, str]:
    entries = ElementTree.fromstring(xml)
    return {entry.findtext(f"{SITEMAP}loc", ""): entry.findtext(f"{SITEMAP}lastmod", "") for entry in entries}


async def test_robots_ask_for_a_delay_and_forbid_the_account_that_pages_link_to(shop: Visitor) -> None:
    _, headers, body = await shop.ask("/robots.txt")
    assert headers["Content-Type"].startswith("text/plain")
    assert {"Disallow: /account/", "Crawl-delay: 0.02"} <= set(body.decode().splitlines())
    page = await shop.page((await shop.records())[0]["url"])
    assert "/account/login" in page.css("a::attr(href)").getall()
    assert page.css("a[rel=nofollow]::attr(href)").get("").startswith("/account/wishlist?add=")


async def test_a_busy_page_opens_at_the_third_visit_as_at_every_start(fresh_shop: Visitor) -> None:
    busy = (await fresh_shop.records())[7]["url"]
    visits = [await fresh_shop.ask(busy) for _ in range(4)]
    assert [503, 503, 200, 200] == [status for status, _, _ in visits]
    assert ["1", "1", None, None] == [headers.get("Retry-After") for _, headers, _ in visits]


async def test_a_broken_page_stays_broken(shop: Visitor) -> None:
    broken = (await shop.records())[24]["url"]
    assert [500, 500, 500] == [await shop.status(broken) for _ in range(3)]


async def test_a_page_without_declaration_is_in_windows_1252(shop: Visitor) -> None:
    record = (await shop.records())[12]
    _, headers, body = await shop.ask(record["url"])
    assert "text/html" == headers["Content-Type"]
    assert b"charset" not in body
    with pytest.raises(UnicodeDecodeError):
        body.decode()
    assert record["artist"]["name"] == parsel.Selector(body.decode("cp1252")).css("a.artist::text").get()
    assert "ö" in record["artist"]["name"]


async def test_a_truncated_page_breaks_off_in_the_price_history(shop: Visitor) -> None:
    record = (await shop.records())[88]
    _, _, body = await shop.ask(record["url"])
    assert b"</html>" not in body
    page = parsel.Selector(body.decode())
    assert record["tracks"] == len(page.css("tr.track"))
    assert 2 < len(page.css("table.history tbody tr"))


async def test_tag_soup_still_holds_the_record(shop: Visitor) -> None:
    record = (await shop.records())[29]
    body = (await shop.ask(record["url"]))[2]
    assert b"</td>" not in body
    page = parsel.Selector(body.decode())
    assert record["catalogue_number"] == page.css("dd.number::text").get()
    assert record["tracks"] == len(page.css("tr.track"))


async def test_a_chain_of_redirects_ends_at_a_record_and_a_loop_does_not(shop: Visitor) -> None:
    week = (await shop.records())[41]
    chain = [f"/r/{week['catalogue_number'].lower()}"]
    while (answer := await shop.ask(chain[-1]))[0] in (301, 302):
        chain.append(urljoin(chain[-1], answer[1]["Location"]))
    assert [f"/shop/item.php?id={week['id']}", week["url"]] == chain[1:]
    loop = ["/r/deal-of-the-day"]
    for _ in range(2):
        loop.append((await shop.ask(loop[-1]))[1]["Location"])
    assert ["/r/deal-of-the-day", "/r/todays-deal", "/r/deal-of-the-day"] == loop


async def test_text_is_packed_for_those_who_can_unpack(shop: Visitor) -> None:
    plain = await shop.ask("/new", Accept_Encoding="identity")
    packed = await shop.ask("/new", Accept_Encoding="gzip")
    assert plain[2] == packed[2]
    assert (None, "gzip") == (plain[1].get("Content-Encoding"), packed[1].get("Content-Encoding"))
    assert int(packed[1]["Content-Length"]) < int(plain[1]["Content-Length"]) / 2


async def test_head_has_no_body_and_other_methods_are_refused(shop: Visitor) -> None:
    assert (200, b"") == (await shop.ask("/new", "HEAD"))[::2]
    assert 405 == (await shop.ask("/account/login", "POST"))[0]


async def test_an_unknown_host_is_told_which_ones_there_are(port: int) -> None:
    async with aiohttp.ClientSession() as session:
        status, _, body = await Visitor(port, session, f"<b>.test:{port}").ask("/")
        browser = await Visitor(port, session, f"shop.localhost:{port}").page("/")
    assert 404 == status
    assert f'<a href="http://shop.localhost:{port}/">' in body.decode()
    assert b"<b>" not in body
    assert "Groove Harbour" in browser.css("title::text").get("")


async def test_every_start_serves_the_same_bytes(shop: Visitor, fresh_shop: Visitor) -> None:
    records = await shop.records()
    assert records == await fresh_shop.records()
    paths = ["/", "/new?page=3", "/genre/dub", "/robots.txt", "/sitemap.xml", "/sitemaps/records.xml.gz"]
    paths += [record["url"] for record in records[8:80:9]]
    paths += [f"/covers/{record['catalogue_number'].lower()}.png" for record in records[::80]]
    for path in paths:
        assert (await shop.ask(path))[2] == (await fresh_shop.ask(path))[2], path


def test_it_starts_and_stops_with_the_block() -> None:
    with ReplicaProcess() as port:
        assert not refuses(port)
    assert refuses(port)


def test_it_ends_when_its_parent_is_killed() -> None:
    code = (
        "import time\n"
        "from asyncscrape.replica.process import ReplicaProcess\n"
        "with ReplicaProcess() as port:\n"
        "    print(port, flush=True)\n"
        "    time.sleep(60)\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        port = int(parent.stdout.readline())
        assert not refuses(port)
        parent.send_signal(signal.SIGKILL)
        # The replica also holds the other end of stderr: the end of that file is the end of the replica.
        assert ("", "") == parent.communicate(timeout=PATIENCE)
    assert refuses(port)


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
    except ConnectionRefusedError:
        return True
    return False


def test_it_imports_nothing_else_of_the_package() -> None:
    folder = Path(sys.modules["asyncscrape.replica"].__file__ or "").parent
    sources = list(folder.rglob("*.py"))
    imported = {
        name for file in sources for name in re.findall(r"(?:from|import) (asyncscrape\S*)", file.read_text())
    }
    assert 5 < len(sources)
    assert all(name.startswith("asyncscrape.replica") for name in imported)
