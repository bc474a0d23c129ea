"""Coverage and warnings, from the totals of a job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from asyncscrape.facts import ColumnFacts, TableFacts
from asyncscrape.model import Column, Flaw, FlawKind, FoundFlaw, Kind, State, Table
from asyncscrape.quality.coverage import covered
from asyncscrape.quality.wishes import Wishes
from asyncscrape.snapshots import unopened
from asyncscrape.stats import RunState, Totals

URL = "http://h/1"
ITEM = Table("item", ("url",), (Column("url"), Column("price", "float"), Column("date", "date"), Column("cover")))
WISHES = Wishes(
    rules={"1": "/item/*", "2": "/list/*"},
    follows={"1.1": "a.rel", "2.1": "a.item", "2.2": "a.nxt"},
    formats={("item", "date"): "%d.%m.%Y"},
    types={("item", "date"): "date", ("item", "price"): "float"},
    tables={"1": "item"},
)
PAGES = {Kind.PAGE: {State.DONE: 40}}
USES = {"rule 1": 30, "rule 2": 10, "follow 1.1": 3, "follow 2.1": 10, "follow 2.2": 9}


def left_out(count: int, column: str) -> FoundFlaw:
    return FoundFlaw(Flaw("item", column, FlawKind.LEFT_OUT, count), URL)


def misfit(count: int, column: str, example: str) -> FoundFlaw:
    return FoundFlaw(Flaw("item", column, FlawKind.MISFIT, count, example), URL)


def facts(rows: int, **filled: int) -> dict[str, TableFacts]:
    columns = {name: ColumnFacts(count, empty_at="" if count == rows else URL) for name, count in filled.items()}
    return {"item": TableFacts(rows, columns)}


def told(totals: Totals) -> Mapping[str, Any]:
    """What `--json` holds about these totals."""
    return covered(unopened("c", RunState.FINISHED), totals, [ITEM], WISHES).as_dict()


def warnings(totals: Totals) -> list[str]:
    return list(told(totals)["warnings"])


def test_coverage_tells_rows_gaps_and_misfits() -> None:
    totals = Totals(
        PAGES,
        records={"item": 70},
        replaced={"item": 3},
        flaws=[left_out(2, "price"), left_out(5, "url"), misfit(4, "date", "x")],
        uses={**USES, "unmatched": 3},
        skipped={"scope": 212, "nofollow": 1},
        facts=facts(70, url=70, price=63, date=66, cover=0),
    )
    found = told(totals)
    assert {
        "item": {
            "rows": 70,
            "replaced": 3,
            "left_out": {"price": 2, "url": 5},
            "columns": {
                "url": {"filled": 1.0, "misfit": 0},
                "price": {"filled": 0.9, "misfit": 0, "empty_at": URL},
                "date": {"filled": 0.9429, "misfit": 4, "empty_at": URL},
                "cover": {"filled": 0.0, "misfit": 0, "empty_at": URL},
            },
        }
    } == found["coverage"]
    assert ["url", "price", "date", "cover"] == list(found["coverage"]["item"]["columns"])
    assert (7, 3, {"scope": 212, "nofollow": 1}) == (found["dropped"], found["unmatched"], found["skipped"])


def test_before_the_table_is_made_only_what_is_known_is_told() -> None:
    totals = Totals(PAGES, records={"item": 9, "other": 1}, flaws=[misfit(4, "date", "x")])
    assert {
        "item": {"rows": 9, "replaced": 0, "left_out": {}, "columns": {"date": {"misfit": 4}}},
        "other": {"rows": 1, "replaced": 0, "left_out": {}, "columns": {}},
    } == told(totals)["coverage"]


def test_a_good_run_has_nothing_to_warn_of() -> None:
    assert [] == warnings(Totals(PAGES, records={"item": 70}, uses=USES, facts=facts(70, url=70, price=65)))


@pytest.mark.parametrize(
    ("totals", "expected"),
    [
        (Totals(facts=facts(70, price=0)), "item: `price` is empty in all 70 rows, for example on http://h/1"),
        (
            Totals(facts=facts(1, date=0), flaws=[misfit(100, "date", "2021-04-08")]),
            'item: `date`: 100 of 100 values do not fit %d.%m.%Y, for example "2021-04-08" on http://h/1',
        ),
        (
            Totals(facts=facts(1, price=1), flaws=[misfit(1, "price", "free")]),
            'item: `price`: 1 of 2 values does not fit the type float, for example "free" on http://h/1',
        ),
        (
            Totals(records={"item": 3}, flaws=[left_out(12, "price")]),
            "item: 12 rows left out because `price` was empty, for example on http://h/1",
        ),
        (
            Totals(
                facts=facts(3, date=3),
                flaws=[FoundFlaw(Flaw("item", "date", FlawKind.LEFT_OUT, 12, "soon"), URL)],
            ),
            "item: 12 rows left out because `date` was empty or does not fit %d.%m.%Y,"
            ' for example "soon" on http://h/1',
        ),
        (
            Totals(facts=facts(30, price=0), flaws=[FoundFlaw(Flaw("item", "price", FlawKind.DEFAULTED, 30), URL)]),
            "item: `price` was not found, and has its default in all 30 rows, for example on http://h/1",
        ),
        (
            Totals(facts=facts(5, price=0), flaws=[FoundFlaw(Flaw("item", "price", FlawKind.FAILED, 5, "no"), URL)]),
            "item: `price`: the selector failed for 5 rows, for example on http://h/1: no",
        ),
        (
            Totals(facts=facts(100, price=61), facts_before=facts(50, price=49)),
            "item: `price` was filled in 98 % of the rows of the generation before, now in 61 %,"
            " for example on http://h/1",
        ),
        (
            Totals(records={"item": 100}, replaced={"item": 3900}),
            "item: 3,900 of 4,000 records were replaced by another with the same key (url), or withdrawn",
        ),
        (
            Totals(PAGES, records={"item": 1}, uses={**USES, "unmatched": 37}),
            "37 of 40 pages fit no rule; see `asyncscrape errors --skipped`",
        ),
        (
            Totals(PAGES, records={"item": 1}, uses={**USES, "follow 2.2": 0}),
            'no page had a link for follow = "a.nxt" (rule 2, 10 pages)',
        ),
        (
            Totals(PAGES, records={"item": 1}, uses={"rule 1": 40, "follow 1.1": 1}),
            'no page fits match = "/list/*" (rule 2)',
        ),
        (
            Totals(PAGES, records={"item": 1}, uses={**USES, "follow 2.1": 0, "follow failed 2.1": 3}),
            'follow = "a.item" failed on 3 pages (rule 2)',
        ),
    ],
)
def test_what_looks_wrong_is_told_with_its_place(totals: Totals, expected: str) -> None:
    assert [expected] == warnings(totals)


@pytest.mark.parametrize(
    ("totals", "expected"),
    [
        (
            Totals({Kind.PAGE: {State.FAILED: 2}}),
            ["no page could be fetched: 2 pages failed; see `asyncscrape errors`"],
        ),
        (
            Totals({Kind.PAGE: {State.DONE: 1}}, uses={"unmatched": 1}),
            [
                "1 of 1 page fits no rule; see `asyncscrape errors --skipped`",
                'no page fits match = "/item/*" (rule 1)',
                'no page fits match = "/list/*" (rule 2)',
            ],
        ),
        (
            Totals({Kind.PAGE: {State.DONE: 1}}, uses={**USES, "rule 1": 0}, skipped={"scope": 212}),
            [
                "not followed: 212 links out of scope; look at [scope], and at `asyncscrape errors --skipped`",
                'no page fits match = "/item/*" (rule 1)',
            ],
        ),
        (
            Totals(PAGES, uses=USES, facts=facts(0, price=0)),
            ['item: no rows: match = "/item/*" (rule 1) fits 30 pages and finds none there; see `asyncscrape try`'],
        ),
    ],
)  # fmt: skip
def test_an_empty_run_says_why(totals: Totals, expected: list[str]) -> None:
    assert expected == warnings(totals)


def test_each_table_is_judged_alone() -> None:
    totals = Totals(
        PAGES,
        uses=USES,
        facts={**facts(0, price=0), "list": TableFacts(30)},
        facts_before={"item": TableFacts(90)},
    )
    assert [
        'item: no rows (90 before): match = "/item/*" (rule 1) fits 30 pages and finds none there;'
        " see `asyncscrape try`"
    ] == warnings(totals)


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("depth", "30 links deeper than scope.max_depth allows; see `asyncscrape errors --skipped`"),
        ("nofollow", "30 links marked nofollow; see `asyncscrape errors --skipped`, and politeness.nofollow"),
        ("robots", "30 links that robots.txt disallows; see `asyncscrape errors --skipped`"),
    ],
)
def test_missing_pages_are_looked_for_among_the_links_that_were_not_followed(reason: str, told: str) -> None:
    totals = Totals({Kind.PAGE: {State.DONE: 1}}, uses={**USES, "rule 1": 0}, skipped={reason: 30})
    assert [f"not followed: {told}", 'no page fits match = "/item/*" (rule 1)'] == warnings(totals)


def test_links_that_are_not_followed_are_no_matter_where_no_page_is_missing() -> None:
    found = facts(70, url=70)
    assert [] == warnings(Totals(PAGES, uses=USES, facts=found, skipped={"scope": 900, "robots": 50}))


def test_a_page_that_failed_may_have_been_one_that_fits() -> None:
    totals = Totals({Kind.PAGE: {State.DONE: 10, State.FAILED: 30}}, uses={**USES, "rule 1": 0})
    assert [
        'no page that could be read fits match = "/item/*" (rule 1), but 30 pages failed; see `asyncscrape errors`'
    ] == warnings(totals)


def test_pages_that_were_read_by_other_rules_tell_nothing_of_these() -> None:
    assert [] == warnings(Totals(PAGES, records={"item": 9}, uses={"rule 2": 3, "follow 2.1": 3, "follow 2.2": 1}))


def test_a_last_list_page_has_no_link_to_the_next() -> None:
    single = {"rule 1": 30, "follow 1.1": 3, "rule 2": 1, "follow 2.1": 1}
    known = facts(30, url=30)
    totals = Totals({Kind.PAGE: {State.DONE: 31}}, uses=single, facts=known)
    assert [] == warnings(totals)
    both = warnings(msgspec.structs.replace(totals, uses={**single, "follow 2.1": 0}))
    assert [f'no page had a link for follow = "{link}" (rule 2, 1 page)' for link in ("a.item", "a.nxt")] == both


def test_headings_and_sums_that_are_left_out_are_no_fault() -> None:
    heading = [left_out(10, "price"), misfit(10, "price", "Price")]
    assert [] == warnings(Totals(facts=facts(60, price=60), flaws=heading))
    assert ["item: 10 rows left out because `price` was empty, for example on http://h/1"] == warnings(
        Totals(facts=facts(40, price=40), flaws=heading[:1])
    )


def test_a_row_that_is_left_out_for_a_value_that_does_not_fit_is_told_once() -> None:
    flaws = [left_out(30, "date"), misfit(30, "date", "2021-04-08")]
    assert [
        'item: `date`: 30 of 30 values do not fit %d.%m.%Y, for example "2021-04-08" on http://h/1;'
        " 30 rows left out for it"
    ] == warnings(Totals(PAGES, facts=facts(0, date=0), flaws=flaws, uses=USES))


def test_a_column_that_has_emptied_is_told_once() -> None:
    before = {
        "item": TableFacts(30, {"date": ColumnFacts(30), "cover": ColumnFacts(30), "cover_path": ColumnFacts(30)})
    }
    now = facts(30, date=0, cover=0, cover_path=0)
    assert [
        "item: `cover` is empty in all 30 rows, and was filled in 100 % before, for example on http://h/1",
        "item: `date`: 30 of 30 values do not fit %d.%m.%Y, and was filled in 100 % before,"
        ' for example "1. April" on http://h/1',
    ] == warnings(Totals(facts=now, facts_before=before, flaws=[misfit(30, "date", "1. April")]))


def test_records_of_a_table_that_merges_replace_one_another_on_purpose() -> None:
    totals = Totals(records={"item": 100}, replaced={"item": 900})
    merging = msgspec.structs.replace(ITEM, merge=True)
    assert () == covered(unopened("c", RunState.FINISHED), totals, [merging], WISHES).warnings


EARLY = {Kind.PAGE: {State.DONE: 9, State.PENDING: 3}}
LATER = {Kind.PAGE: {State.DONE: 10, State.PENDING: 3}}


def test_while_pages_wait_nothing_is_concluded_from_a_few() -> None:
    few = {"rule 2": 9, "follow 2.1": 1, "unmatched": 9}
    assert [] == warnings(Totals(EARLY, uses=few, skipped={"scope": 5}))
    assert [
        "not followed: 5 links out of scope; look at [scope], and at `asyncscrape errors --skipped`",
        "9 of 10 pages fit no rule; see `asyncscrape errors --skipped`",
        'no page had a link for follow = "a.nxt" (rule 2, 10 pages)',
    ] == warnings(Totals(LATER, uses={**few, "rule 2": 10}, skipped={"scope": 5}))


def test_columns_that_no_rule_asked_for_may_be_empty_but_not_become_so() -> None:
    """A file store tells no etag, and a site need not tell all that a built-in job has columns for."""
    now = {"blobs": TableFacts(3, {"etag": ColumnFacts(0), "bytes": ColumnFacts(3)})}
    assert [] == warnings(Totals(records={"blobs": 3}, replaced={"blobs": 90}, facts=now))
    before = {"blobs": TableFacts(3, {"etag": ColumnFacts(3)})}
    assert ["blobs: `etag` was filled in 100 % of the rows of the generation before, now in 0 %"] == warnings(
        Totals(records={"blobs": 3}, facts=now, facts_before=before)
    )


def test_a_job_that_has_done_nothing_yet_has_nothing_to_warn_of() -> None:
    assert [] == warnings(Totals({Kind.PAGE: {State.PENDING: 5}}))


def test_what_the_run_complains_of_comes_before_all_else() -> None:
    snapshot = msgspec.structs.replace(unopened("c", RunState.FINISHED), warnings=("item: 3 rows; 9 are expected",))
    found = covered(snapshot, Totals(facts=facts(70, price=0)), [ITEM], WISHES)
    assert ("item: 3 rows; 9 are expected", "item: `price` is empty in all 70 rows, for example on http://h/1") == (
        found.warnings
    )


def test_the_worst_comes_first() -> None:
    totals = Totals(
        PAGES,
        records={"item": 100},
        replaced={"item": 900},
        flaws=[left_out(900, "url"), misfit(1, "price", "free")],
        uses={**USES, "follow 2.2": 0},
        facts=facts(100, url=100, price=99, cover=0),
    )
    heads = [
        "item: `cover` is empty",
        "item: `price`: 1 value does not fit",
        "item: 900 of",
        "item: 900 rows left out",
        "no page had",
    ]
    assert heads == [text[: len(head)] for text, head in zip(warnings(totals), heads, strict=True)]
