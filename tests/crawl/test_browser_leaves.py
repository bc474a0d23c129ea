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

from asyncscrape.crawl.build import Limits
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
    "/data": web.json_response({"rows": [1]}),
    "/loads": """<h1>loads</h1><script>
      fetch("/data").then((answer) => answer.text()).then(() => { location = "/three"; });</script>""",
    "/lacks": '<h1>lacks</h1><script>fetch("/limited")</script>',
    "/pipe|d": "<h1>piped</h1>",
    "/away": '<h1>away</h1><script>location = "http://127.0.9.9/"</script>',
}
WALLED: dict[str, web.Response | str] = {
    "/": '<h1>wall</h1><script>location = "/challenge"</script>',
    "/challenge": web.Response(status=403, text="<title>Just a moment...</title>", content_type="text/html"),
}
CAPTURES = """
[[page]]
match = ["/loads", "/lacks"]
browser = true
capture = ["/data", "/limited"]
[[page]]
match = "/data"
table = "found"
each = "json:rows[*]"
key = ["number"]
[page.fields]
number = { json = "@", type = "int" }
"""
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


async def test_a_page_whose_time_is_up_gives_back_its_turn(tmp_path: Path, hosts: Hosts) -> None:
    slow = {"delay": "4s", "per_host": 1}
    seeds = [hosts.url("site", "/")]
    browser = 'timeout = "3s"'
    crawled = await crawl(tmp_path, seeds, rules=f"[fetch.browser]\n{browser}\n{RULES}", politeness=slow)
    assert 1 == len(crawled.failures())
    assert 0 == hosts.paths("site").count("/hop")


async def test_a_limit_on_pages_does_not_hold_up_an_open_one(tmp_path: Path, hosts: Hosts) -> None:
    seeds = [hosts.url("site", "/"), hosts.url("site", "/ends")]
    crawled = await crawl(tmp_path, seeds, rules=RULES, limits=Limits(max_pages=1))
    assert ["one", "three", "two"] == sorted(row["title"] for row in crawled.rows())


async def test_what_a_page_captures_is_kept_when_it_goes_on_and_missed_when_it_was_refused(
    tmp_path: Path, hosts: Hosts
) -> None:
    seeds = [hosts.url("site", "/loads"), hosts.url("site", "/lacks")]
    crawled = await crawl(tmp_path, seeds, rules=CAPTURES, fetch={"retries": 0})
    assert [1] == [row["number"] for row in crawled.rows("found")]
    assert [f"{hosts.url('site', '/limited')} answered 429"] == [
        one.detail.split(";")[0] for one in crawled.failures()
    ]


async def test_a_browser_that_writes_a_url_in_its_own_way_asks_for_it_once(tmp_path: Path, hosts: Hosts) -> None:
    crawled = await crawl(tmp_path, [hosts.url("site", "/pipe|d")], rules=RULES)
    assert ["piped"] == [row["title"] for row in crawled.rows()]
    assert 1 == sum("pipe" in path for path in hosts.paths("site"))
