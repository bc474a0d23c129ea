"""`run --again`: a new generation takes the place of the last one when it is complete and as expected."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from support.crawling import PAGES, Crawled, crawl
from support.hosts_server import Hosts, serving
from support.job_frontier import job_frontier
from support.shelf import Shelf, shelved
from support.sites import links, site

from asyncscrape.crawl.build import Limits
from asyncscrape.crawl.judgement import Consent
from asyncscrape.errors import JobChanged
from asyncscrape.expectations import TableExpectation
from asyncscrape.facts import Changes, TableFacts
from asyncscrape.model import Generation
from asyncscrape.snapshots import finished
from asyncscrape.stats import Standing

ROWS = {"page": TableExpectation(min_rows=3)}
DROP = {"page": TableExpectation(drop=0.5)}
ACCEPT = Consent(accept=True)


class Shop:
    """A site of linked pages that may change, and a job that reads it."""

    def __init__(self, folder: Path, hosts: Hosts, pages: dict[str, web.Response | str]) -> None:
        self.folder = folder
        self.hosts = hosts
        self.pages = pages
        self.shelf = Shelf()
        self.titles(*"abc")

    def titles(self, *titles: str) -> None:
        """The titles of the pages from now on."""
        self.pages.clear()
        self.pages["/"] = links(*(f"/{title}" for title in titles), title="home")
        self.pages |= {f"/{title}": links(title=title) for title in titles}

    async def run(self, **more: object) -> Crawled:
        given = {"builders": shelved(self.shelf), "politeness": {"robots": False}, **more}
        return await crawl(self.folder, [self.hosts.url("shop", "/")], **given)  # type: ignore[arg-type]

    async def begin(self) -> Generation:
        async with job_frontier(self.folder / "job").alone() as owner:
            return await owner.begin_generation()

    async def standing(self) -> Standing:
        standing = await job_frontier(self.folder / "job").standing()
        assert standing is not None
        return standing

    @property
    def asked(self) -> int:
        return len(self.hosts.paths("shop"))


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    pages: dict[str, web.Response | str] = {}
    async with serving({"shop": site(pages)}) as hosts:
        yield Shop(tmp_path, hosts, pages)


async def test_a_new_generation_takes_the_place_of_the_last_one(shop: Shop) -> None:
    first = await shop.run()
    assert (0, 1, False, {}) == (
        first.snapshot.exit,
        first.snapshot.generation,
        first.snapshot.beside,
        first.snapshot.changes,
    )
    shop.titles("b", "c", "d", "e")
    await shop.begin()
    second = (await shop.run()).snapshot
    assert {"page": {"home", "b", "c", "d", "e"}} == shop.shelf.place
    assert (0, "finished", 2, False, False) == (
        second.exit,
        second.state,
        second.generation,
        second.beside,
        second.held,
    )
    assert ({"page": Changes(2, 1, 0)}, {"page": 5}) == (second.changes, second.records)
    totals = (await shop.standing()).totals
    assert {"page": TableFacts(4)} == totals.facts_before


async def test_a_later_run_goes_on_in_the_generation_in_place(shop: Shop) -> None:
    await shop.run()
    await shop.begin()
    await shop.run()
    again = (await shop.run()).snapshot
    assert (0, 2, 0) == (again.exit, again.generation, again.requests)
    assert finished(await shop.standing())


async def test_a_generation_that_is_not_as_expected_is_held(shop: Shop) -> None:
    await shop.run()
    shop.titles("d")
    await shop.begin()
    builders = shelved(shop.shelf, expected=ROWS)
    held = (await shop.run(builders=builders)).snapshot
    assert {"page": {"home", *"abc"}} == shop.shelf.place
    assert (3, "finished", True) == (held.exit, held.state, held.held)
    assert ("page: 2 rows; at least 3 are expected",) == held.warnings
    asked = shop.asked
    judged_again = (await shop.run(builders=builders)).snapshot
    assert (3, True) == (judged_again.exit, judged_again.held)
    accepted = (await shop.run(builders=builders, consent=ACCEPT)).snapshot
    assert (0, False, held.warnings) == (accepted.exit, accepted.held, accepted.warnings)
    assert {"page": {"home", "d"}} == shop.shelf.place
    assert asked == shop.asked, "taking it asks for nothing"
    later = (await shop.run(builders=builders)).snapshot
    assert (0, held.warnings) == (later.exit, later.warnings), "it was accepted for good"
    more = shelved(shop.shelf, expected={"page": TableExpectation(min_rows=4)})
    assert 3 == (await shop.run(builders=more)).snapshot.exit, "this is another complaint"


async def test_a_held_generation_is_taken_once_it_is_as_expected(shop: Shop) -> None:
    await shop.run()
    shop.titles("d")
    await shop.begin()
    await shop.run(builders=shelved(shop.shelf, expected=ROWS))
    assert 0 == (await shop.run()).snapshot.exit
    assert {"page": {"home", "d"}} == shop.shelf.place


async def test_a_table_that_lost_too_many_rows_is_held(shop: Shop) -> None:
    await shop.run()
    shop.titles()
    await shop.begin()
    held = (await shop.run(builders=shelved(shop.shelf, expected=DROP))).snapshot
    assert (3, True) == (held.exit, held.held)
    assert "75 % less than the 4 of the generation before" in held.warnings[0]


async def test_a_generation_with_too_many_failures_is_held(shop: Shop) -> None:
    await shop.run()
    del shop.pages["/a"], shop.pages["/b"]
    await shop.begin()
    held = (await shop.run(fetch={"max_failure_ratio": 0.4})).snapshot
    assert (3, True) == (held.exit, held.held)
    assert ("2 of 4 URLs failed (50 %); max_failure_ratio allows 40 %",) == held.warnings


async def test_a_held_generation_is_thrown_away_by_the_next_one(shop: Shop) -> None:
    await shop.run()
    shop.titles("d")
    await shop.begin()
    await shop.run(builders=shelved(shop.shelf, expected=ROWS))
    shop.titles(*"xyz")
    assert (3, True) == ((begun := await shop.begin()).number, begun.beside)
    taken = (await shop.run(builders=shelved(shop.shelf, expected=ROWS))).snapshot
    assert (0, {"page": Changes(3, 3, 0)}) == (taken.exit, taken.changes)
    assert {"page": {"home", *"xyz"}} == shop.shelf.place


async def test_the_first_generation_is_in_place_even_if_it_is_not_as_expected(shop: Shop) -> None:
    shop.titles()
    first = (await shop.run(builders=shelved(shop.shelf, expected=ROWS))).snapshot
    assert (3, "finished", False) == (first.exit, first.state, first.held)
    assert {"page": {"home"}} == shop.shelf.place
    assert 0 == (await shop.run(builders=shelved(shop.shelf, expected=ROWS), consent=ACCEPT)).snapshot.exit


async def test_a_limit_makes_no_tables_of_a_generation_beside(shop: Shop) -> None:
    await shop.run()
    shop.titles(*"abcde")
    await shop.begin()
    limited = (await shop.run(limits=Limits(max_pages=2))).snapshot
    assert (10, "stopped", True, False) == (limited.exit, limited.state, limited.beside, limited.held)
    assert ({"page": {"home", *"abc"}}, {}) == (shop.shelf.place, (await shop.standing()).totals.facts)
    assert not finished(await shop.standing())
    assert 0 == (await shop.run()).snapshot.exit
    assert {"page": {"home", *"abcde"}} == shop.shelf.place


async def test_a_switch_that_has_begun_is_completed_whatever_is_expected_then(shop: Shop) -> None:
    one, other = Shelf("one"), Shelf("other")
    builders = shelved(one, other, expected=ROWS)
    await shop.run(builders=builders)
    shop.titles("d")
    await shop.begin()
    other.fault = True
    broken = (await shop.run(builders=builders, consent=ACCEPT)).snapshot
    assert (4, True) == (broken.exit, broken.beside)
    before = {"page": {"home", *"abc"}}
    assert (before, before) == (one.place, other.place), "the last store switches first: it refused"
    other.fault, one.fault = False, True
    await shop.run(builders=builders)
    assert ({"page": {"home", "d"}}, before) == (other.place, one.place)
    one.fault = False
    completed = (await shop.run(builders=builders)).snapshot
    assert (0, False) == (completed.exit, completed.beside), "it was accepted"
    assert one.place == other.place == {"page": {"home", "d"}}


async def test_rules_that_changed_are_refused_mixed_or_taken_by_a_new_generation(shop: Shop) -> None:
    await shop.run()
    changed = {"rules": PAGES.replace('title = "h1"', 'title = "h2"')}
    with pytest.raises(JobChanged, match="4 pages were read by the old one"):
        await shop.run(**changed)
    mixed = (await shop.run(consent=Consent(mix=True), **changed)).snapshot
    assert (0, 1) == (mixed.exit, len(mixed.warnings))
    assert "table page is mixed" in mixed.warnings[0]
    await shop.begin()
    assert () == (await shop.run(rules=PAGES)).snapshot.warnings


async def test_a_job_that_was_stopped_is_not_finished(shop: Shop) -> None:
    await shop.run(limits=Limits(max_pages=1))
    assert not finished(await shop.standing())
