"""Regular expressions of the scope decide on every URL, and a URL that keeps them busy holds up nobody."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from aiohttp import web
from support.crawling import Crawled, crawl
from support.hosts_server import Hosts, serving
from support.sites import links, site, to

from asyncscrape.crawl.build import Limits
from asyncscrape.crawl.scope import JobScope
from asyncscrape.crawl.url_checks import question
from asyncscrape.model import Kind, Request
from asyncscrape.urls import UrlScope

QUADRATIC = r"re:(\d+)-reviews$"
EXPONENTIAL = r"re:^/(a|aa)+b$"
ENDLESS = "/" + "a" * 7_900
MOST_GAP = 30.0
"""Seconds. A worker is silent for one before another takes its place; the expressions would take minutes."""
GOOD = {f"/{n}": links(f"/{n + 1}") for n in range(20)} | {"/20": links()}


async def beside(tmp_path: Path, bad: dict[str, web.Response | str], pattern: str) -> tuple[Crawled, Hosts, float]:
    """A crawl of a bad host and a good one, and the longest time in which the good one was not asked."""
    async with serving({"bad": site(bad), "good": site(dict(GOOD))}) as hosts:
        crawled = await crawl(
            tmp_path,
            [hosts.url("bad", "/"), hosts.url("good", "/0")],
            fetch={"parse_workers": 1, "parse_timeout": "500ms", "retries": 0},
            politeness={"delay": "50ms", "per_host": 1, "robots": False},
            scope={"exclude": [pattern]},
        )
    times = [hosts.times("good", path)[0] for path in GOOD]
    return crawled, hosts, max(later - sooner for sooner, later in itertools.pairwise(times))


async def test_links_that_keep_an_expression_busy_cost_their_page_alone(tmp_path: Path) -> None:
    slow = links(*(f"/{n}{'1' * 7_900}" for n in range(40)))
    crawled, _, gap = await beside(tmp_path, {"/": slow}, QUADRATIC)
    assert ["its parser ran for 500ms"] == [failure.detail for failure in crawled.failures()]
    assert len(GOOD) == len(crawled.rows())
    assert gap < MOST_GAP


async def test_a_redirect_to_a_url_that_keeps_an_expression_busy_costs_itself_alone(tmp_path: Path) -> None:
    crawled, hosts, gap = await beside(tmp_path, {"/": links("/go"), "/go": to(ENDLESS)}, EXPONENTIAL)
    told = "the patterns of [scope] on its URL: its parser ran for 500ms"
    assert [told] == [failure.detail for failure in crawled.failures()]
    assert ["/", "/go"] == hosts.paths("bad")
    assert len(GOOD) + 1 == len(crawled.rows())
    assert gap < MOST_GAP


@pytest.mark.parametrize("workers", [0, 1])
async def test_a_redirect_that_an_expression_excludes_is_not_followed(tmp_path: Path, workers: int) -> None:
    pages = {"/": links("/go", "/stay", "/b?x=1"), "/go": to("/b?x=2"), "/stay": to("/c"), "/c": links(title="c")}
    async with serving({"shop": site(pages)}) as hosts:
        scope = {"exclude": ["re:x=[0-9]"]}
        fetch = {"parse_workers": workers}
        crawled = await crawl(tmp_path, [hosts.url("shop", "/")], scope=scope, fetch=fetch)
    assert ["/", "/c", "/go", "/stay"] == sorted(hosts.paths("shop")[1:])
    assert 1 == crawled.snapshot.pages["skipped"]
    assert 2 == crawled.snapshot.skipped["scope"]


async def test_an_expression_that_is_new_on_resume_binds_what_waits(tmp_path: Path) -> None:
    pages = {"/": links("/a", "/b"), "/a": links(title="a"), "/b": links(title="b")}
    async with serving({"shop": site(pages)}) as hosts:
        await crawl(tmp_path, [hosts.url("shop", "/")], limits=Limits(max_pages=1))
        crawled = await crawl(tmp_path, [hosts.url("shop", "/")], scope={"exclude": ["re:^/a"]})
    assert {"t", "b"} == {row["title"] for row in crawled.rows()}
    assert 1 == crawled.snapshot.pages["skipped"]


LINK = Request("http://a.test/b", depth=1, parent="http://a.test/")
HOPPED = Request("http://a.test/b", depth=1, parent="http://a.test/", hops=("http://a.test/a",))


@pytest.mark.parametrize(
    ("pattern", "request_", "resumed", "expected"),
    [
        (QUADRATIC, LINK, False, False),
        (QUADRATIC, LINK, True, True),
        (QUADRATIC, HOPPED, False, True),
        (QUADRATIC, Request("http://a.test/b", depth=1), False, True),
        ("/a*", HOPPED, True, False),
        (QUADRATIC, Request("http://a.test/b"), True, False),
        (QUADRATIC, Request("http://a.test/b", Kind.SITEMAP, depth=1), True, False),
        (QUADRATIC, Request("http://a.test/b", Kind.BLOB, depth=1), True, False),
    ],
)
def test_only_what_was_not_tested_yet_is_asked(
    pattern: str, request_: Request, resumed: bool, expected: bool
) -> None:
    scope = JobScope(UrlScope.of(["a.test"], [pattern]), UrlScope.of(["a.test"]), frozenset(), frozenset())
    resumable = JobScope(scope.links, scope.hosts, frozenset(), frozenset(), resumed=resumed)
    assert expected == resumable.doubts(request_)


@pytest.mark.parametrize(
    "request_",
    [
        Request("http://good.test/b", depth=2, parent="http://good.test/", hops=("http://bad.test/a",)),
        Request("http://good.test/b", depth=2, parent="http://bad.test/a"),
    ],
)
def test_the_time_a_url_takes_is_that_of_the_host_that_has_named_it(request_: Request) -> None:
    assert ("http://bad.test/a", "http://good.test/b") == (question(request_).url, question(request_).request.note)
