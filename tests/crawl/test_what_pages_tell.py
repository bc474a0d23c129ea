"""What the parsers tell besides records reaches the totals of the job, and its lists of URLs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from support.crawling import configured, crawl
from support.hosts_server import serving
from support.job_frontier import job_frontier
from support.sites import links, site, to

from asyncscrape.crawl.build import Limits
from asyncscrape.crawl.run import Crawl
from asyncscrape.frontier.base import SkippedUrl
from asyncscrape.jobs.rules.job import rule_job
from asyncscrape.model import Flaw, FlawKind, FoundFlaw, Kind, Page, Response

ROBOTS = "User-agent: *\nDisallow: /private\n"


def telling(response: Response) -> Page:
    """A parser that tells the same of every page."""
    flaws = [Flaw("page", "title", FlawKind.LEFT_OUT), Flaw("page", "date", FlawKind.MISFIT, 2, response.url)]
    return Page(flaws=flaws, nofollow=[f"{response.url}hidden"], uses=["rule 1"])


async def test_what_parsers_tell_is_in_the_totals(tmp_path: Path) -> None:
    async with serving({"shop": site({"/": "", "/b/": ""})}) as hosts:
        seeds = [hosts.url("shop", "/"), hosts.url("shop", "/b/")]
        config = configured(tmp_path, seeds, politeness={"per_host": 1})
        frontier = job_frontier(config.directory)
        job = replace(rule_job(config), parsers={Kind.PAGE: telling})
        snapshot = await Crawl(config, job, frontier, limits=Limits()).run()
    standing = await frontier.standing()
    assert standing is not None
    totals = standing.totals
    assert (2, 2) == (snapshot.dropped, totals.left_out)
    assert FoundFlaw(Flaw("page", "date", FlawKind.MISFIT, 4, seeds[0]), seeds[0]) == totals.flaws[0]
    assert ({"rule 1": 2}, {"nofollow": 2}) == (totals.uses, totals.skipped)


async def test_urls_that_were_found_and_not_fetched_are_told_with_reason_and_referrer(tmp_path: Path) -> None:
    shop = {
        "/": links("/b", "/private", "http://elsewhere.test/", "/gone"),
        "/b": links("/c", "/"),
        "/gone": to("http://elsewhere.test/gone"),
        "/robots.txt": ROBOTS,
    }
    async with serving({"shop": site(shop)}) as hosts:  # type: ignore[arg-type]
        home = hosts.url("shop", "/")
        await crawl(tmp_path, [home], scope={"max_depth": 1})
    skipped = await job_frontier(tmp_path / "job").skipped()
    assert {
        ("http://elsewhere.test/", "scope", home),
        (f"{home}private", "robots", home),
        (f"{home}c", "depth", f"{home}b"),
        (f"{home}gone", "scope", home),
    } == {(one.url, one.reason, one.parent) for one in skipped}
    assert SkippedUrl(f"{home}private", "robots", "robots.txt disallows it", home) in skipped
