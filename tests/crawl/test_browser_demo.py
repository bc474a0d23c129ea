"""The dynamic pages of the replica, scraped to the last record in a real browser, and compared with their truth."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from support.crawling import crawl
from support.hosts_server import Hosts, serving
from support.job_frontier import job_frontier

from asyncscrape.commands.local_replica import served
from asyncscrape.config.loading import load
from asyncscrape.crawl.build import Limits
from asyncscrape.crawl.judgement import Consent
from asyncscrape.crawl.run import Crawl
from asyncscrape.jobs.rules.job import rule_job
from asyncscrape.replica.behaviour import Switches
from asyncscrape.replica.dynamic import truth
from asyncscrape.replica.dynamic.sites import DynamicPages
from asyncscrape.replica.serve import handler

DEMO = Path(__file__).parents[2] / "config" / "browser-demo.toml"
SIGNED_IN = ("account",)
"""Sections that the demo does not see."""


@pytest.mark.torture
async def test_the_demo_brings_every_record_of_every_dynamic_page(tmp_path: Path) -> None:
    settings = [f"data={tmp_path}", 'store.records=["csv"]', "fetch.parse_workers=0", "fetch.browser.timeout=120s"]
    with served(load(DEMO, settings, {})) as config:
        frontier = job_frontier(config.directory)
        await Crawl(config, rule_job(config), frontier, limits=Limits(), consent=Consent()).run()
        assert [] == await frontier.failures()
    text = (tmp_path / "browser-demo" / "item.csv").read_text("utf-8")
    found = {(row["section"], int(row["number"])): row for row in csv.DictReader(text.splitlines())}
    wanted = [one for section in truth.SIZES if section not in SIGNED_IN for one in truth.items(section)]
    assert Counter(one.section for one in wanted) == Counter(section for section, _ in found)
    for one in wanted:
        row = found[one.section, one.number]
        assert (one.name, one.price, one.picture) == (row["name"], row["price"], row["picture"])


@pytest.fixture
async def hosts() -> AsyncIterator[Hosts]:
    pages = DynamicPages()
    answer = handler({"127.0.1.1": pages}, Switches())

    async def answered(request: web.Request) -> web.StreamResponse:
        return await answer(request)

    async with serving({"dynamic": answered}) as hosts:
        yield hosts


async def test_what_a_form_opens_is_read(tmp_path: Path, hosts: Hosts) -> None:
    rules = f"""
[[page]]
match = "/account"
browser = true
steps = [
  {{ fill = "[name=user]", text = "{truth.USER}" }},
  {{ fill = "[name=password]", text = "{truth.PASSWORD}" }},
  {{ click = "#sign-in button" }},
]
table = "item"
each = ".item"
key = ["number"]
[page.fields]
number = {{ xpath = "@data-number", type = "int" }}
name = ".name"
"""
    crawled = await crawl(tmp_path, [hosts.url("dynamic", "/account")], rules=rules)
    assert [] == crawled.failures()
    assert [(one.number, one.name) for one in truth.items("account")] == [
        (row["number"], row["name"]) for row in sorted(crawled.rows("item"), key=lambda row: int(row["number"]))
    ]
