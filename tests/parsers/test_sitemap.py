"""Sitemaps in all their forms, whole and broken."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from support.config_files import loaded
from support.trap_pages import RULES

from asyncscrape.jobs.registry import rule_job
from asyncscrape.model import Link, Page, Request, Response
from asyncscrape.parsers.errors import ParseError
from asyncscrape.parsers.sitemap import SitemapParser

SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
URLSET = f"""<?xml version="1.0" encoding="UTF-8"?>
<urlset {SPACE}>
  <!-- made by hand -->
  <url><loc> http://shop.test/a?x=1&amp;y=2 </loc><lastmod>2024-01-05</lastmod>
       <image:image><image:loc>http://shop.test/a.jpg</image:loc></image:image></url>
  <url><loc>/b</loc><lastmod>2023</lastmod></url>
  <url><loc>http://shop.test/c#top</loc></url>
  <url><loc>javascript:x</loc></url>
  <url><loc></loc></url>
  <url><lastmod>2024-01-05</lastmod></url>
  <url><loc>http://shop.test/b</loc></url>
</urlset>"""
A, B, C = (f"http://shop.test/{path}" for path in ("a?x=1&y=2", "b", "c"))


def parse(body: bytes | str, since: date | None = None, max_size: int = 1_000_000) -> Page:
    raw = body.encode() if isinstance(body, str) else body
    answer = Response(Request("http://shop.test/sitemap.xml"), 200, {}, raw, datetime(2024, 5, 6, tzinfo=UTC))
    return SitemapParser(since, max_size)(answer)


def urls(body: bytes | str, since: date | None = None) -> list[str]:
    return [link.url for link in parse(body, since).links]


def test_a_urlset_gives_pages() -> None:
    assert Page(links=[Link(A), Link(B), Link(C)]) == parse(URLSET)


def test_an_index_gives_sitemaps() -> None:
    body = f"<sitemapindex {SPACE}><sitemap><loc>/s1.xml.gz</loc></sitemap></sitemapindex>"
    assert [Link("http://shop.test/s1.xml.gz", "sitemap")] == parse(body).links


@pytest.mark.parametrize(
    "body",
    [
        URLSET.replace(SPACE, "").replace("image:", ""),
        b"\xef\xbb\xbf" + URLSET.encode(),
        "\n\n" + URLSET.partition("?>")[2],
        URLSET.replace("UTF-8", "UTF-16").encode("utf-16"),
        URLSET.replace("UTF-8", "ISO-8859-1").encode("latin-1"),
        gzip.compress(URLSET.encode()),
        gzip.compress(URLSET[:300].encode()) + gzip.compress(URLSET[300:].encode()),
        gzip.compress(URLSET.encode()) + b"\0\0\0",
        URLSET.replace("&amp;", "&"),
        URLSET.replace("</urlset>", "<url><loc>mailto:&#xD800;</loc></url></urlset>"),
        URLSET.replace("</urlset>", ""),
        URLSET.replace("</urlset>", "<url><loc>http://shop.test/cut"),
        f"\ufeff{A}\r\n{B}\n\n  {C}\nmailto:x\n",
        gzip.compress(f"{A}\n{B}\n{C}".encode(), mtime=0),
    ],
)
def test_other_forms_give_the_same(body: bytes | str) -> None:
    assert [A, B, C] == urls(body)


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (date(2024, 1, 6), [C, B]),
        (date(2024, 1, 5), [A, C, B]),
        (date(2023, 6, 1), [A, B, C]),
        (date(2022, 1, 1), [A, B, C]),
    ],
)
def test_what_certainly_is_older_is_left_out(since: date, expected: list[str]) -> None:
    assert expected == urls(URLSET, since)


@pytest.mark.parametrize(
    ("day", "expected"), [("2024-05", 1), ("2024-04", 0), ("2024-05-07T23:00:00+02:00", 0), ("soon", 1), ("", 1)]
)
def test_dates_may_be_partial_or_nonsense(day: str, expected: int) -> None:
    body = f"<urlset><url><loc>/a</loc><lastmod>{day}</lastmod></url></urlset>"
    assert expected == len(urls(body, date(2024, 5, 8)))


def test_feeds_lead_to_their_articles() -> None:
    item = "<item><link>/1</link><pubDate>Wed, 02 Dec 2020 10:00:00 EST</pubDate></item>"
    rss = f"<rss><channel><link>/</link>{item}</channel></rss>"
    assert ["http://shop.test/1"] == urls(rss)
    assert [] == urls(rss, date(2020, 12, 3))
    links = "<link rel='self' href='/x'/><link href='/1'/>"
    atom = f"<feed xmlns='http://www.w3.org/2005/Atom'><entry>{links}</entry></feed>"
    assert ["http://shop.test/1"] == urls(atom)


@pytest.mark.parametrize("body", ["<urlset/>", f"<sitemapindex {SPACE}></sitemapindex>", "\nplain\n"])
def test_an_empty_sitemap_is_one(body: str) -> None:
    assert [] == [url for url in urls(body) if "plain" not in url]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "is not XML"),
        ("<html><body>Not found</body></html>", "is not a sitemap"),
        ("<urlset><url><lo", "is not a sitemap"),
        ("<", "is not XML"),
        ("<!DOCTYPE a [<!ENTITY x 'y'>]><urlset><url><loc>/&x;</loc></url></urlset>", "entities"),
        (b"\x1f\x8bxx", "gzip is damaged"),
        (gzip.compress(b"<" + b" " * 2_000_000), "larger than 1,000,000 bytes"),
        (gzip.compress(b" " * 900_000) * 2, "larger than 1,000,000 bytes"),
        ("<urlset>" + " " * 1_000_000, "larger than 1,000,000 bytes"),
    ],
)
def test_a_page_that_is_not_a_sitemap_says_so(body: bytes | str, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        parse(body)


def test_a_cut_gzip_gives_what_came() -> None:
    body = gzip.compress("".join(f"http://shop.test/{n * n * n}\n" for n in range(5000)).encode())
    assert 1000 < len(urls(body[: len(body) // 2])) < 5000


def test_entities_are_not_expanded_in_any_encoding() -> None:
    body = "<!DOCTYPE a [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]><urlset><url><loc>/&b;</loc></url></urlset>"
    assert ["http://shop.test/"] == urls(body.encode("utf-16"))


def test_deep_nesting_and_many_urls() -> None:
    many = "<urlset>" + "".join(f"<url><loc>/{n}</loc></url>" for n in range(20_000)) + "</urlset>"
    assert 20_000 == len(urls(many))
    with pytest.raises(ParseError, match="sitemap"):
        parse("<url>" * 100_000)


def test_a_sitemap_of_other_things_is_left_before_it_fills_the_memory() -> None:
    with pytest.raises(ParseError, match="without an entry"):
        urls(f"<urlset>{'<a/>' * 220_000}</urlset>")


def test_a_sitemap_in_very_many_pieces_is_left() -> None:
    with pytest.raises(ParseError, match="compressed in more than 500 parts"):
        urls(gzip.compress(b"") * 1000)


def test_an_empty_sitemap_is_not_taken_for_refused_memory(tmp_path: Path) -> None:
    rule_job(loaded(tmp_path, f'name = "x"\nseeds = ["http://h.test/"]\n{RULES}'))  # leaves entries in lxml's log
    with pytest.raises(ParseError, match="not XML"):
        parse("\n")
