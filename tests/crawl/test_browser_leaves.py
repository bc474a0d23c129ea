"""Open pages that go on to other documents, in a whole crawl: robots.txt, scope and pace hold for these too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest
from aiohttp import web
from support.crawling import crawl
from support.hosts_server import Hosts, serving
from support.sites import site, to

from asyncscrape.errors import Reason

PAGES: dict[str, web.Response | str] = {
    "/robots.txt": "User-agent: *\nDisallow: /secret\n",
    "/": '<h1>one</h1><a class=next href="/two">next</a>',
    "/two": '<h1>two</h1><a class=next href="/hop">next</a>',
    "/hop": to("/three"),
    "/three": '<h1>three</h1><a class=next href="/secret/four">next</a>',
    "/ends": '<h1>ends</h1><script>location = "/nothing"</script>',
    "/busy": '<h1>busy</h1><script>location = "/limited"</script>',
    "/limited": web.Response(status=429, text="<h1>limited</h1>", content_type="text/html"),
    "/away": '<h1>away</h1><script>location = "http://127.0.9.9/"</script>',
}
WALLED: dict[str, web.Response | str] = {
    "/": '<h1>wall</h1><script>location = "/challenge"</script>',
    "/challenge": web.Response(status=403, text="<title>Just a moment...</title>", content_type="text/html"),
}
RULES = """
[[page]]
match = "*"
browser = true
steps = [{ click = ".next", if_present = true, repeat = 9 }]
table = "page"
key = ["title"]
[page.fields]
title = "h1"
"""


@pytest.fixture
async def hosts() -> AsyncIterator[Hosts]:
    async with serving({"site": site(PAGES), "walled": site(WALLED)}) as running:
        yield running


async def test_pages_that_follow_are_read_by_the_rules_for_all_documents(tmp_path: Path, hosts: Hosts) -> None:
    polite = {"delay": "300ms", "per_host": 1, "concurrency": 1}
    seeds = [hosts.url("site", "/"), hosts.url("site", "/away"), hosts.url("walled", "/")]
    crawled = await crawl(tmp_path, seeds, rules=RULES, politeness=polite)
    assert ["away", "one", "three", "two"] == sorted(row["title"] for row in crawled.rows())
    assert [] == [path for path in hosts.paths("site") if path.startswith("/secret")]
    times = sorted(moment for moment, path in hosts.log[hosts.authority("site")] if path != "/robots.txt")
    assert 5 == len(times)
    assert min(after - before for before, after in pairwise(times)) >= 0.3
    assert [(hosts.url("walled", "/"), Reason.BLOCKED)] == [(one.url, one.reason) for one in crawled.failures()]


async def test_error_pages_are_no_contents(tmp_path: Path, hosts: Hosts) -> None:
    seeds = [hosts.url("site", "/ends"), hosts.url("site", "/busy")]
    crawled = await crawl(tmp_path, seeds, rules=RULES, fetch={"retries": 0})
    assert 0 == crawled.snapshot.records.get("page", 0)
    told = {one.url: one.detail for one in crawled.failures()}
    assert f"it goes on to {hosts.url('site', '/nothing')}: the server answered 404" in told[seeds[0]]
    assert "the server answered 429" in told[seeds[1]]
    assert (1, 1) == (hosts.paths("site").count("/nothing"), hosts.paths("site").count("/limited"))
