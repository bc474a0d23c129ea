"""The parsing step says what a parser found or why it could not, and no more than a run can hold."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from multidict import CIMultiDict
from support.config_files import loaded

from asyncscrape.config.models import PageRule
from asyncscrape.crawl.verdict import Fate, Verdict, useless
from asyncscrape.errors import Blocked, Gone, Reason, Retry
from asyncscrape.jobs.registry import Registry
from asyncscrape.model import Flaw, FlawKind, Kind, Link, Page, Record, Request, Response
from asyncscrape.parsers.errors import ParseError
from asyncscrape.parsers.rules import RuleParser
from asyncscrape.parsing.base import Mishap, Parsed, Unparsed
from asyncscrape.parsing.contents import read
from asyncscrape.politeness.clock import Signal
from asyncscrape.urls import UrlScope

NOW = 1_000.0


def response(body: str, kind: str = "text/html") -> Response:
    headers = CIMultiDict({"Content-Type": kind})
    return Response(Request("http://shop.test/a"), 200, headers, body.encode(), datetime(2026, 11, 26, tzinfo=UTC))


RULES = RuleParser(
    [
        PageRule(match="*", table="t", key=("n",), fields={"n": "h1"}, follow=("a",)),
        PageRule(match="*", table="row", each="li", key=("x",), fields={"x": {"css": "b", "type": "int"}}),
    ]
)
HTML = "<h1>Ünder</h1><a href=/b>b</a><ul><li><b>1</b><li><b>2</b><li></ul>"
SITEMAP = "<urlset><url><loc>http://shop.test/c</loc></url></urlset>"


APP = 'client_id = "id"\nclient_secret = "secret"\n'
LEAST = {
    "music": f'[music]\nartists = ["Nora Vale"]\n{APP}',
    "network": f'[network]\naccounts = ["nora-vale"]\n{APP}',
}
"""What a built-in job cannot do without."""


@pytest.mark.parametrize("kind", Registry())
def test_the_parsers_of_built_in_jobs_can_be_sent_there(kind: str, tmp_path: Path) -> None:
    config = loaded(tmp_path, f'name = "job"\nkind = "{kind}"\n{LEAST.get(kind, "")}')
    job = Registry()[kind].job(config, [], date(2026, 11, 26))
    assert job.parsers.keys() == pickle.loads(pickle.dumps(dict(job.parsers))).keys()


def test_what_was_found_is_lines_by_table_and_links() -> None:
    found = read(RULES, response(HTML))
    assert isinstance(found, Parsed)
    assert {"t": 1, "row": 2} == {table: lines.count for table, lines in found.records.items()}
    assert ["http://shop.test/b"] == [link.url for link in found.links]


def test_what_a_page_tells_comes_along_in_a_form_that_can_be_stored() -> None:
    flaw = Flaw("item", "date", FlawKind.MISFIT, 2, "soon\ud800")
    page = Page(flaws=[flaw], nofollow=["http://shop.test/c"], uses=["rule 1"])
    found = read(lambda answer: page, response(HTML))
    assert isinstance(found, Parsed)
    assert [Flaw("item", "date", FlawKind.MISFIT, 2, "soon\ufffd")] == found.flaws
    assert (["http://shop.test/c"], ["rule 1"]) == (found.nofollow, found.uses)


def test_links_that_the_patterns_leave_out_stand_apart() -> None:
    shop = "http://shop.test"
    kept, own, nested = Link(f"{shop}/b"), Link(f"{shop}/c", "own"), Link(f"{shop}/cart.xml", Kind.SITEMAP)
    left = [Link(f"{shop}/cart?a"), Link(f"{shop}/cart", "own"), Link("http://far.test/x/9")]
    page = Page(links=[left[0], kept, own, nested, *left], nofollow=[f"{shop}/d", f"{shop}/cart", f"{shop}/9"])
    paths = UrlScope.of(["*"], exclude=["/cart*", r"re:/\d$"]).paths
    found = read(lambda answer: page, response(""), pickle.loads(pickle.dumps(paths)))
    assert isinstance(found, Parsed)
    assert ([kept, own, nested], [f"{shop}/d"]) == (found.links, found.nofollow)
    assert [f"{shop}/cart?a", f"{shop}/cart", "http://far.test/x/9", f"{shop}/9"] == found.outside


def test_without_patterns_nothing_is_left_out() -> None:
    page = Page(links=[Link("http://shop.test/b")])
    found = read(lambda answer: page, response(""), UrlScope.of(["other.test"], max_depth=0).paths)
    assert isinstance(found, Parsed)
    assert (page.links, ()) == (found.links, found.outside)


class Raising:
    """A parser that raises."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __call__(self, answer: Response) -> Page:
        raise self.error


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (ParseError("odd"), Verdict(Fate.FAIL, Signal.OK, Reason.PARSE, "odd")),
        (Gone("away"), Verdict(Fate.FAIL, Signal.NEUTRAL, Reason.GONE, "away")),
        (Blocked("no"), Verdict(Fate.FAIL, Signal.BLOCKED, Reason.BLOCKED, "no")),
        (Retry("later", after=9), Verdict(Fate.RETRY, Signal.NEUTRAL, Reason.NOT_READY, "later", NOW + 9)),
        (Retry("later"), Verdict(Fate.RETRY, Signal.NEUTRAL, Reason.NOT_READY, "later")),
        (KeyError("x"), Verdict(Fate.FAIL, Signal.OK, Reason.PARSER_ERROR, "KeyError: 'x'")),
    ],
)
def test_a_parser_that_raises_says_what_is_to_be_done(error: Exception, verdict: Verdict) -> None:
    found = read(Raising(error), response(""))
    assert isinstance(found, Unparsed)
    assert verdict == useless(found, NOW)


@pytest.mark.parametrize(
    ("page", "size", "why"),
    [
        (Page([Record("t", {"n": "x" * 33_000_000})] * 2), 0, "its values are over 64 MB"),
        (Page(finding=b"x" * 64_000_001), 0, "its values are over 64 MB"),
        (Page(links=[Link("http://shop.test/" + "x" * 8_000)] * 4_000), 0, "its links are over 32 MB"),
        (Page(finding=b"x" * 2_300_000), 9_000, "its values are over 2.3 MB, more than 32 times its own size"),
        (
            Page(links=[Link("http://shop.test/" + "x" * 8_000)] * 300),
            9_000,
            "its links are over 2.3 MB, more than 32 times its own size",
        ),
        (Page(nofollow=["http://shop.test/"] * 500_001), 0, "it has more than 500,000 links"),
    ],
)
def test_a_page_that_says_more_than_it_may_has_no_contents(page: Page, size: int, why: str) -> None:
    assert Unparsed(Mishap.OVERRUN, why) == read(lambda answer: page, response(" " * size))


def test_reasons_are_as_long_as_can_be_read() -> None:
    flaw = Flaw("item", "date", FlawKind.MISFIT, 2, "x" * 99_999)
    found = read(lambda answer: Page(flaws=[flaw]), response(""))
    assert isinstance(found, Parsed)
    failed = read(Raising(KeyError("x" * 99_999)), response(""))
    assert isinstance(failed, Unparsed)
    assert [1_000, 1_000, 20_000] == [len(found.flaws[0].example), len(failed.why), len(failed.trace)]
