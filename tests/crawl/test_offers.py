"""The links of a page become requests, or are left for a reason that is told once."""

from __future__ import annotations

import asyncio

from asyncscrape.crawl.offers import AT_ONCE, MEMORABLE, Offers
from asyncscrape.crawl.scope import MOST_NESTED, JobScope
from asyncscrape.model import Kind, Link, LinkLeft, Request
from asyncscrape.urls import UrlScope

FAR = "http://elsewhere.test/a"


def offers(max_depth: int | None = None) -> Offers:
    hosts = UrlScope.of(["shop.test"])
    links = UrlScope.of(["shop.test"], exclude=["/cart*"], max_depth=max_depth)
    return Offers(JobScope(links, hosts, frozenset(), frozenset()))


def url(path: str) -> str:
    return f"http://shop.test/{path}"


def page(depth: int = 0) -> Request:
    return Request(url("a"), depth=depth)


def test_links_out_of_scope_are_told_once() -> None:
    tried = offers()
    links = [Link(url("b")), Link(FAR)]
    requests, left = tried.of(page(), links, outside=[url("cart?add=1")])
    assert [url("b")] == [request.url for request in requests]
    assert [LinkLeft(url("cart?add=1"), "scope"), LinkLeft(FAR, "scope")] == left
    assert ([], []) == tried.of(page(), links, outside=[url("cart?add=1")])


def test_everything_is_offered_anew_after_some_of_it_was_lost() -> None:
    tried = offers()
    first = tried.of(page(), [Link(url("b"))], nofollow=[url("c")])
    assert ([], []) == tried.of(page(), [Link(url("b"))], nofollow=[url("c")])
    tried.forget()
    assert first == tried.of(page(), [Link(url("b"))], nofollow=[url("c")])


def test_links_that_a_job_chooses_must_match_the_patterns_too() -> None:
    requests, left = offers().chosen_by_job(page(), [Link(url("b")), Link(url("cart"))], [])
    assert [url("b")] == [request.url for request in requests]
    assert [LinkLeft(url("cart"), "scope")] == left


def test_links_that_are_too_deep_here_are_told_once_and_offered_from_nearer() -> None:
    tried = offers(max_depth=2)
    links = [Link(url("b")), Link(FAR)]
    assert ([], [LinkLeft(url("b"), "depth"), LinkLeft(FAR, "scope")]) == tried.of(page(depth=2), links)
    assert ([], []) == tried.of(page(depth=2), links)
    assert [url("b")] == [request.url for request in tried.of(page(depth=1), links).requests]


def test_links_not_to_be_followed_are_told_once_unless_they_are_offered() -> None:
    tried = offers()
    tried.of(page(), [Link(url("b"))])
    nofollow = [url("b"), url("c"), FAR]
    assert [LinkLeft(url("c"), "nofollow"), LinkLeft(FAR, "scope")] == tried.of(page(), [], nofollow=nofollow).left
    assert [] == tried.of(page(), [], nofollow=nofollow).left
    assert [url("c")] == [request.url for request in tried.of(page(), [Link(url("c"))]).requests]


def test_sitemaps_that_are_not_read_are_told() -> None:
    links = [Link(url("deeper.xml"), Kind.SITEMAP)]
    nested = Request(url("map.xml"), Kind.SITEMAP, depth=MOST_NESTED)
    assert ([], [LinkLeft(url("deeper.xml"), "depth")]) == offers().of(nested, links)
    top = Request(url("map.xml"), Kind.SITEMAP)
    assert [LinkLeft(FAR, "scope")] == offers().of(top, [Link(FAR, Kind.SITEMAP)]).left


async def test_the_loop_goes_on_while_a_page_with_very_many_links_is_looked_at() -> None:
    tried, rounds = offers(), 0
    links = [Link(url(f"{n}")) for n in range(2 * AT_ONCE)] + [Link(FAR)]
    nofollow = [url("x"), url("1")]

    async def go_round() -> None:
        nonlocal rounds
        while True:
            await asyncio.sleep(0)
            rounds += 1

    others = asyncio.create_task(go_round())
    requests, left = await tried.in_slices(page(), links, nofollow=nofollow)
    others.cancel()
    assert [link.url for link in links[:-1]] == [request.url for request in requests]
    assert [LinkLeft(url("x"), "nofollow"), LinkLeft(url("1"), "nofollow"), LinkLeft(FAR, "scope")] == left
    assert rounds >= 2


def test_very_long_links_are_not_remembered() -> None:
    tried = offers()
    for link in (Link(url("b" * MEMORABLE)), Link(FAR + "b" * MEMORABLE), Link(url("b"), "own", "n" * MEMORABLE)):
        first, second = tried.of(page(), [link]), tried.of(page(), [link])
        assert first == second
        assert first != ([], [])
