"""`browser = "auto"` in a crawl with a real browser: only pages that need it are opened, and that is remembered."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from support.crawling import Crawled, crawl
from support.hosts_server import serving
from support.job_frontier import job_frontier
from support.sites import links

from asyncscrape.crawl.build import Limits
from asyncscrape.openings import BrowserTotals

PAGES = 20
SECTIONS = [f"s{n}" for n in range(10)]
"""Each with a rule of its own; the pages of the last one need their scripts."""
STATIC = "<!doctype html><title>static</title><script>0</script><h1>{}</h1>"
DYNAMIC = "<!doctype html><title>dynamic</title><script>document.write('<h1>{}</h1>')</script>"
RULES = '[[page]]\nmatch = "/"\nfollow = ["a"]\nbrowser = false\n' + "".join(
    f'[[page]]\nmatch = "/{name}/*"\ntable = "page"\n[page.fields]\ntitle = {{ css = "h1", required = true }}\n'
    for name in SECTIONS
)
AUTO = {"browser": {"use": "auto"}}


class Origin:
    """The site, and what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        if request.path == "/":
            own = [f"/{name}/{n}" for n in range(PAGES // 10) for name in SECTIONS]
            return web.Response(text=links(*own, title="home"), content_type="text/html")
        section, _, number = request.path.strip("/").partition("/")
        if section not in SECTIONS:
            return web.Response(status=404)
        page = DYNAMIC if section == SECTIONS[-1] else STATIC
        return web.Response(text=page.format(f"{section} {number}"), content_type="text/html")


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    site = Origin()
    async with serving({"auto": site.answer}) as hosts:
        site.url = hosts.url("auto", "/")
        yield site


async def run(folder: Path, origin: Origin, **more: Any) -> Crawled:
    return await crawl(folder, [origin.url], **{"rules": RULES, "fetch": AUTO, **more})


async def test_where_one_rule_in_ten_needs_scripts_its_pages_are_opened_and_no_others(
    tmp_path: Path, origin: Origin
) -> None:
    stopped = await run(tmp_path, origin, limits=Limits(max_pages=15))
    assert stopped.snapshot.pages["done"] == 15
    crawled = await run(tmp_path, origin)
    assert sorted(f"{name} {n}" for n in range(2) for name in SECTIONS) == sorted(
        row["title"] for row in crawled.rows()
    )
    told = crawled.snapshot.browser
    assert isinstance(told, BrowserTotals)
    assert (2, PAGES - 2) == (told.pages, told.by_http)
    assert told.seconds > 0
    assert {"/s9/* → page": {"helped": 2}, "/s0/* → page": {"by_http": 2}}.items() <= told.rules.items()
    asked = [path for path in origin.asked if path.startswith("/s")]
    assert sorted({*asked}) == sorted(asked)  # one request for each document, opened or not
    async with job_frontier(tmp_path / "job").join() as worker:
        known = await worker.experience()
    assert (10, 18, 2) == (len(known), sum(one.by_http for one in known), sum(one.helped for one in known))
    plain = json.loads(json.dumps(crawled.snapshot.as_dict()))["browser"]
    assert {"pages": 2, "by_http": 18} == {key: plain[key] for key in ("pages", "by_http")}


async def test_a_job_without_a_browser_does_not_speak_of_one(tmp_path: Path, origin: Origin) -> None:
    crawled = await run(tmp_path, origin, fetch={}, limits=Limits(max_pages=3))
    assert "browser" not in crawled.snapshot.as_dict()


EMPTY_LISTS = '[[page]]\nmatch = "/"\nfollow = ["a"]\nbrowser = false\n' + (
    '[[page]]\nmatch = "/s*"\ntable = "review"\neach = ".review"\nkey = ["_url", "text"]\nfields = { text = "p" }\n'
)


@pytest.mark.torture
async def test_a_generation_passes_over_what_was_in_vain_in_the_one_before(tmp_path: Path, origin: Origin) -> None:
    opened = []
    for generation in range(2):
        if generation:
            async with job_frontier(tmp_path / "job").alone() as owner:
                await owner.begin_generation()
        crawled = await run(tmp_path, origin, rules=EMPTY_LISTS)
        told = crawled.snapshot.browser
        assert isinstance(told, BrowserTotals)
        assert told.pages + told.by_http == PAGES
        opened.append(told.pages)
    assert opened[0] == PAGES
    assert opened[1] <= 4  # those that test what was learned
