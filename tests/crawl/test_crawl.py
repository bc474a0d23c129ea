"""The crawl as a whole, with real servers: redirects, retries, hosts that fail, scope, sitemaps and resuming."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from support.crawling import PAGES, PATIENCE, configured, crawl, until
from support.hosts_server import page, serving
from support.job_frontier import job_frontier
from support.sites import links, site, to

from asyncscrape.crawl.brakes import End
from asyncscrape.crawl.build import BUILDERS, Limits, opened
from asyncscrape.crawl.status import Condition
from asyncscrape.errors import JobChanged, JobRunning
from asyncscrape.frontier.base import Frontier, Taken, Worker
from asyncscrape.jobs.rules.job import rule_job
from asyncscrape.snapshots import snapshot_of
from asyncscrape.team import Team


async def test_links_are_followed_once_each_and_records_say_where_they_come_from(tmp_path: Path) -> None:
    pages = {"/": links("/a", "/b", "/a#x", "/"), "/a": links("/b", "/", title="A"), "/b": links("/a", title="B")}
    async with serving({"shop": site(pages)}) as hosts:
        crawled = await crawl(tmp_path, [hosts.url("shop", "/")])
    assert Counter({"/robots.txt": 1, "/": 1, "/a": 1, "/b": 1}) == Counter(hosts.paths("shop"))
    assert [(hosts.url("shop", "/a"), "A"), (hosts.url("shop", "/b"), "B")] == [
        (row["_url"], row["title"]) for row in crawled.rows() if row["title"] in "AB"
    ]
    assert all(row["_fetched_at"].endswith("Z") for row in crawled.rows())


async def test_a_redirect_is_read_where_it_leads_and_that_place_is_not_asked_twice(tmp_path: Path) -> None:
    pages = {"/": links("/old", "/new"), "/old": to("/new"), "/new": links(title="new")}
    async with serving({"shop": site(pages)}) as hosts:
        crawled = await crawl(tmp_path, [hosts.url("shop", "/")])
    assert 1 == hosts.paths("shop").count("/new")
    assert ["new"] == [row["title"] for row in crawled.rows() if row["_url"] == hosts.url("shop", "/new")]
    assert 3 == crawled.snapshot.pages["done"]


async def test_a_redirect_that_sets_a_cookie_and_comes_back_is_read(tmp_path: Path) -> None:
    async def consent(request: web.Request) -> web.StreamResponse:
        if request.path == "/robots.txt":
            return web.Response(status=404)
        if request.cookies.get("seen") == "yes":
            return page("<h1>welcome</h1>")
        return web.Response(status=302, headers={"Location": "/", "Set-Cookie": "seen=yes; Path=/"})

    async with serving({"shop": consent}) as hosts:
        crawled = await crawl(tmp_path, [hosts.url("shop", "/")])
    assert ["welcome"] == [row["title"] for row in crawled.rows()]


async def test_a_redirect_out_of_scope_is_skipped_with_the_reason(tmp_path: Path) -> None:
    async with serving({"shop": site({"/": links("/out"), "/out": to("http://other.example.org/x")})}) as hosts:
        crawled = await crawl(tmp_path, [hosts.url("shop", "/")])
    assert (1, 1) == (crawled.snapshot.pages["done"], crawled.snapshot.pages["skipped"])


async def test_redirects_have_an_end(tmp_path: Path) -> None:
    pages = {f"/{n}": to(f"/{n + 1}") for n in range(30)} | {"/loop": to("/back"), "/back": to("/loop")}
    async with serving({"shop": site(pages)}) as hosts:
        crawled = await crawl(tmp_path, [hosts.url("shop", "/0"), hosts.url("shop", "/loop")])
    assert {hosts.url("shop", "/0"): "redirects", hosts.url("shop", "/loop"): "redirect loop"} == {
        failure.url: failure.reason for failure in crawled.failures()
    }


async def test_a_page_that_recovers_is_fetched_and_its_retries_are_counted(tmp_path: Path) -> None:
    asked: Counter[str] = Counter()

    async def flaky(request: web.Request) -> web.StreamResponse:
        asked[request.path] += 1
        if request.path == "/robots.txt":
            return web.Response(status=404)
        return page() if asked[request.path] > 1 else web.Response(status=502)

    async with serving({"shop": flaky}) as hosts:
        crawled = await crawl(tmp_path, [hosts.url("shop", "/a"), hosts.url("shop", "/b")])
    assert (2, 2) == (crawled.snapshot.pages["done"], crawled.snapshot.retries)
    assert 0 == crawled.snapshot.exit


async def test_a_failure_ends_with_its_reason_and_can_be_tried_again(tmp_path: Path) -> None:
    pages: dict[str, web.Response | str] = {"/": links("/gone", "/broken"), "/broken": web.Response(status=500)}
    async with serving({"shop": site(pages)}) as hosts:
        crawled = await crawl(tmp_path, [hosts.url("shop", "/")], fetch={"max_failure_ratio": 0.5})
        assert 3 == crawled.snapshot.exit
        assert {"http 404", "http 500"} == {failure.reason for failure in crawled.failures()}
        pages["/broken"] = links(title="mended")
        async with job_frontier(tmp_path / "job").alone() as owner:
            assert 2 == await owner.requeue()
        again = await crawl(tmp_path, [hosts.url("shop", "/")], fetch={"max_failure_ratio": 0.5})
    assert (0, 2) == (again.snapshot.exit, again.snapshot.pages["done"])
    assert {"t", "mended"} == {row["title"] for row in again.rows()}


async def test_a_dead_host_is_given_up_and_the_others_are_not_kept_waiting(tmp_path: Path) -> None:
    async def dead(request: web.Request) -> web.StreamResponse:
        if request.path == "/robots.txt":
            return web.Response(status=404)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    fine = site({"/": links(*(f"/{n}" for n in range(20))), **{f"/{n}": "<h1>x</h1>" for n in range(20)}})
    async with serving({"dead": dead, "fine": fine}) as hosts:
        seeds = [hosts.url("dead", f"/{n}") for n in range(40)] + [hosts.url("fine", "/")]
        crawled = await crawl(tmp_path, seeds, politeness={"concurrency": 4, "per_host": 2})
        times = [moment for moment, _ in hosts.log[hosts.authority("fine")]]
    assert (21, 40) == (crawled.snapshot.pages["done"], crawled.snapshot.pages["failed"])
    assert times[-1] - times[0] < 2
    assert {"connection", "host given up"} >= {failure.reason for failure in crawled.failures()}
    assert len(hosts.log[hosts.authority("dead")]) < 30, "its URLs wait instead of being asked one after the other"


async def test_a_bot_challenge_fails_its_page_and_parks_the_host(tmp_path: Path) -> None:
    wall = web.Response(status=403, text="<title>Just a moment...</title>", headers={"cf-mitigated": "challenge"})
    pages: dict[str, web.Response | str] = {"/": links("/wall"), "/wall": wall}
    async with serving({"shop": site(pages)}) as hosts:
        run = crawl(tmp_path, [hosts.url("shop", "/")], limits=Limits(seconds=3))
        crawled = await run
        assert ["blocked"] == [failure.reason for failure in crawled.failures()]
        assert 0 == crawled.snapshot.exit
        pages["/"] = links("/wall", *(f"/{n}" for n in range(5)))
        before = len(hosts.paths("shop"))
        more = [hosts.url("shop", f"/{n}") for n in range(5)]
        parked = await crawl(tmp_path, [hosts.url("shop", "/"), *more], limits=Limits(seconds=1))
    assert before == len(hosts.paths("shop")), "the pause outlives the run"
    assert (10, 5) == (parked.snapshot.exit, parked.snapshot.pages["pending"])
    assert ["bot challenge"] == [host.why for host in parked.snapshot.hosts]


async def test_sitemaps_are_found_through_robots_txt_and_read_through_their_index(tmp_path: Path) -> None:
    head = '<?xml version="1.0"?><{0} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    index = head.format("sitemapindex") + "<sitemap><loc>/map.xml.gz</loc></sitemap></sitemapindex>"
    urls = "<url><loc>/new</loc><lastmod>2026-05-01</lastmod></url>"
    urls += "<url><loc>/old</loc><lastmod>2020-01-01</lastmod></url>"
    packed = gzip.compress((head.format("urlset") + urls + "</urlset>").encode())
    pages: dict[str, web.Response | str] = {
        "/robots.txt": web.Response(text="Sitemap: /index.xml\n"),
        "/index.xml": web.Response(text=index, content_type="application/xml"),
        "/map.xml.gz": web.Response(body=packed, content_type="application/gzip"),
        "/": "<h1>home</h1>",
        "/new": "<h1>new</h1>",
        "/old": "<h1>old</h1>",
    }
    async with serving({"shop": site(pages)}) as hosts:
        top = 'sitemaps = "auto"\nsitemaps_since = 2026-01-01'
        crawled = await crawl(tmp_path, [hosts.url("shop", "/")], top=top)
    assert {"home", "new"} == {row["title"] for row in crawled.rows()}
    assert 2 == crawled.snapshot.pages["done"], "sitemaps are no pages"


async def test_depth_and_patterns_bound_the_crawl(tmp_path: Path) -> None:
    pages = {f"/day/{n}": links(f"/day/{n + 1}", "/other") for n in range(100)} | {"/other": "<h1>o</h1>"}
    async with serving({"shop": site(pages)}) as hosts:
        crawled = await crawl(tmp_path, [hosts.url("shop", "/day/0")], scope={"max_depth": 5, "exclude": ["/other"]})
    assert [f"/day/{n}" for n in range(6)] == hosts.paths("shop")[1:]
    assert 6 == crawled.snapshot.pages["done"]


async def test_nofollow_links_are_not_followed(tmp_path: Path) -> None:
    html = '<h1>x</h1><a href="/a" rel="nofollow">a</a><a href="/b">b</a>'
    async with serving(
        {"shop": site({"/": html, "/b": "<meta name=robots content=nofollow><a href=/c>c</a>"})}
    ) as hosts:
        await crawl(tmp_path, [hosts.url("shop", "/")])
    assert ["/robots.txt", "/", "/b"] == hosts.paths("shop")


async def test_the_same_key_replaces_the_record_and_the_newest_wins(tmp_path: Path) -> None:
    rules = '[[page]]\nmatch = "/v*"\ntable = "item"\nkey = ["id"]\n[page.fields]\nid = ".id"\nversion = "@url"\n'
    rules += '[[page]]\nmatch = "*"\nfollow = ["a"]\n'
    pages = {"/v1": "<p class=id>7</p><a href=/v2>2</a>", "/v2": "<p class=id>7</p>"}
    async with serving({"shop": site(pages)}) as hosts:
        crawled = await crawl(tmp_path, [hosts.url("shop", "/v1")], rules=rules)
        assert [hosts.url("shop", "/v2")] == [row["version"] for row in crawled.rows("item")]
    assert {"item": 1} == dict(crawled.snapshot.records)


def picture_rule(path: str) -> str:
    field = f'pic = {{ css = "img::attr(src)", blob = "{path}" }}'
    return f'[[page]]\nmatch = "*"\ntable = "item"\n[page.fields]\n{field}\n'


async def test_blobs_are_stored_with_their_sums_and_from_any_host(tmp_path: Path) -> None:
    rules = picture_rule("p/{name}")
    body = bytes(range(256)) * 1000
    picture = web.Response(body=body, content_type="image/png")
    async with serving({"images": site({"/one.png": picture}), "shop": site({})}) as hosts:
        shop = site({"/": f'<img src="{hosts.url("images", "/one.png")}">'})
        async with serving({"shop": shop}) as front:
            named = {"hosts": [front.authority("shop"), hosts.authority("images")]}
            crawled = await crawl(tmp_path, [front.url("shop", "/")], rules=rules, scope=named)
    (item,) = crawled.rows("item")
    (blob,) = crawled.rows("blobs")
    assert body == (crawled.folder / "blobs" / item["pic_path"]).read_bytes()
    assert (item["pic"], item["pic_path"], len(body), "image/png") == (
        blob["url"],
        blob["path"],
        blob["bytes"],
        blob["content_type"],
    )


async def test_a_failed_blob_leaves_its_record(tmp_path: Path) -> None:
    rules = picture_rule("p/{url_hash}{ext}")
    async with serving({"shop": site({"/": "<img src=/none.png>"})}) as hosts:
        crawled = await crawl(tmp_path, [hosts.url("shop", "/")], rules=rules)
    assert 1 == len(crawled.rows("item"))
    assert (1, 0) == (crawled.snapshot.files["failed"], len(crawled.rows("blobs")))


async def test_a_faulty_python_parser_fails_its_page_and_not_the_run(tmp_path: Path) -> None:
    (tmp_path / "faulty_parser.py").write_text(
        "from asyncscrape.errors import Gone, Retry\nfrom asyncscrape.model import Page\n"
        "def parse(response):\n"
        "    if response.url.endswith('/gone'): raise Gone('sold out')\n"
        "    if response.url.endswith('/wait'): raise Retry('not ready', after=0.05)\n"
        "    raise KeyError('price')\n"
    )
    rules = '[[page]]\nmatch = "/*"\ntable = "item"\nkey = ["id"]\nparser = "faulty_parser:parse"\n'
    pages = dict.fromkeys(("/fault", "/gone", "/wait"), "<p>")
    async with serving({"shop": site(pages)}) as hosts:
        crawled = await crawl(tmp_path, [hosts.url("shop", path) for path in pages], rules=rules)
    assert {"/fault": "parser error", "/gone": "gone", "/wait": "not ready"} == {
        "/" + failure.url.rsplit("/", 1)[1]: failure.reason for failure in crawled.failures()
    }
    assert 2 == hosts.paths("shop").count("/wait")


async def test_a_finished_job_run_again_asks_for_nothing(tmp_path: Path) -> None:
    async with serving({"shop": site({"/": links("/a"), "/a": links()})}) as hosts:
        first = await crawl(tmp_path, [hosts.url("shop", "/")])
        asked = len(hosts.paths("shop"))
        second = await crawl(tmp_path, [hosts.url("shop", "/")])
    assert asked == len(hosts.paths("shop"))
    assert (first.snapshot.pages, first.rows()) == (second.snapshot.pages, second.rows())


async def test_new_seeds_are_taken_on_resume_and_a_narrower_scope_binds_what_waits(tmp_path: Path) -> None:
    pages = {"/": links("/a", "/b"), "/a": links(title="a"), "/b": links(title="b"), "/c": links(title="c")}
    async with serving({"shop": site(pages)}) as hosts:
        await crawl(tmp_path, [hosts.url("shop", "/")], limits=Limits(max_pages=1))
        scope = {"exclude": ["/a"]}
        crawled = await crawl(tmp_path, [hosts.url("shop", "/"), hosts.url("shop", "/c")], scope=scope)
    assert {"t", "b", "c"} == {row["title"] for row in crawled.rows()}
    assert 1 == crawled.snapshot.pages["skipped"]


async def test_a_config_that_changes_the_key_is_refused_on_resume(tmp_path: Path) -> None:
    async with serving({"shop": site({"/": links()})}) as hosts:
        await crawl(tmp_path, [hosts.url("shop", "/")])
        changed = PAGES.replace('table = "page"', 'table = "page"\nkey = ["title"]')
        with pytest.raises(JobChanged, match="--fresh"):
            await crawl(tmp_path, [hosts.url("shop", "/")], rules=changed)


async def test_a_form_that_is_added_on_resume_holds_the_older_records_too(tmp_path: Path) -> None:
    async with serving({"shop": site({"/": links("/a"), "/a": links(title="a")})}) as hosts:
        await crawl(tmp_path, [hosts.url("shop", "/")], limits=Limits(max_pages=1))
        await crawl(tmp_path, [hosts.url("shop", "/")], store={"records": ["jsonl", "csv"]})
    assert 3 == len((tmp_path / "job/page.csv").read_text().splitlines())


async def test_a_job_that_runs_already_is_refused(tmp_path: Path) -> None:
    async with job_frontier(tmp_path / "job").join():
        with pytest.raises(JobRunning, match="already running"):
            await crawl(tmp_path, ["http://127.0.0.1:1/"])


async def test_many_hosts_are_crawled_side_by_side(tmp_path: Path) -> None:
    asked: set[str] = set()

    async def together(request: web.Request) -> web.StreamResponse:
        """A page that comes once all hosts are asked for theirs."""
        if request.path == "/robots.txt":
            return web.Response(status=404)
        asked.add(request.host)
        await until(lambda: 30 == len(asked))
        return page(links("/1", "/2"))

    async with serving({f"h{n}": together for n in range(30)}) as hosts:
        seeds = [hosts.url(f"h{n}", "/") for n in range(30)]
        crawled = await crawl(tmp_path, seeds, politeness={"per_host": 1})
    assert 90 == crawled.snapshot.pages["done"]


async def test_headers_cookies_and_the_user_agent_are_those_of_the_config(tmp_path: Path) -> None:
    seen: list[tuple[str, str, str]] = []

    async def look(request: web.Request) -> web.StreamResponse:
        headers = request.headers
        seen.append((headers["User-Agent"], headers.get("X-Key", ""), request.cookies.get("a", "")))
        return page()

    async with serving({"shop": look}) as hosts:
        politeness = {"user_agent": "shop-bot (+https://example.org/bot)"}
        fetch = {"headers": {"X-Key": "k"}, "cookies": {"a": "1"}}
        await crawl(tmp_path, [hosts.url("shop", "/")], politeness=politeness, fetch=fetch)
    assert {("shop-bot (+https://example.org/bot)", "k", "1")} == set(seen)


async def test_origins_are_asked_elsewhere_and_nobody_notices(tmp_path: Path) -> None:
    async def api(request: web.Request) -> web.StreamResponse:
        assert request.host == "api.example.org"
        return web.Response(status=404) if request.path == "/robots.txt" else page(links("/next", title=request.path))

    async with serving({"local": api}) as hosts:
        hosts_address = f"http://{hosts.authority('local')}"
        fetch = {"origins": {"http://api.example.org": hosts_address}}
        crawled = await crawl(tmp_path, ["http://api.example.org/first"], fetch=fetch)
    assert ["http://api.example.org/first", "http://api.example.org/next"] == [row["_url"] for row in crawled.rows()]


@asynccontextmanager
async def running(folder: Path, seed: str, silence: float) -> AsyncIterator[asyncio.Task[End]]:
    """The loop and the committer of a crawl, which commits after so long a silence at the latest."""
    config, now = configured(folder, [seed]), time.time
    job, frontier, condition = rule_job(config), job_frontier(config.directory), Condition(now)
    async with (
        opened(config, job, frontier, BUILDERS, Limits(), condition, now) as parts,
        asyncio.TaskGroup() as group,
    ):
        parts.committer.offer(list(job.seeds()))
        await parts.committer.write()
        group.create_task(parts.committer.run(silence))
        yield group.create_task(parts.dispatcher.run())
        parts.committer.close()


async def test_status_is_kept_fresh_while_a_run_only_waits(tmp_path: Path) -> None:
    fresh = asyncio.Event()

    async def waiting(request: web.Request) -> web.StreamResponse:
        if request.path != "/robots.txt":
            await fresh.wait()
        return web.Response(status=404)

    async with serving({"shop": waiting}) as hosts, running(tmp_path, hosts.url("shop", "/"), silence=0.2) as run:
        async with asyncio.timeout(PATIENCE):
            while snapshot_of("job", await job_frontier(tmp_path / "job").standing()).seconds < 0.9:
                await asyncio.sleep(0.1)
        assert not run.done()
        fresh.set()
        await run


async def test_sitemaps_that_never_end_are_left(tmp_path: Path) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        if request.path == "/robots.txt":
            return web.Response(status=404)
        after = int(request.path.removeprefix("/map/")) + 1
        text = f"<sitemapindex><sitemap><loc>/map/{after}</loc></sitemap></sitemapindex>"
        return web.Response(text=text, content_type="application/xml")

    async with serving({"shop": endless}) as hosts:
        await crawl(tmp_path, [], top=f'sitemaps = ["{hosts.url("shop", "/map/0")}"]')
    assert [f"/map/{n}" for n in range(6)] == hosts.paths("shop")[1:]


async def test_a_crawl_delay_comes_back_with_the_robots_txt_it_stands_in(tmp_path: Path) -> None:
    robots = web.Response(text="User-agent: *\nCrawl-delay: 0.2\n")
    pages = {"/robots.txt": robots, "/": links("/a"), "/a": links("/b"), "/b": links("/c"), "/c": links()}
    async with serving({"shop": site(pages)}) as hosts:
        seeds = [hosts.url("shop", "/")]
        await crawl(tmp_path, seeds, limits=Limits(max_pages=1))
        await crawl(tmp_path, seeds, limits=Limits(max_pages=1), politeness={"robots": False})
        before = len(hosts.paths("shop"))
        await crawl(tmp_path, seeds)
        times = [moment for moment, _ in hosts.log[hosts.authority("shop")]][before:]
    assert 2 == len(times)
    assert times[1] - times[0] >= 0.198


def chain(length: int) -> dict[str, web.Response | str]:
    """Pages of which each leads to the next, and back to the first."""
    pages: dict[str, web.Response | str] = {
        f"/{n}": links(f"/{n + 1}", "/0", title=str(n)) for n in range(length - 1)
    }
    return {**pages, f"/{length - 1}": links()}


class NotingPolls:
    """A frontier that writes down what it is asked for apart from commits."""

    def __init__(self, frontier: Frontier) -> None:
        self._frontier = frontier
        self.polls: list[Mapping[str, int]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._frontier, name)

    @asynccontextmanager
    async def join(self, *, newest_first: bool = False, team: Team | None = None) -> AsyncIterator[Any]:
        async with self._frontier.join(newest_first=newest_first, team=team) as worker:
            yield NotingWorker(worker, self.polls)


class NotingWorker:
    """A worker whose polls are written down."""

    def __init__(self, worker: Worker, polls: list[Mapping[str, int]]) -> None:
        self._worker = worker
        self._polls = polls

    def __getattr__(self, name: str) -> Any:
        return getattr(self._worker, name)

    async def poll(self, hungry: Mapping[str, int], now: float) -> Mapping[str, Taken]:
        self._polls.append(hungry)
        return await self._worker.poll(hungry, now)


@pytest.mark.parametrize("robots", [True, False])
async def test_a_host_whose_pages_lead_from_one_to_the_next_gets_each_out_of_the_commit_that_brings_it(
    tmp_path: Path, robots: bool
) -> None:
    frontier = NotingPolls(job_frontier(tmp_path / "job"))
    async with serving({"shop": site(chain(30))}) as hosts:
        crawled = await crawl(tmp_path, [hosts.url("shop", "/0")], politeness={"robots": robots}, frontier=frontier)
    assert ["/robots.txt"] * robots + [f"/{n}" for n in range(30)] == hosts.paths("shop")
    assert (30, 30, 0) == (crawled.snapshot.pages["done"], len(crawled.rows()), crawled.snapshot.exit)
    assert 1 <= len(frontier.polls) <= 5


async def test_runs_that_end_within_a_chain_ask_for_each_page_once_together(tmp_path: Path) -> None:
    seen = []
    async with serving({"shop": site(chain(12))}) as hosts:
        for _ in range(4):
            seeds, limits = [hosts.url("shop", "/0")], Limits(max_pages=5)
            crawled = await crawl(tmp_path, seeds, politeness={"robots": False}, limits=limits)
            seen.append((crawled.snapshot.pages["done"], crawled.snapshot.pages["pending"]))
    assert [(5, 1), (10, 1), (12, 0), (12, 0)] == seen
    assert [f"/{n}" for n in range(12)] == hosts.paths("shop")


async def test_pages_that_lead_from_host_to_host_are_asked_for_once_each(tmp_path: Path) -> None:
    async def both(request: web.Request) -> web.StreamResponse:
        after = min(int(request.path.removeprefix("/")) + 1, 15)
        return page(links(*(hosts.url(name, f"/{after}") for name in ("left", "right"))))

    async with serving({"left": both, "right": both}) as hosts:
        seeds = [hosts.url("left", "/0"), hosts.url("right", "/0")]
        crawled = await crawl(tmp_path, seeds, politeness={"robots": False})
    expected = Counter(f"/{n}" for n in range(16))
    assert [expected] * 2 == [Counter(hosts.paths(name)) for name in ("left", "right")]
    assert 32 == crawled.snapshot.pages["done"]
