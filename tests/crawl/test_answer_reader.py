"""Which answers are opened in a browser, what is told about it, and how an open page fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import msgspec
import pytest
from multidict import CIMultiDict
from support.crawling import configured, until

from asyncscrape.browsing import PagePlan
from asyncscrape.crawl.answer_reader import AnswerReader, Tabs
from asyncscrape.crawl.host_policies import HostPolicies
from asyncscrape.crawl.learning import Learning
from asyncscrape.crawl.tab_queue import TabQueue
from asyncscrape.crawl.verdict import outcome, useless
from asyncscrape.errors import FetchError, Reason
from asyncscrape.fetchers.base import Leave
from asyncscrape.jobs.rules.job import rule_job
from asyncscrape.model import Kind, Request, Response, State
from asyncscrape.openings import ENOUGH, Brought, Experience, Opening
from asyncscrape.parsing.base import Mishap, Parsed, Unparsed
from asyncscrape.parsing.in_place import InPlace
from asyncscrape.politeness.clock import Policy

URL = "http://shop.test/a"
EMPTY, FULL = "<script></script><ul></ul>", "<script></script><ul><li>1</ul>"
ROWS = '[[page]]\nmatch = "/a"\ntable = "item"\neach = "li"\nkey = ["n"]\nfields = { n = "li" }\n'
LINKS = '[[page]]\nmatch = "/a"\nfollow = ["a"]\n'
DATA = '[[page]]\nmatch = "/api"\ntable = "data"\neach = "json:rows"\nkey = ["n"]\nfields = { n = "json:n" }\n'


def answer(body: str, url: str = URL, kind: str = "text/html") -> Response:
    headers = CIMultiDict({"Content-Type": kind})
    return Response(Request(url), 200, headers, body.encode(), datetime(2026, 11, 27, tzinfo=UTC))


class Scripts:
    """A browser in which every page becomes the same."""

    def __init__(self, *becomes: Response | FetchError) -> None:
        self._becomes = becomes
        self.opened: list[str] = []

    async def open(
        self, document: Response, plan: PagePlan, user_agent: str, leave: Leave | None = None
    ) -> Sequence[Response]:
        self.opened.append(document.url)
        for one in self._becomes:
            if isinstance(one, FetchError):
                raise one
        return [one for one in self._becomes if isinstance(one, Response)]


Make = Callable[..., AnswerReader]


@pytest.fixture
def reader(tmp_path: Path) -> Make:
    def make(rules: str, browser: Scripts, *known: Experience, use: object = "auto") -> AnswerReader:
        job = rule_job(configured(tmp_path, [URL], rules=rules, fetch={"browser": {"use": use}}))
        assert job.plans
        plan = job.plans(URL)
        assert plan
        known = tuple(msgspec.structs.replace(one, key=plan.rules[0].key) for one in known)
        tabs = Tabs(browser, job.plans, TabQueue(1), Learning(known, 2))
        config = configured(tmp_path, [URL])
        clock = count()
        return AnswerReader(
            InPlace(job.parsers), tabs, HostPolicies(config.politeness, 1), lambda: float(next(clock))
        )

    return make


async def told(reader: AnswerReader, response: Response) -> tuple[int, Opening]:
    """The number of records on a page, and what is told about the browser."""
    found = await reader.read(response)
    assert isinstance(found, Parsed)
    assert found.opening
    return sum(lines.count for lines in found.records.values()), found.opening


def brought(opening: Opening) -> dict[str, Brought]:
    return {told.rule: told.brought for told in opening.rules}


async def test_a_page_that_has_everything_is_not_opened(reader: Make) -> None:
    browser = Scripts()
    rows, opening = await told(reader(ROWS, browser), answer(FULL))
    assert (1, False, [], {"/a → item": Brought.BY_HTTP}) == (rows, opening.opened, browser.opened, brought(opening))


@pytest.mark.parametrize(("after", "expected"), [(FULL, Brought.HELPED), (EMPTY, Brought.IN_VAIN)])
async def test_a_page_that_lacks_something_is_opened_and_it_is_told_what_for(
    reader: Make, after: str, expected: Brought
) -> None:
    rows, opening = await told(reader(ROWS, Scripts(answer(after))), answer(EMPTY))
    assert (after is FULL, Opening(True, 1.0, opening.rules)) == (bool(rows), opening)
    assert {"/a → item": expected} == brought(opening)


async def test_a_page_that_fails_in_the_browser_too_was_opened_in_vain(reader: Make) -> None:
    one = '[[page]]\nmatch = "/a"\ntable = "item"\nkey = ["n"]\nfields = { n = "li" }\n'
    found = await reader(one, Scripts(answer(EMPTY))).read(answer(EMPTY))
    assert isinstance(found, Unparsed)
    assert found.opening
    assert (True, {"/a → item": Brought.IN_VAIN}) == (found.opening.opened, brought(found.opening))
    verdict = useless(found, 0.0)
    failed = outcome(Request(URL), verdict, Policy(retries=0), 0.0, lambda: 0.5)
    assert (State.FAILED, found.opening) == (failed.state, failed.opening)


async def test_a_page_that_its_parser_calls_gone_says_nothing_about_plain_http(reader: Make) -> None:
    found = await reader('[[page]]\nmatch = "/a"\nparser = "support.bad_parsers:gone"\n', Scripts()).read(
        answer(EMPTY)
    )
    assert isinstance(found, Unparsed)
    assert (Mishap.GONE, Opening(False)) == (found.mishap, found.opening)


async def test_each_rule_of_a_page_learns_for_itself(reader: Make) -> None:
    _, opening = await told(reader(ROWS + LINKS, Scripts(answer(FULL + "<a href=/b>"))), answer(FULL))
    assert {"/a → item": Brought.BY_HTTP, "/a": Brought.HELPED} == brought(opening)


async def test_a_page_that_cannot_change_and_data_are_not_opened(reader: Make) -> None:
    browser = Scripts()
    reading = reader(ROWS, browser)
    for response in (answer("<ul></ul>"), answer('{"rows": []}', kind="application/json")):
        found = await reading.read(response)
        assert isinstance(found, Parsed)
        assert not found.records
    assert [] == browser.opened


async def test_a_sitemap_is_not_opened_whatever_its_url(reader: Make) -> None:
    browser = Scripts()
    sitemap = answer("<urlset><url><loc>http://shop.test/b</loc></url></urlset>", kind="")
    asked = msgspec.structs.replace(sitemap.request, kind=Kind.SITEMAP)
    await reader(ROWS, browser).read(replace(sitemap, request=asked))
    assert [] == browser.opened


async def test_a_page_that_no_rule_wants_opened_is_read_as_any_other(reader: Make) -> None:
    browser = Scripts()
    found = await reader(ROWS, browser).read(answer(EMPTY, "http://shop.test/b"))
    assert isinstance(found, Parsed)
    assert (None, []) == (found.opening, browser.opened)


async def test_pages_are_passed_over_where_the_browser_was_always_in_vain(reader: Make) -> None:
    browser = Scripts(answer(EMPTY))
    reading = reader(ROWS, browser, Experience("", "shop.test", vain_before=ENOUGH))
    rows, opening = await told(reading, answer(EMPTY))
    assert (0, False, {"/a → item": Brought.PASSED_OVER}) == (rows, opening.opened, brought(opening))
    assert [] == browser.opened


async def test_pages_are_opened_at_once_where_plain_http_was_never_enough(reader: Make) -> None:
    reading = reader(ROWS, Scripts(answer(FULL)), Experience("", "shop.test", needed_before=ENOUGH))
    rows, opening = await told(reading, answer("<script>nothing yet</script>"))
    assert (1, True, {"/a → item": Brought.AT_ONCE}) == (rows, opening.opened, brought(opening))


@pytest.mark.parametrize("body", [FULL, EMPTY])
async def test_if_the_browser_fails_on_such_a_page_plain_http_may_have_brought_all(reader: Make, body: str) -> None:
    browser = Scripts(FetchError(Reason.BROWSER, "it hangs", transient=True))
    reading = reader(ROWS, browser, Experience("", "shop.test", needed_before=ENOUGH))
    if body == EMPTY:
        with pytest.raises(FetchError, match="it hangs"):
            await reading.read(answer(body))
        return
    rows, opening = await told(reading, answer(body))
    assert (1, {"/a → item": Brought.BY_HTTP}) == (rows, brought(opening))


async def test_a_page_with_browser_true_is_always_opened(reader: Make) -> None:
    rows, opening = await told(reader(ROWS, Scripts(answer(EMPTY)), use=True), answer(FULL))
    assert (0, {"/a → item": Brought.AT_ONCE}) == (rows, brought(opening))


async def test_what_an_open_page_captures_is_read_by_the_rules_for_its_url(reader: Make) -> None:
    data = answer('{"rows": [{"n": 1}, {"n": 2}]}', "http://shop.test/api", "application/json")
    capture = '[[page]]\nmatch = "/a"\nbrowser = "auto"\ncapture = "/api"\n'
    found = await reader(capture + DATA, Scripts(answer(EMPTY), data)).read(answer(EMPTY))
    assert isinstance(found, Parsed)
    assert (2, ["rule 1", "rule 2"]) == (found.records["data"].count, list(found.uses))
    assert found.opening
    assert {"/a": Brought.HELPED} == brought(found.opening)


async def test_a_captured_answer_without_a_rule_does_no_harm(reader: Make) -> None:
    other = answer("[]", "http://shop.test/other", "application/json")
    found = await reader(ROWS, Scripts(answer(FULL), other)).read(answer(EMPTY))
    assert isinstance(found, Parsed)
    assert ["rule 1"] == list(found.uses)


async def test_a_captured_answer_that_cannot_be_read_fails_the_page_and_is_named(reader: Make) -> None:
    bad = answer("<html>", "http://shop.test/api", "application/json")
    found = await reader(ROWS + DATA, Scripts(answer(FULL), bad)).read(answer(EMPTY))
    assert isinstance(found, Unparsed)
    assert Mishap.PARSE is found.mishap
    assert found.why.startswith("http://shop.test/api: ")


async def test_answers_that_wait_for_a_tab_are_no_open_requests(reader: Make) -> None:
    opens = asyncio.Event()

    class Slow(Scripts):
        async def open(
            self, document: Response, plan: PagePlan, user_agent: str, leave: Leave | None = None
        ) -> Sequence[Response]:
            await opens.wait()
            return await super().open(document, plan, user_agent, leave)

    reading = reader(ROWS, Slow(answer(FULL)))
    reads = [asyncio.create_task(reading.read(answer(EMPTY))) for _ in range(3)]
    await until(lambda: 3 == reading.apart)
    assert isinstance(await reading.read(answer(FULL)), Parsed)
    opens.set()
    assert all(isinstance(found, Parsed) for found in await asyncio.gather(*reads))
    assert 0 == reading.apart
