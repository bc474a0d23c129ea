"""A worker that is stopped leaves its clocks and the rest of the job to others."""

from __future__ import annotations

import asyncio
import signal
from itertools import pairwise
from pathlib import Path

from aiohttp import web
from many.test_ends import PACE, blocked, locked
from support.command import lines
from support.crawling import configured
from support.graph_config import running_site
from support.herd import codes, herd
from support.hosts_server import page, serving
from support.postgres_server import Database
from support.team_jobs import write_team_job

from asyncscrape.crawl.build import Limits
from asyncscrape.crawl.run import Crawl
from asyncscrape.frontier.build import build_frontier
from asyncscrape.jobs.rules.job import rule_job
from asyncscrape.team import Team

DELAY = 2.0


def test_another_worker_makes_the_tables_if_the_one_that_leads_is_stopped_at_it(
    tmp_path: Path, postgres: Database
) -> None:
    with running_site(tmp_path, pages=10, blobs=0, hosts=4, latency=0.03) as site:
        config = write_team_job(tmp_path, site, postgres, politeness=PACE)
        with herd(config, expected=2) as workers:
            workers.start("w1", "--set", "fetch.drain_timeout=1s")
            workers.until(lambda: lines(site.log_file) > 2)
            workers.start("w2")
            with locked(postgres, "retried"):
                workers.until(lambda: blocked(postgres))
                leader = workers.workers.pop("w1")
                leader.send_signal(signal.SIGTERM)
                leader.communicate()
                workers.until(lambda: blocked(postgres))
            assert {"w2": 0} == codes(workers.ended())


async def test_the_delay_holds_for_whoever_goes_on_with_a_host(tmp_path: Path, postgres: Database) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if len(hosts.paths("a")) == 1:
            await asyncio.sleep(1.0)
        return web.Response(status=404) if request.path == "/robots.txt" else page()

    def crawl(name: str) -> Crawl:
        (tmp_path / name).mkdir()
        config = configured(
            tmp_path / name,
            [hosts.url("a", "/0")],
            politeness={"delay": f"{DELAY}s", "per_host": 1},
            fetch={"drain_timeout": "100ms"},
            store={"records": [postgres.store("results")]},
            frontier={"url": postgres.dsn},
        )
        frontier = build_frontier(config.frontier_place)
        return Crawl(config, rule_job(config), frontier, limits=Limits(), team=Team(name))

    async with serving({"a": answer}) as hosts:
        first = crawl("first")
        running = asyncio.create_task(first.run())
        while not hosts.log[hosts.authority("a")]:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        first.interrupt()
        await running
        await crawl("second").run()
        times = [moment for moment, _ in hosts.log[hosts.authority("a")]]
    assert all(later - earlier >= DELAY for earlier, later in pairwise(times)), times
