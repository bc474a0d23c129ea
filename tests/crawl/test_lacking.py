"""Whether plain HTTP has brought what a rule wants, and what counts as help from a browser."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from asyncscrape.browsing import PagePlan, PageStep, RuleNeeds, StepKind, Use
from asyncscrape.crawl.lacking import brought, can_change, lacking, lacks
from asyncscrape.model import Flaw, FlawKind, Lines, Link, Request, Response
from asyncscrape.openings import Brought
from asyncscrape.parsing.base import Mishap, Parsed, Unparsed

URL = "http://shop.test/a"
ROWS = RuleNeeds(Use.AUTO, table="item")
LINKS = RuleNeeds(Use.AUTO, follows=True)
BOTH = RuleNeeds(Use.AUTO, table="item", follows=True)
CAPTURE = RuleNeeds(Use.AUTO, captures=True)
CAPTURE_TOO = RuleNeeds(Use.AUTO, table="item", captures=True)
CAPTURE_LIST = RuleNeeds(Use.AUTO, captures=True, follows=True)
FREE = RuleNeeds(Use.AUTO, free=True)
FREE_ROWS = RuleNeeds(Use.AUTO, table="item", free=True)
NOTHING_WANTED = RuleNeeds(Use.AUTO)


def page(
    rows: int = 0, links: int = 0, *, left_out: int = 0, number: int = 1, table: str = "item", place: str = "links"
) -> Parsed:
    urls = [f"{URL}/{n}" for n in range(links)]
    return Parsed(
        {table: Lines(rows, b"")} if rows else {},
        [Link(url) for url in urls if place == "links"],
        [],
        [Flaw("item", "name", FlawKind.LEFT_OUT, left_out)] if left_out else [],
        urls if place == "nofollow" else [],
        [f"rule {number}", *([f"follow {number}.1"] if links else [])],
        None,
        urls if place == "outside" else [],
    )


@pytest.mark.parametrize(
    ("needs", "found", "expected"),
    [
        (ROWS, page(), True),
        (ROWS, page(1), False),
        (ROWS, page(1, table="other"), True),
        (ROWS, page(0, 3), True),
        (ROWS, page(2, left_out=1), True),
        (LINKS, page(), True),
        (LINKS, page(0, 1), False),
        (LINKS, page(0, 1, place="nofollow"), False),
        (LINKS, page(0, 1, place="outside"), False),
        (LINKS, page(0, 1, number=2), True),
        (LINKS, page(0, 1, number=11), True),
        (BOTH, page(1, 1), False),
        (BOTH, page(1), True),
        (BOTH, page(0, 1), True),
        (CAPTURE, page(3, 3), True),
        (CAPTURE_TOO, page(), True),
        (CAPTURE_TOO, page(1), False),
        (CAPTURE_LIST, page(1, 1), True),
        (FREE, page(), True),
        (FREE, page(1, table="other"), False),
        (FREE, page(0, 1, number=7), False),
        (FREE_ROWS, page(0, 1), True),
        (FREE_ROWS, page(1), False),
        (NOTHING_WANTED, page(), False),
        (ROWS, Unparsed(Mishap.PARSE, ""), True),
        (ROWS, Unparsed(Mishap.FAULT, ""), True),
        (ROWS, Unparsed(Mishap.GONE, ""), False),
        (ROWS, Unparsed(Mishap.BLOCKED, ""), False),
        (ROWS, Unparsed(Mishap.NOT_READY, ""), False),
        (ROWS, Unparsed(Mishap.OVERRUN, ""), False),
    ],
)
def test_a_rule_lacks_its_records_its_required_fields_or_its_links(
    needs: RuleNeeds, found: Parsed | Unparsed, expected: bool
) -> None:
    assert expected is lacks(needs, found)


def test_only_rules_on_auto_ask_for_a_browser_because_of_what_is_missing() -> None:
    plan = PagePlan(Use.AUTO, rules=(ROWS, LINKS, RuleNeeds(Use.ALWAYS, table="other")))
    assert [LINKS] == lacking(plan, page(1))
    assert [] == lacking(plan, page(1, 1))


PAGES = st.builds(page, st.integers(0, 3), st.integers(0, 3), left_out=st.integers(0, 1))
NEEDS = st.builds(
    RuleNeeds,
    st.just(Use.AUTO),
    table=st.sampled_from(["", "item"]),
    follows=st.booleans(),
    captures=st.booleans(),
    free=st.booleans(),
)


@given(NEEDS, PAGES, PAGES)
def test_a_browser_has_helped_if_it_cured_what_was_missing(needs: RuleNeeds, before: Parsed, after: Parsed) -> None:
    if lacks(needs, before) and not lacks(needs, after) and not before.flaws:
        assert Brought.HELPED is brought(needs, before, after)


@given(NEEDS, PAGES)
def test_a_browser_that_shows_the_same_was_in_vain(needs: RuleNeeds, before: Parsed) -> None:
    assert Brought.IN_VAIN is brought(needs, before, before)


def test_anything_helps_where_a_parser_found_nothing_at_all() -> None:
    before = Unparsed(Mishap.PARSE, "the document is empty")
    assert (Brought.HELPED, Brought.IN_VAIN) == (brought(ROWS, before, page(1)), brought(ROWS, before, page()))


def document(body: bytes) -> Response:
    return Response(Request(URL), 200, CIMultiDict(), body, datetime(2026, 11, 27, tzinfo=UTC))


@pytest.mark.parametrize(
    "body",
    [
        b"<script>1</script>",
        b"<SCRIPT src=a.js></SCRIPT>",
        b"<svg:script/>",
        b"<body onload='f()'>",
        b"<svg/onload=f()>",
        b"<iframe src=/b></iframe>",
        b"<frame src=/b>",
        b"<meta http-equiv=refresh content='0; /b'>",
        b"<p><template shadowrootmode=open>x</template>",
        b"<object data=/b></object>",
        "<script>1</script>".encode("utf-16"),
    ],
)
def test_a_page_with_scripts_or_other_documents_may_change(body: bytes) -> None:
    assert can_change(document(body), PagePlan(Use.AUTO))


def test_a_page_without_any_does_not_change_unless_somebody_clicks() -> None:
    body = b"<!doctype html><title>on sale = now</title><p>Prescription<a href=/b>one</a>"
    assert not can_change(document(body), PagePlan(Use.AUTO))
    assert can_change(document(body), PagePlan(Use.AUTO, steps=(PageStep(StepKind.CLICK, "a"),)))
    assert can_change(document(body), PagePlan(Use.AUTO, capture=("/api/*",)))
