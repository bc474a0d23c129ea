"""`errors` sorts what failed by sort and reason, says which page linked there, and what to do."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support.frontier_work import HOST, OTHER, blob, commit, done, failed, page, take

from asyncscrape.cli import program
from asyncscrape.frontier.base import Group
from asyncscrape.frontier.sqlite.frontier import SqliteFrontier
from asyncscrape.model import Kind, LinkLeft, Outcome, Request, State
from asyncscrape.remedies import may_pass, remedy

CONFIG = f"""
name = "shop"
seeds = ["http://{HOST}/0"]
[[page]]
match = "/1*"
follow = ["a"]
"""
SITEMAP = Request(f"http://{HOST}/map.xml", Kind.SITEMAP)


@pytest.fixture
def config(tmp_path: Path) -> str:
    """The config of a job whose first page led to failures of every sort, and to URLs that were not fetched."""
    (tmp_path / "shop.toml").write_text(f'data = "{tmp_path}"\n{CONFIG}')
    asyncio.run(fill(tmp_path / "shop"))
    return str(tmp_path / "shop.toml")


async def fill(folder: Path) -> None:
    async with SqliteFrontier(folder).join() as worker:
        await worker.commit_and_take(Group(offers=[page(0)]), {}, 0.0)
        (home,) = await take(worker)
        links = [*map(page, range(1, 9)), blob("a"), SITEMAP]
        left = [LinkLeft(page(1, OTHER).url, "scope"), LinkLeft(page(70).url, "depth")]
        await commit(worker, done(home, links=links, left=left))
        by_url = {request.url: request for request in await take(worker)}
        missing = [
            Outcome.failed(by_url[page(n).url], "http 404", f"the server answered 404 to {n}") for n in range(1, 5)
        ]
        missing.append(failed(by_url[page(5).url], "http 404", "not asked"))
        await commit(worker, *missing, done(by_url[page(6).url]))
        await commit(worker, Outcome(by_url[page(7).url], State.SKIPPED, "robots", "robots.txt disallows it"))
        await commit(worker, failed(by_url[page(8).url], "parse", "no tree\x1b[2J"))
        await commit(worker, failed(by_url[blob("a").url], "http 404"), failed(by_url[SITEMAP.url], "timeout"))


def call(*arguments: str) -> str:
    result = CliRunner().invoke(program, arguments, prog_name="asyncscrape")
    assert 0 == result.exit_code, result.output
    return result.stdout


def reasons(*arguments: str) -> tuple[dict[str, Any], dict[tuple[str, str], dict[str, Any]]]:
    told = json.loads(call("errors", *arguments, "--json"))
    return told, {(group.get("sort", ""), group["reason"]): group for group in told["reasons"]}


def test_failures_are_grouped_by_sort_and_reason(config: str) -> None:
    told, groups = reasons(config)
    assert ("shop", 8) == (told["job"], told["failed"])
    sorts = [("pages", "http 404"), ("files", "http 404"), ("pages", "parse"), ("sitemaps", "timeout")]
    assert sorts == list(groups)
    pages = groups["pages", "http 404"]
    assert (5, "the server answered 404 to 4") == (pages["count"], pages["detail"])
    assert [page(n).url for n in range(1, 6)] == pages["urls"]
    assert [page(0).url] * 5 == pages["referrers"]


def test_each_group_shows_some_urls_with_the_page_that_links_there_and_what_to_do(config: str) -> None:
    out = call("errors", config)
    for line in ("pages, http 404  5", "files, http 404  1", "sitemaps, timeout  1", f"linked from {page(0).url}"):
        assert line in out
    assert f"    {page(3).url}\n" in out
    assert f"    {page(4).url}\n" not in out
    assert "… and 2 more; --all lists them" in out
    assert "Look at the page that links there" in out
    assert "mend the rule" in out
    assert "no tree\\u001b[2J" in out
    assert f"    {page(5).url}\n" in call("errors", config, "--all")


def test_what_was_skipped_is_told_by_reason_and_so_are_pages_without_a_rule(config: str) -> None:
    told, groups = reasons(config, "--skipped")
    assert (3, {"scope", "depth", "robots", "no rule fits"}) == (told["skipped"], {reason for _, reason in groups})
    assert ([page(1, OTHER).url], [page(0).url]) == (groups["", "scope"]["urls"], groups["", "scope"]["referrers"])
    assert "robots.txt disallows it" == groups["", "robots"]["detail"]
    unmatched = groups["", "no rule fits"]
    assert ([page(0).url, page(6).url], ["", page(0).url]) == (unmatched["urls"], unmatched["referrers"])
    out = call("errors", config, "--skipped")
    for line in ("depth  1", "deeper than [scope].max_depth", "no rule fits  2", f"linked from {page(0).url}"):
        assert line in out


def test_a_job_without_anything_to_tell_says_so(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text(f'data = "{tmp_path}"\n{CONFIG}')
    assert "no failed URLs" in call("errors", str(tmp_path / "shop.toml"))
    assert "no skipped URLs" in call("errors", str(tmp_path / "shop.toml"), "--skipped")


def test_trying_again_is_advised_only_where_it_may_help() -> None:
    assert all(map(may_pass, ("timeout", "connection", "http 503", "http 429", "the site does not answer")))
    assert not any(map(may_pass, ("http 404", "parse", "blocked", "robots", "too large", "unheard of")))
    assert remedy("unheard of") is None
