"""The page about the quality of tables, as a browser without a network shows it."""

from __future__ import annotations

from pathlib import Path

import msgspec
from support.browser import opened, started

from asyncscrape.analysis.quality_page import page
from asyncscrape.facts import Changes, ColumnFacts, TableFacts
from asyncscrape.model import Flaw, FlawKind, FoundFlaw, Kind, State
from asyncscrape.quality.coverage import covered
from asyncscrape.quality.wishes import Wishes
from asyncscrape.snapshots import unopened
from asyncscrape.stats import RunState, ShownState, Snapshot, Totals

EVIL = "</td><script>alert(1)</script>`&\"'"
FACTS = TableFacts(
    70,
    {
        "url": ColumnFacts(70, None, ("http://h/1", EVIL)),
        "price": ColumnFacts(35, 30, ("19.99",), "http://h/3", 0.5, 1299.0, (20, 0, *(1,) * 8)),
        "day": ColumnFacts(70, 1, ("2021-04-08",), "", "2021-04-08", "2021-04-08"),
        EVIL: ColumnFacts(0, 0, (), "http://h/1"),
    },
    changes=Changes(3, 1, 12),
)
TOTALS = Totals(
    {Kind.PAGE: {State.DONE: 83}},
    replaced={"item": 3},
    flaws=[FoundFlaw(Flaw("item", "url", FlawKind.LEFT_OUT, 20), f"http://h/{EVIL}")],
    facts={"item": FACTS, f"t{EVIL}": TableFacts(0, {"a": ColumnFacts(0)})},
    facts_before={"item": TableFacts(70, {"price": ColumnFacts(70)})},
)


def snapshot(totals: Totals) -> Snapshot:
    about = covered(unopened(f"job {EVIL}", RunState.FINISHED), totals, [], Wishes(tables={"1": "item"}))
    return msgspec.structs.replace(about, pages={**about.pages, ShownState.DONE: 83})


def made(totals: Totals = TOTALS) -> bytes:
    return page(snapshot(totals), totals)


def test_the_page_is_the_same_each_time_and_needs_no_network() -> None:
    assert made() == made()
    assert b"<script" not in made()
    assert b"src=" not in made()


def test_a_job_without_faults_says_so() -> None:
    totals = Totals(facts={"item": TableFacts(1, {"a": ColumnFacts(1, 1, ("x",))})})
    assert b"Nothing looks wrong." in made(totals)
    gap = Totals(facts={"item": TableFacts(2, {"a": ColumnFacts(1, 1, ("x",), "http://h/2")})})
    assert b"Nothing looks wrong." not in made(gap)
    assert b"some columns are filled only in part" in made(gap)


async def test_a_browser_shows_every_value_as_text(tmp_path: Path) -> None:
    file = tmp_path / "quality.html"
    file.write_bytes(made())
    async with started() as browser, opened(browser, file) as seen:
        assert f"job {EVIL}" == await seen.page.inner_text("h1")
        assert ["Look at", "item", f"t{EVIL}"] == await seen.page.locator("h2").all_inner_texts()
        cells = [await row.locator("td").all_inner_texts() for row in await seen.page.locator("tr:has(td)").all()]
        warnings = await seen.page.locator("li").all_inner_texts()
        about = await seen.page.locator("section p").first.inner_text()
        bars = await seen.page.locator("svg").first.locator("rect").count()
    assert [
        ["url", "100 %", "many", f"http://h/1\n{EVIL}", "", ""],
        ["price", "50 % (100 % before)\nempty on\nhttp://h/3", "30", "19.99", "0.5 – 1,299", ""],
        ["day", "100 %", "1", "2021-04-08", "2021-04-08 – 2021-04-08", ""],
        [EVIL, "0 %\nempty on\nhttp://h/1", "0", "", "", ""],
        ["a", "0 %", "many", "", "", ""],
    ] == [[cell.strip() for cell in row] for row in cells]
    assert 9 == bars
    assert 3 == len(warnings)
    assert f"item: 20 rows left out because url was empty, for example on http://h/{EVIL}" in warnings
    assert (
        "70 rows (70 before) · 3 replaced by a newer record with the same key · 20 left out because url was empty"
        " · 3 new, 1 gone, 12 changed since the last generation"
    ) == about


async def test_it_fits_a_narrow_screen(tmp_path: Path) -> None:
    file = tmp_path / "quality.html"
    file.write_bytes(made())
    async with started() as browser, opened(browser, file) as seen:
        await seen.page.set_viewport_size({"width": 360, "height": 700})
        assert 360 == await seen.page.evaluate("document.documentElement.scrollWidth")
