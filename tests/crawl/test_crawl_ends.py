"""That a run ends, and neither too early nor with anything forgotten: whatever hosts, stores and signals do to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web
from support.crawling import PATIENCE, Crawled, crawl, until
from support.faulty_records import Fault, hang
from support.hosts_server import page, serving
from support.sites import links, site, to

from asyncscrape.crawl.build import Builders, Limits
from asyncscrape.crawl.run import Crawl
from asyncscrape.storage.files.blobs import FileBlobs


async def sluggish(request: web.Request) -> web.StreamResponse:
    """A host that never answers; but tells that it has no robots.txt."""
    if request.path != "/robots.txt":
        await asyncio.sleep(3_600)
    return web.Response(status=404)


async def interrupted(
    folder: Path, seeds: list[str], when: Callable[[], bool], *after: float, **more: object
) -> Crawled:
    """A run that is sent signals: one at this moment, each other so many seconds after the one before."""
    runs: list[Crawl] = []
    work = asyncio.create_task(crawl(folder, seeds, begun=runs.append, **more))  # type: ignore[arg-type]
    await until(when)
    for seconds in (0.0, *after):
        await asyncio.sleep(seconds)
        runs[0].interrupt()
    return await work


async def test_connections_that_fail_give_their_place_in_the_quota_back(tmp_path: Path) -> None:
    async with serving({"shop": site({"/": links()})}) as hosts, asyncio.timeout(PATIENCE):
        seeds = [*(f"http://127.0.0.1:{port}/" for port in (1, 2, 3)), hosts.url("shop", "/")]
        quota = {"rate": "2/s", "robots": False}
        crawled = await crawl(tmp_path, seeds, politeness=quota, fetch={"retries": 0})
    assert (1, 3) == (crawled.snapshot.pages["done"], crawled.snapshot.pages["failed"])


@pytest.mark.parametrize("whose", ["run", "host"])
async def test_a_quota_is_used_up_while_answers_are_late(tmp_path: Path, whose: str) -> None:
    async def late(request: web.Request) -> web.StreamResponse:
        """Answers come once all have been asked for."""
        if request.path == "/robots.txt":
            return web.Response(status=404)
        await until(lambda: 13 == len(hosts.paths("shop")))
        return page()

    async with serving({"shop": late}) as hosts:
        own = {f'politeness.hosts."{hosts.authority("shop")}"': {"rate": "5/s"}} if whose == "host" else {}
        politeness = {"per_host": 20, **({} if own else {"rate": "5/s"})}
        seeds = [hosts.url("shop", f"/{n}") for n in range(12)]
        crawled = await crawl(tmp_path, seeds, politeness=politeness, **own)
    assert 12 == crawled.snapshot.pages["done"]


async def test_a_robots_txt_that_asks_for_more_than_our_patience_does_not_keep_the_run(tmp_path: Path) -> None:
    async def busy(request: web.Request) -> web.StreamResponse:
        return web.Response(status=503, headers={"Retry-After": "200000"})

    async with serving({"shop": busy}) as hosts, asyncio.timeout(PATIENCE):
        crawled = await crawl(tmp_path, [hosts.url("shop", "/")])
    assert ["host given up"] == [failure.reason for failure in crawled.failures()]


@pytest.mark.parametrize("delay", ["90000", "9" * 400])
async def test_a_crawl_delay_of_more_than_our_patience_gives_the_host_up(tmp_path: Path, delay: str) -> None:
    robots = web.Response(text=f"User-agent: *\nCrawl-delay: {delay}\n")
    pages = {"/robots.txt": robots, "/1": links(), "/2": links()}
    async with serving({"shop": site(pages)}) as hosts, asyncio.timeout(PATIENCE):
        await crawl(tmp_path, [hosts.url("shop", "/1")])
        crawled = await crawl(tmp_path, [hosts.url("shop", "/2")])
    assert ["/robots.txt"] == hosts.paths("shop"), "it is remembered in the next run"
    assert 2 == crawled.snapshot.pages["failed"]
    assert "between two requests" in crawled.failures()[0].detail


async def test_an_origin_without_robots_txt_does_not_shut_its_sibling_on_another_scheme(tmp_path: Path) -> None:
    async with serving({"shop": site({"/": links("https://shop.example.org/a"), "/b": links()})}) as hosts:
        origins = {
            "http://shop.example.org": f"http://{hosts.authority('shop')}",
            "https://shop.example.org": "http://127.0.0.1:1",
        }
        seeds = [f"{scheme}://shop.example.org{path}" for scheme, path in (("https", "/a"), ("http", "/"))]
        fetch = {"origins": origins, "retries": 0}
        crawled = await crawl(tmp_path, [*seeds, "http://shop.example.org/b"], fetch=fetch)
    assert (2, 1) == (crawled.snapshot.pages["done"], crawled.snapshot.pages["failed"])
    assert ["the site does not answer"] == [failure.reason for failure in crawled.failures()]


async def test_a_page_limit_is_kept_where_links_are_redirected_to_pages_that_are_known(tmp_path: Path) -> None:
    pages: dict[str, web.Response | str] = {
        "/": links(*(f"/{kind}{n}" for kind in ("redirect", "page") for n in range(20)))
    }
    for n in range(20):
        pages |= {f"/redirect{n}": to(f"/page{n}"), f"/page{n}": links()}
    async with serving({"shop": site(pages)}) as hosts:
        crawled = await crawl(tmp_path, [hosts.url("shop", "/")], limits=Limits(max_pages=10))
        assert (10, 10) == (crawled.snapshot.exit, crawled.snapshot.pages["done"])
        crawled = await crawl(tmp_path, [hosts.url("shop", "/")])
    assert (0, 41) == (crawled.snapshot.exit, crawled.snapshot.pages["done"])


async def test_what_is_too_deep_here_is_followed_from_a_page_that_is_nearer(tmp_path: Path) -> None:
    pages = {
        "/": links("/deep", "/late1"),
        "/deep": links("/deeper"),
        "/deeper": links("/x"),
        "/late1": to("/late2"),
        "/late2": to("/late3"),
        "/late3": links("/x"),
        "/x": links(title="found"),
    }
    async with serving({"shop": site(pages)}) as hosts:
        crawled = await crawl(tmp_path, [hosts.url("shop", "/")], politeness={"per_host": 1}, scope={"max_depth": 2})
        paths = hosts.paths("shop")
    assert paths.index("/deeper") < paths.index("/late3")
    assert "found" in {row["title"] for row in crawled.rows()}


async def test_sitemaps_elsewhere_are_not_asked_for(tmp_path: Path) -> None:
    index = '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    index += "<sitemap><loc>http://maps.example.org/2.xml</loc></sitemap></sitemapindex>"
    robots = "Sitemap: /index.xml\nSitemap: http://maps.example.org/1.xml\n"
    pages: dict[str, web.Response | str] = {
        "/robots.txt": web.Response(text=robots),
        "/index.xml": web.Response(text=index, content_type="application/xml"),
        "/": links(),
    }
    async with serving({"shop": site(pages), "maps": site({})}) as hosts:
        origins = {"http://maps.example.org": f"http://{hosts.authority('maps')}"}
        await crawl(tmp_path, [hosts.url("shop", "/")], top='sitemaps = "auto"', fetch={"origins": origins})
    assert "/index.xml" in hosts.paths("shop")
    assert [] == hosts.paths("maps")


async def test_half_a_character_in_a_parsers_complaint_fails_its_page_and_not_the_run(tmp_path: Path) -> None:
    (tmp_path / "halving_parser.py").write_text(
        "from asyncscrape.errors import Gone\nfrom asyncscrape.model import Blob, Page\n"
        "def parse(response):\n"
        "    if response.url.endswith('/gone'): raise Gone('no \\ud800')\n"
        "    return Page(blobs=[Blob('/picture', 'p/\\ud800')])\n"
    )
    rules = '[[page]]\nmatch = "/*"\ntable = "item"\nkey = ["id"]\nparser = "halving_parser:parse"\n'
    pages = {"/gone": "<p>", "/there": "<p>", "/picture": "<p>"}
    async with serving({"shop": site(pages)}) as hosts:
        seeds = [hosts.url("shop", "/gone"), hosts.url("shop", "/there")]
        crawled = await crawl(tmp_path, seeds, rules=rules)
    assert [("gone", "no \ufffd")] == [(failure.reason, failure.detail) for failure in crawled.failures()]
    assert ["p/\ufffd"] == [row["path"] for row in crawled.rows("blobs")]


async def test_what_an_earlier_run_left_for_the_stores_may_be_delivered_at_any_moment(
    tmp_path: Path,
) -> None:
    class LateBlobs(FileBlobs):
        async def prepare(self, unfinished: object) -> None:
            await asyncio.sleep(0.5)

    blobs = LateBlobs(tmp_path / "job/blobs", tmp_path / "job")

    async with serving({"shop": site({"/": links("/a"), "/a": links()})}) as hosts:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.5):
                await crawl(tmp_path, [hosts.url("shop", "/")], builders=Fault(hang).builders)
        crawled = await crawl(tmp_path, [hosts.url("shop", "/")], builders=Builders(blobs=lambda *_: blobs))
    assert 2 == len(crawled.rows())


async def test_a_second_signal_leaves_nothing_running(tmp_path: Path) -> None:
    async with serving({"shop": sluggish}) as hosts:
        before = asyncio.all_tasks()
        crawled = await interrupted(
            tmp_path, [hosts.url("shop", "/")], lambda: ["/robots.txt", "/"] == hosts.paths("shop"), 0.1
        )
        left = [task for task in asyncio.all_tasks() - before if "Dispatcher" in repr(task)]
    assert 11 == crawled.snapshot.exit
    assert [] == left


async def test_the_quota_outlives_a_second_signal(tmp_path: Path) -> None:
    async with serving({"shop": sluggish}) as hosts:
        own = {f'politeness.hosts."{hosts.authority("shop")}"': {"rate": "5/h"}}
        seeds = [hosts.url("shop", f"/{n}") for n in range(20)]
        for _ in range(2):
            politeness = {"per_host": 20, "robots": False}
            await interrupted(
                tmp_path, seeds, lambda: 5 == len(hosts.paths("shop")), 0.7, 0.1, politeness=politeness, **own
            )
    assert 5 == len(hosts.paths("shop"))


async def test_what_is_dropped_at_a_stop_says_nothing_of_its_host(tmp_path: Path) -> None:
    async def silent(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(3_600)
        return page()

    async with serving({"shop": silent}) as hosts:
        fetch = {"drain_timeout": "100ms"}
        seeds = [hosts.url("shop", "/")]
        crawled = await interrupted(tmp_path, seeds, lambda: bool(hosts.paths("shop")), fetch=fetch)
    assert [0] == [host.failures for host in crawled.snapshot.hosts]


async def test_a_signal_stops_the_seeding_too(tmp_path: Path) -> None:
    (tmp_path / "seeds.txt").write_text("".join(f"http://127.0.0.1:9/{n}\n" for n in range(200_000)))
    runs: list[Crawl] = []
    top = 'seeds_file = "seeds.txt"'
    work = asyncio.create_task(crawl(tmp_path, ["http://127.0.0.1:9/"], top=top, begun=runs.append))
    await until(lambda: bool(runs) and runs[0].snapshot().pages["pending"] > 0)
    runs[0].interrupt()
    crawled = await work
    assert 11 == crawled.snapshot.exit
    assert crawled.snapshot.pages["pending"] < 150_000


async def test_records_of_a_table_called_failed_are_no_failures(tmp_path: Path) -> None:
    rules = '[[page]]\nmatch = "/*"\ntable = "failed"\neach = "p"\nkey = ["n"]\n[page.fields]\nn = "::text"\n'
    async with serving({"shop": site({"/": "<p>1<p>2<p>3"})}) as hosts:
        ended = await crawl(tmp_path, [hosts.url("shop", "/")], rules=rules, fetch={"max_failure_ratio": 0.05})
    assert (0, {"failed": 3}) == (ended.snapshot.exit, ended.snapshot.records)
