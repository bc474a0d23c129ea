"""Several workers on one job: each host is asked by one of them at a time, each page once in all."""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import pairwise
from pathlib import Path

from aiohttp import web
from support.crawling import configured, until
from support.hosts_server import page, serving
from support.shared_frontier import SharedFrontier
from support.sites import links

from asyncscrape.crawl.build import Limits
from asyncscrape.crawl.run import Crawl
from asyncscrape.jobs.rules.job import rule_job
from asyncscrape.team import Team

HOSTS = [f"host{n}" for n in range(8)]
PAGES = 6
DELAY = 0.02


async def test_two_workers_share_a_job_and_ask_for_each_page_once(tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/robots.txt":
            return web.Response(status=404)
        after = int(request.path.removeprefix("/")) + 1
        return page(links(*(hosts.url(name, f"/{after}") for name in HOSTS) if after < PAGES else ()))

    async with serving(dict.fromkeys(HOSTS, answer)) as hosts:
        frontier = SharedFrontier()
        runs = []
        for name in ("one", "other"):
            (tmp_path / name).mkdir()
            config = configured(
                tmp_path / name,
                [hosts.url(HOSTS[0], "/0")],
                politeness={"delay": f"{DELAY * 1000:g}ms", "per_host": 1},
                scope={"hosts": [hosts.authority(name) for name in HOSTS]},
            )
            runs.append(Crawl(config, rule_job(config), frontier, limits=Limits()))
        ended = await asyncio.gather(*(run.run() for run in runs))
        pages = {name: Counter(path for path in hosts.paths(name) if path != "/robots.txt") for name in HOSTS}
        times = [[moment for moment, _ in hosts.log[hosts.authority(name)]] for name in HOSTS]
    every = {f"/{n}": 1 for n in range(1, PAGES)}
    assert {name: every | ({"/0": 1} if name == HOSTS[0] else {}) for name in HOSTS} == pages
    assert all(later - earlier >= DELAY - 0.002 for each in times for earlier, later in pairwise(each))
    assert [0, 0] == [snapshot.exit for snapshot in ended]
    assert [1 + 8 * (PAGES - 1)] * 2 == [snapshot.pages["done"] for snapshot in ended]


async def test_what_others_find_for_a_host_that_was_given_up_fails_too(tmp_path: Path) -> None:
    given_up = asyncio.Event()

    async def start(request: web.Request) -> web.StreamResponse:
        if request.path == "/robots.txt":
            return web.Response(status=404)
        await given_up.wait()
        return page(links(hosts.url("closed", "/1")))

    async def closed(request: web.Request) -> web.StreamResponse:
        return web.Response(text="User-agent: *\nCrawl-delay: 100000")

    def crawl(seed: str) -> Crawl:
        (tmp_path / seed).mkdir()
        scope = {"hosts": [hosts.authority("start"), hosts.authority("closed")]}
        config = configured(tmp_path / seed, [hosts.url(seed, "/0")], scope=scope)
        return Crawl(config, rule_job(config), frontier, limits=Limits(), team=Team(seed))

    async with serving({"start": start, "closed": closed}) as hosts:
        frontier = SharedFrontier()
        runs = [asyncio.create_task(crawl("start").run())]
        await until(lambda: "/0" in hosts.paths("start"))
        runs.append(asyncio.create_task(crawl("closed").run()))
        async with asyncio.timeout(20):
            while len(await frontier.failures()) < 1:
                await asyncio.sleep(0.01)
            given_up.set()
            await asyncio.gather(*runs)
    assert [hosts.url("closed", f"/{n}") for n in range(2)] == [one.url for one in await frontier.failures()]
    assert ["/robots.txt"] == hosts.paths("closed")
