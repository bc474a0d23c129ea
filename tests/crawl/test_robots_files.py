"""However many robots.txt a run meets, and however long they are: memory stays bounded, and the loop goes on."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime
from time import thread_time

from multidict import CIMultiDict

from asyncscrape.config.models import Politeness
from asyncscrape.crawl.host_policies import HostPolicies
from asyncscrape.crawl.robots import RobotsFiles
from asyncscrape.model import Request, Response
from asyncscrape.politeness.robots import DAY, Cached

NOW = 1_800_000_000.0
POLICIES = HostPolicies(Politeness(user_agent="catalog-bot"), retries=1)
PLACES = [f"http://h{n}.test" for n in range(3)]
LONG = b"User-agent: *\n" + b"".join(b"Disallow:/*a%db\n" % n for n in range(10_000))


class Sites:
    """Sites with one robots.txt, and what is stored of them."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.stored: dict[str, bytes] = {}
        self.asked: list[str] = []

    async def fetch(self, request: Request) -> Response:
        self.asked.append(request.url)
        return Response(request, 200, CIMultiDict(), self.text, datetime.fromtimestamp(NOW, UTC))

    async def recall(self, origin: str) -> bytes | None:
        return self.stored.get(origin)


async def watched(holds: list[float]) -> None:
    """Note for how long the loop worked until it came round; what else the machine does is left out."""
    before = thread_time()
    while True:
        await asyncio.sleep(0.001)
        now = thread_time()
        holds.append(now - before)
        before = now


async def test_long_ones_are_read_beside_the_loop_and_read_again_when_they_are_forgotten() -> None:
    sites = Sites(LONG)
    holds: list[float] = []
    files = RobotsFiles(POLICIES, lambda: NOW, sites.recall, most=250_000)
    watch = asyncio.create_task(watched(holds))
    for place, path in itertools.product([*PLACES, PLACES[0]], ["/a" * 3_000, "/a7b"]):
        await files.ask(place + path, sites.fetch, answered=False)
        assert ("7b" not in path) is files.verdict(place + path)
        sites.stored |= files.take_news()
    watch.cancel()
    assert [f"{place}/robots.txt" for place in PLACES] == sites.asked, "each is asked for once"
    assert files.verdict(PLACES[1] + "/a7b") is None, "there is no room for all of them"
    assert max(holds) < 0.02


async def test_one_that_is_not_stored_yet_is_not_asked_for_again() -> None:
    sites = Sites(b"User-agent: *\nDisallow: /a\n")
    files = RobotsFiles(POLICIES, lambda: NOW, sites.recall, most=0)
    for place in PLACES + PLACES:
        await files.ask(f"{place}/a", sites.fetch, answered=False)
        assert files.verdict(f"{place}/a") is False
    assert len(PLACES) == len(sites.asked)


async def test_one_that_a_wrong_clock_has_stored_is_good_for_a_day_at_most() -> None:
    now = NOW
    sites = Sites(b"")
    sites.stored[PLACES[0]] = Cached(PLACES[0], NOW + 3_650 * DAY, b"User-agent: *\nDisallow: /\n").dump()
    files = RobotsFiles(POLICIES, lambda: now, sites.recall)
    await files.ask(f"{PLACES[0]}/a", sites.fetch, answered=False)
    assert files.verdict(f"{PLACES[0]}/a") is False
    now += DAY
    assert files.verdict(f"{PLACES[0]}/a") is None


async def test_one_that_cannot_be_read_says_nothing_of_the_crawl_delay() -> None:
    sites = Sites(b"User-agent: *\nCrawl-delay: 7\nDisallow: /a\n")
    files = RobotsFiles(POLICIES, lambda: NOW, sites.recall)
    assert files.crawl_delay("h0.test") is None
    await files.ask("http://h0.test/a", sites.fetch, answered=False)
    assert 7.0 == files.crawl_delay("h0.test")
    sites.text = b""
    await files.ask("https://h0.test/a", sites.fetch, answered=False)
    assert 7.0 == files.crawl_delay("h0.test")
    await files.ask("http://h1.test/a", sites.fetch, answered=False)
    assert 0.0 == files.crawl_delay("h1.test")
