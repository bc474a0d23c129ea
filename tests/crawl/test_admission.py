"""May a request start? Every answer, and which comes first when there are several."""

from __future__ import annotations

import itertools

import pytest

from asyncscrape.config.models import Politeness
from asyncscrape.crawl.admission import Admission, Step
from asyncscrape.crawl.host_policies import HostPolicies
from asyncscrape.crawl.hosts import Host
from asyncscrape.crawl.robots import RobotsFiles
from asyncscrape.crawl.scope import JobScope
from asyncscrape.errors import Reason
from asyncscrape.model import Kind, Request, Response
from asyncscrape.politeness.clock import LONGEST_CRAWL_DELAY, HostClock
from asyncscrape.politeness.robots import Cached
from asyncscrape.urls import UrlScope

NOW = 1_000.0
PLACE = "http://shop.test"
RULES = b"User-agent: *\nDisallow: /private/\n"


async def admission(known: bytes | None = RULES, expires: float = NOW + 1, *, robots: bool = True) -> Admission:
    """The rules of a job that knows the robots.txt of one origin, if any."""
    hosts = UrlScope.of(["shop.test"])
    scope = JobScope(UrlScope.of(["shop.test"], exclude=["/out/*"]), hosts, frozenset(), frozenset())
    policies = HostPolicies(Politeness(robots=robots), retries=1)
    now = NOW

    async def recall(origin: str) -> bytes | None:
        return None if known is None else Cached(PLACE, expires, known, "").dump()

    files = RobotsFiles(policies, lambda: now, recall)
    if known is not None:
        now = expires - 1
        await files.ask(f"{PLACE}/", unreachable, answered=False)
        now = NOW
    return Admission(scope, policies, files)


async def unreachable(request: Request) -> Response:
    raise AssertionError("what is stored need not be asked for")


def host(*, given_up: bool = False) -> Host:
    found = Host("shop.test", HostClock(HostPolicies(Politeness(), retries=1).policy("shop.test")))
    if given_up:
        found.clock.crawl_delay = LONGEST_CRAWL_DELAY
    return found


def link(path: str, kind: str = Kind.PAGE) -> Request:
    return Request(PLACE + path, kind, depth=1)


@pytest.mark.parametrize(
    ("path", "known", "step", "reason"),
    [
        ("/a", RULES, Step.START, ""),
        ("/private/a", RULES, Step.SKIP, Reason.ROBOTS),
        ("/out/a", RULES, Step.SKIP, Reason.SCOPE),
        ("/a", None, Step.WAIT_FOR_ROBOTS, ""),
        ("/out/a", None, Step.SKIP, Reason.SCOPE),
    ],
)
async def test_scope_and_robots_decide(path: str, known: bytes | None, step: Step, reason: str) -> None:
    ruling = (await admission(known)).judge(host(), link(path), files_welcome=True)
    assert (step, reason) == ruling[:2]


async def test_a_robots_txt_that_has_expired_is_asked_for_again() -> None:
    ruling = (await admission(expires=NOW)).judge(host(), link("/a"), files_welcome=True)
    assert Step.WAIT_FOR_ROBOTS is ruling.step


async def test_where_robots_txt_is_not_obeyed_it_is_not_waited_for_either() -> None:
    ruling = (await admission(None, robots=False)).judge(host(), link("/private/a"), files_welcome=True)
    assert Step.START is ruling.step


async def test_a_file_waits_while_the_store_takes_none_and_a_page_does_not() -> None:
    rules = await admission()
    assert Step.WAIT_FOR_STORE is rules.judge(host(), link("/a.png", Kind.BLOB), files_welcome=False).step
    assert Step.START is rules.judge(host(), link("/a.png", Kind.BLOB), files_welcome=True).step
    assert Step.START is rules.judge(host(), link("/a"), files_welcome=False).step


async def test_nothing_starts_at_a_host_that_was_given_up_whatever_else_is_so() -> None:
    for path, known, welcome in itertools.product(("/a", "/private/a", "/out/a"), (RULES, None), (True, False)):
        ruling = (await admission(known)).judge(host(given_up=True), link(path), files_welcome=welcome)
        assert (Step.FAIL, Reason.HOST_GIVEN_UP) == ruling[:2]


async def test_asking_changes_nothing() -> None:
    rules, asked, about = (await admission()), host(), link("/a.png", Kind.BLOB)
    before = (asked.clock.dump(), list(asked.queue), asked.held, asked.more)
    assert rules.judge(asked, about, files_welcome=True) == rules.judge(asked, about, files_welcome=True)
    assert before == (asked.clock.dump(), list(asked.queue), asked.held, asked.more)
