"""A job's own parser reads refusals: it says what is wrong, or that the refusal is what there is to know."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from aiohttp import web
from support.crawling import crawl
from support.hosts_server import serving

from asyncscrape.crawl_job import Job
from asyncscrape.errors import Gone
from asyncscrape.model import Page, Record, Request, Response

LOOKUP = "look-up"
STATUSES = {"/ok": 200, "/unknown": 404, "/gone": 410, "/odd": 403, "/later": 501}


async def answer(request: web.Request) -> web.StreamResponse:
    return web.json_response({}, status=STATUSES.get(request.path, 404))


def parse(response: Response) -> Page:
    match response.status:
        case 410:
            raise Gone("it was taken down")
        case 403:
            raise KeyError("a fault")
    return Page([Record("page", {"title": str(response.status)})])


def of_own_kind(job: Job) -> Job:
    seeds = [Request(seed.url, LOOKUP) for seed in job.seeds()]
    return replace(job, parsers={**job.parsers, LOOKUP: parse}, seeds=lambda: iter(seeds))


async def test_a_parser_may_make_a_page_of_a_refusal(tmp_path: Path) -> None:
    async with serving({"api": answer}) as hosts:
        seeds = [hosts.url("api", path) for path in STATUSES]
        crawled = await crawl(tmp_path, seeds, changed=of_own_kind)
    assert ["200", "404"] == sorted(row["title"] for row in crawled.rows())
    assert 2 == crawled.snapshot.pages["done"]
    assert {
        "http 410": "the server answered 410: it was taken down",
        "http 403": "the server answered 403",
        "http 501": "the server answered 501",
    } == {failure.reason: failure.detail for failure in crawled.failures()}


async def test_nothing_reads_the_refusal_of_an_ordinary_page(tmp_path: Path) -> None:
    async with serving({"api": answer}) as hosts:
        crawled = await crawl(tmp_path, [hosts.url("api", "/unknown")])
    assert ["http 404"] == [failure.reason for failure in crawled.failures()]
