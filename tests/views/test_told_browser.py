"""What people are told about the browser: in the summary rule by rule, in `status` and the display on one line."""

from __future__ import annotations

import msgspec
import pytest
from rich.console import Console

from asyncscrape.openings import BrowserTotals
from asyncscrape.snapshots import unopened
from asyncscrape.stats import RunState
from asyncscrape.views.progress import render
from asyncscrape.views.tables import summary
from asyncscrape.views.told_browser import browser, pages

IDLE = unopened("shop", RunState.FINISHED)
TOLD = BrowserTotals(
    30,
    12.0,
    270,
    {
        "/item/* → item": {"by_http": 270, "in_vain": 25},
        "/list": {"helped": 3, "in_vain": 1, "passed_over": 1_000},
        "/table": {"at_once": 1},
    },
)
USED = msgspec.structs.replace(IDLE, browser=TOLD)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (TOLD, "270 pages by HTTP, 30 by browser in 12 s; about 108 s saved"),
        (BrowserTotals(0, 0.0, 1), "1 page by HTTP, 0 by browser"),
        (BrowserTotals(2, 3.0, 0), "0 pages by HTTP, 2 by browser in 3 s"),
    ],
)
def test_pages_and_time_are_told_on_one_line(told: BrowserTotals, expected: str) -> None:
    assert expected == pages(told)


def test_the_summary_tells_what_the_browser_was_good_for_rule_by_rule() -> None:
    assert [
        "/item/* → item: 270 by HTTP, opened in vain 25; browser = false would save that",
        "/list: the browser brought more on 3, opened in vain 1, 1,000 not opened, because that was in vain before; "
        "run --again opens those",
    ] == list(browser(USED))[1:]
    assert [] == list(browser(IDLE))


def test_summary_and_display_show_it_for_a_job_that_uses_a_browser() -> None:
    for snapshot, shown in ((USED, True), (IDLE, False)):
        console = Console(record=True, width=100)
        console.print(summary(snapshot, [], []), render(snapshot, 100, 1000))
        assert shown is ("270 pages by HTTP" in console.export_text())
