"""Parsing in processes of its own: the same is found as in place, and a bad page costs nothing but itself."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import msgspec
import pytest
from multidict import CIMultiDict
from support.bad_parsers import PARSERS, Unloadable
from support.fetching import trusting
from support.hosts_server import serving
from support.sites import site

from asyncscrape.config.models import PageRule
from asyncscrape.errors import UsageError
from asyncscrape.fetchers.http.fetcher import HttpFetcher
from asyncscrape.model import Parser, Request, Response
from asyncscrape.parsers.rules import RuleParser
from asyncscrape.parsers.sitemap import SitemapParser
from asyncscrape.parsing.base import Mishap, Parsed, Unparsed
from asyncscrape.parsing.contents import read
from asyncscrape.parsing.processes.pool import Budget, Pool
from asyncscrape.urls import UrlScope

RULES = RuleParser(
    [
        PageRule(match="*", table="t", key=("n",), fields={"n": "h1"}, follow=("a",)),
        PageRule(match="*", table="row", each="li", key=("x",), fields={"x": {"css": "b", "type": "int"}}),
    ]
)
HTML = "<h1>Ünder</h1><a href=/b>b</a><ul><li><b>1</b><li><b>2</b><li></ul>"
SITEMAP = "<urlset><url><loc>http://shop.test/c</loc></url></urlset>"
ALL: Mapping[str, Parser] = {"page": RULES, "sitemap": SitemapParser(None), **PARSERS}
BUDGET = Budget(workers=1, seconds=0.5, memory=128_000_000)


def answer(kind: str = "page", body: str = HTML, host: str = "shop.test", n: int = 0) -> Response:
    request = Request(f"http://{host}/{n}", kind, id=n, hops=("http://shop.test/old",))
    headers = CIMultiDict({"Content-Type": "text/xml" if kind == "sitemap" else "text/html"})
    return Response(request, 200, headers, body.encode(), datetime(2026, 11, 26, 1, 2, 3, 456_789, tzinfo=UTC), 0.25)


@asynccontextmanager
async def pool(budget: Budget = BUDGET, parsers: Mapping[str, Parser] = ALL) -> AsyncIterator[Pool]:
    pool = Pool(parsers, budget)
    try:
        yield pool
    finally:
        await pool.close()


def told(found: Parsed | Unparsed) -> object:
    """Everything in it, whatever kinds of sequences hold it."""
    return msgspec.json.decode(msgspec.json.encode(found))


async def good(pool: Pool, count: int = 20, host: str = "good.test") -> None:
    """Pages of another host are read as ever."""
    found = await asyncio.gather(*(pool.read(answer(host=host, n=n)) for n in range(count)))
    expected = [read(RULES, answer(host=host, n=n)) for n in range(count)]
    assert [*map(told, expected)] == [*map(told, found)]


async def test_another_process_finds_the_same() -> None:
    async with pool() as there:
        for sent in (answer(), answer("sitemap", SITEMAP), answer(body=""), answer(body="<h1>" + "x" * 3_000_000)):
            here = read(ALL[sent.request.kind], sent)
            assert told(here) == told(await there.read(sent))
            assert isinstance(here, Parsed) or sent.body == b""


async def test_another_process_leaves_out_the_same_links() -> None:
    paths = UrlScope.of(["*"], exclude=["re:b"]).paths
    there = Pool(ALL, BUDGET, paths)
    try:
        found = await there.read(answer())
    finally:
        await there.close()
    assert told(read(RULES, answer(), paths)) == told(found)
    assert isinstance(found, Parsed)
    assert ([], ["http://shop.test/b"]) == (found.links, found.outside)


async def test_what_the_fetcher_brings_can_be_sent_there() -> None:
    async with serving({"shop": site({"/": HTML})}) as hosts, pool() as there:
        async with HttpFetcher(user_agent="test", trust=trusting(hosts.authority("shop"))) as fetcher:
            brought = await fetcher.fetch(Request(hosts.url("shop", "/")))
        assert told(read(RULES, brought)) == told(await there.read(brought))


async def test_everything_a_parser_may_use_of_an_answer_arrives() -> None:
    async with pool() as there:
        assert told(read(PARSERS["facts"], answer("facts"))) == told(await there.read(answer("facts")))


async def test_many_pages_come_back_each_to_whoever_asked() -> None:
    async with pool(Budget(2, 5.0, 128_000_000)) as there:
        await good(there, 300)


async def test_what_a_parser_logs_there_cannot_control_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    rules = RuleParser([PageRule(match="*", follow=("json:sum(a)",))])
    async with pool(parsers={"page": rules}) as there:
        await there.read(answer(body='{"a": "\\u001b[2J"}'))
    logged = capfd.readouterr().err
    assert "invalid type for value: \\u001b[2J" in logged
    assert "\x1b" not in logged


async def test_a_fault_of_a_parser_says_where_it_came_from() -> None:
    async with pool() as there:
        found = await there.read(answer("faulty"))
    assert isinstance(found, Unparsed)
    assert (Mishap.FAULT, "KeyError: 'price'") == (found.mishap, found.why)
    assert "bad_parsers.py" in found.trace


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("endless", "its parser ran for 500ms"),
        ("asleep", "its parser ran for 500ms"),
        ("greedy", "its parser took more than 128 MB of memory"),
        ("crashing", "its parser crashed (SIGSEGV)"),
        ("leaving", "its parser crashed (exit code 7)"),
    ],
)
async def test_a_page_that_overruns_fails_and_nothing_else_does(kind: str, why: str) -> None:
    async with pool() as there:
        await good(there)
        bad = asyncio.create_task(there.read(answer(kind)))
        await good(there)
        assert Unparsed(Mishap.OVERRUN, why) == await bad
        await good(there)


async def test_pages_behind_a_silent_one_do_not_wait_for_its_end() -> None:
    async with pool(BUDGET._replace(seconds=30.0)) as there:
        await good(there)
        silent = asyncio.create_task(there.read(answer("endless", host="bad.test")))
        await good(there)
        assert not silent.done()
        others = asyncio.create_task(there.read(answer("endless", host="bad.test")))
        await good(there)
        silent.cancel(), others.cancel()


async def test_a_host_whose_page_has_overrun_is_parsed_apart() -> None:
    async with pool() as there:
        await there.read(answer("endless", host="bad.test"))
        bad = [asyncio.create_task(there.read(answer("endless", host="bad.test"))) for _ in range(4)]
        await good(there, 50)
        assert not bad[-1].done()
        assert {Unparsed(Mishap.OVERRUN, "its parser ran for 500ms")} == {*await asyncio.gather(*bad)}


async def test_many_hosts_with_slow_pages_hold_up_nobody() -> None:
    async with pool(BUDGET._replace(seconds=60.0)) as there:
        bad = [asyncio.create_task(there.read(answer("endless", host=f"{n}.test"))) for n in range(4)]
        await asyncio.sleep(0)
        await good(there)
        assert not any(one.done() for one in bad)
        assert there.apart == 3  # the other has a worker of its own, which was replaced
        for one in bad:
            one.cancel()


async def test_pages_that_are_slow_but_never_silent_hold_up_only_their_host() -> None:
    async with pool() as there:
        await there.read(answer("slow", host="bad.test"))
        bad = [asyncio.create_task(there.read(answer("slow", host="bad.test"))) for _ in range(20)]
        await asyncio.sleep(0)
        await good(there, 100)
        assert 10 < sum(not one.done() for one in bad)
        for one in bad:
            one.cancel()


async def test_among_strangers_with_slow_pages_a_short_page_is_read_first() -> None:
    long = "x" * 10_000
    async with pool(BUDGET._replace(seconds=60.0)) as there:
        bad = [asyncio.create_task(there.read(answer("endless", long, f"{n}.test"))) for n in range(60)]
        await asyncio.sleep(0)
        begun = time.monotonic()
        await good(there)
        assert time.monotonic() - begun < 40, "not a second for each of them"
        for one in bad:
            one.cancel()


@pytest.mark.parametrize("kind", ["odd_uses", "odd_wait"])
async def test_what_cannot_be_sent_back_is_a_fault_of_the_parser(kind: str) -> None:
    async with pool() as there:
        found = await there.read(answer(kind))
        assert isinstance(found, Unparsed)
        assert Mishap.FAULT == found.mishap
        assert found.why.startswith("its parser returns what cannot be stored: ")
        await good(there)


async def test_a_page_whose_worker_somebody_kills_is_read_by_another() -> None:
    async with pool(BUDGET._replace(seconds=30.0)) as there:
        found = await asyncio.gather(*(there.read(answer("killed_once", n=n)) for n in range(3)))
    assert all(isinstance(one, Parsed) for one in found)


async def test_a_page_can_be_read_where_nothing_else_comes_to_harm() -> None:
    async with pool() as there:
        await good(there)
        numbers = [await there.read(answer("process"), alone=True) for _ in range(2)]
        assert 2 == len({str(number) for number in numbers})


async def test_a_pause_of_the_whole_program_counts_against_no_page() -> None:
    async with pool(BUDGET._replace(seconds=1.0)) as there:
        await good(there)
        slow = asyncio.create_task(there.read(answer("slow")))
        await asyncio.sleep(0)
        time.sleep(5)  # as if the machine had slept
        assert isinstance(await slow, Parsed)


async def test_workers_end_with_the_pool_whatever_they_do() -> None:
    async with pool() as there:
        found = await there.read(answer("process"))
        assert isinstance(found, Parsed)
        process = int(found.uses[0])
        busy = asyncio.create_task(there.read(answer("endless")))
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await busy
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


async def test_workers_that_cannot_start_are_told() -> None:
    async with pool(parsers={"page": Unloadable()}) as there:
        with pytest.raises(UsageError, match=r"cannot start \(exit code 7; .*parse_workers = 0"):
            await there.read(answer())
