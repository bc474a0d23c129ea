"""robots.txt as the RFC has it, seen from the servers: what is fetched, and when robots.txt is asked again."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from aiohttp import web
from support.command import Ended
from support.forked_command import run
from support.hosts_server import Answer, Hosts, page, serving
from support.job_frontier import state_section

OPEN, SHUT = "/open/page", "/shut/page"
RULES = "User-agent: *\nDisallow: /shut/\n"


def text(body: str | bytes, status: int = 200, **headers: str) -> Callable[[], web.Response]:
    encoded = body.encode() if isinstance(body, str) else body
    return lambda: web.Response(body=encoded, status=status, content_type="text/plain", headers=headers)


def host(robots: Callable[[], web.Response]) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return robots() if request.path == "/robots.txt" else page()

    return answer


def redirecting(hops: int) -> Answer:
    """robots.txt after so many redirects; the rules at the end shut one page."""

    async def answer(request: web.Request) -> web.StreamResponse:
        done = 0 if request.path == "/robots.txt" else int(request.query.get("hop", "-1"))
        if done < 0:
            return page()
        if done < hops:
            return web.Response(status=301, headers={"Location": f"/r?hop={done + 1}"})
        return text(RULES)()

    return answer


async def silent(request: web.Request) -> web.StreamResponse:
    if request.path == "/robots.txt":
        await asyncio.sleep(30)
    return page()


async def resetting(request: web.Request) -> web.StreamResponse:
    if request.path == "/robots.txt":
        assert request.transport is not None
        request.transport.abort()
    return page()


def recovering() -> Answer:
    """500 the first time, rules the second."""
    asked: list[int] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path != "/robots.txt":
            return page()
        asked.append(1)
        return text(RULES, 500 if len(asked) == 1 else 200)()

    return answer


OBEYED: dict[str, Answer] = {
    "plain": host(text(RULES)),
    "bom": host(text(b"\xef\xbb\xbf" + RULES.encode())),
    "wildcard": host(text("User-agent: *\nDisallow: /*ut/p*ge$\n")),
    "longest match": host(text("User-agent: *\nDisallow: /\nAllow: /open\n")),
    "several groups": host(text("User-agent: other\nDisallow: /\n\nUser-agent: catalog-bot\nDisallow: /shut\n")),
    "600 KiB": host(text(RULES + "#" * 600 * 1024 + "\nDisallow: /open\n")),
    "301 five times": redirecting(5),
    "500, then 200": recovering(),
}
EVERYTHING: dict[str, Answer] = {
    "no rules": host(text("")),
    "html": host(text("<html><body>Disallow: /</body></html>")),
    "301 six times": redirecting(6),
    **{str(status): host(text("User-agent: *\nDisallow: /\n", status)) for status in (401, 403, 404, 429)},
}
NOTHING: dict[str, Answer] = {
    "500": host(text("", 500)),
    "503": host(text("", 503)),
    "timeout": silent,
    "reset": resetting,
}
HASTY = "timeout"
"""The host whose robots.txt is not waited for. It has a job of its own: the others may take their time."""


def job(folder: Path, hosts: Hosts, names: Iterable[str], timeout: str) -> Path:
    folder.mkdir()
    config = folder / "robots.toml"
    seeds = [hosts.url(name, path) for name in names for path in (OPEN, SHUT)]
    config.write_text(
        f"""
name = "robots"
data = {json.dumps(str(folder))}
seeds = {json.dumps(seeds)}
[politeness]
user_agent = "catalog-bot (+https://example.org/bot)"
delay = "20ms"
[fetch]
timeout = "{timeout}"
retries = 1
max_failure_ratio = 1
[[page]]
match = "*"
table = "page"
[page.fields]
h1 = "h1"
[store]
records = ["jsonl"]
{state_section(folder)}"""
    )
    return config


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Hosts, Ended, Ended, Path]:
    """One crawl of all the hosts, and what came of it."""
    folder = tmp_path_factory.mktemp("robots")

    async def crawl() -> tuple[Hosts, Ended, Ended, Path]:
        async with serving({**OBEYED, **EVERYTHING, **NOTHING}) as hosts:
            hasty = job(folder / "hasty", hosts, [HASTY], "1s")
            beside = asyncio.create_task(asyncio.to_thread(run, "run", hasty, "--quiet"))
            names = [name for name in (*OBEYED, *EVERYTHING, *NOTHING) if name != HASTY]
            config = job(folder / "patient", hosts, names, "60s")
            ended = await asyncio.to_thread(run, "run", config, "--json")
            again = await asyncio.to_thread(run, "run", config, "--json")
            await beside
            return hosts, ended, again, config

    return asyncio.run(crawl())


def pages(hosts: Hosts, name: str) -> set[str]:
    return {path for path in hosts.paths(name) if path in (OPEN, SHUT)}


@pytest.mark.parametrize("name", OBEYED)
def test_rules_are_obeyed(crawled: tuple[Hosts, Ended, Ended, Path], name: str) -> None:
    assert {OPEN} == pages(crawled[0], name)


@pytest.mark.parametrize("name", EVERYTHING)
def test_without_rules_everything_is_fetched(crawled: tuple[Hosts, Ended, Ended, Path], name: str) -> None:
    assert {OPEN, SHUT} == pages(crawled[0], name)


@pytest.mark.parametrize("name", NOTHING)
def test_while_it_cannot_be_read_nothing_is_fetched(crawled: tuple[Hosts, Ended, Ended, Path], name: str) -> None:
    assert set() == pages(crawled[0], name)


@pytest.mark.parametrize("name", [*OBEYED, *EVERYTHING])
def test_it_is_the_first_thing_asked_and_asked_only_once(
    crawled: tuple[Hosts, Ended, Ended, Path], name: str
) -> None:
    paths = crawled[0].paths(name)
    assert "/robots.txt" == paths[0]
    assert (2 if name == "500, then 200" else 1) == paths.count("/robots.txt")


@pytest.mark.parametrize("name", NOTHING)
def test_one_that_cannot_be_read_is_asked_again_as_often_as_a_page(
    crawled: tuple[Hosts, Ended, Ended, Path], name: str
) -> None:
    assert 2 == crawled[0].paths(name).count("/robots.txt")


def test_everything_it_asked_was_spaced(crawled: tuple[Hosts, Ended, Ended, Path]) -> None:
    for log in crawled[0].log.values():
        times = [moment for moment, _ in log]
        assert all(later - earlier >= 0.018 for earlier, later in itertools.pairwise(times))


def test_the_outcome_says_which_and_why(crawled: tuple[Hosts, Ended, Ended, Path]) -> None:
    _, ended, again, config = crawled
    done = len(OBEYED) + 2 * len(EVERYTHING)
    counts = ended.summary["pages"]
    failed = 2 * len(NOTHING.keys() - {HASTY})
    assert (done, len(OBEYED), failed) == (counts["done"], counts["skipped"], counts["failed"])
    assert (counts, 0) == (again.summary["pages"], again.summary["requests"]), "what is known is kept"
    (reason,) = run("errors", config, "--json").summary["reasons"]
    assert ("the site does not answer", failed) == (reason["reason"], reason["count"])
