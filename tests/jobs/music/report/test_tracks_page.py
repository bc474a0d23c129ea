"""The page `tracks.html` in a real browser without a network."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import pytest_asyncio
from playwright.async_api import Page, expect
from support.browser import Opened
from support.mood_scene import with_moods
from support.music_scene import FIRST_ID, scene, write_blobs
from support.music_tables import artist, comment, matched, music, track
from support.tracks_page import show, write_page

from asyncscrape.jobs.music.report import tracks_page
from asyncscrape.jobs.music.report.stored_music import StoredMusic

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVIL = "</script><img src=x onerror=\"document.title='owned'\"><b>&amp; \u202ertl 🔥 שלום"
TIMED = "(() => { const began = performance.now(); %s; return performance.now() - began; })()"


def small() -> StoredMusic:
    """Five tracks, the first with all there can be."""
    tracks = [
        matched(
            1,
            title="Ağır Tide",
            plays=50,
            description=f"about {EVIL}",
            key="Ab minor",
            camelot="1A",
            bpm=126.5,
            waveform_path="1.json",
            preview_url="https://geo-samples.beatport.com/1.mp3",
            preview_path="audio/1.mp3",
        ),
        matched(2, artist=2, title=EVIL, plays=400, url="javascript:alert(1)", bpm=140, tags=["dub"], camelot="10A"),
        track(3, artist=2, title="Night Bus", plays=None, likes=None, duration_ms=4_000_000, is_track=False),
        track(4, artist=9, title=None, plays=300, genre="House", match_why="no title alike"),
        track(5, title="alpha", plays=0, comment_count=7),
    ]
    said = [(9, 60.5, EVIL), (8, 60, "same second"), (7, 300, "later"), (6, None, "no time"), (5, 599, "end")]
    comments = [comment(n, 1, second, body) for n, second, body in said]
    return music([artist(1, name="Nora Vale"), artist(2, name=f"Kai {EVIL}")], tracks, comments)


@pytest.fixture(scope="module")
def small_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    (folder / "1.json").write_text('{"width":2,"height":140,"samples":[140,0]}')
    return write_page(folder, small(), folder)


@pytest_asyncio.fixture(loop_scope="module")
async def shown(window: Opened, small_page: Path) -> AsyncIterator[Opened]:
    yield await show(window, small_page)
    assert [] == window.complaints
    assert {small_page.as_uri()} == {url.partition("#")[0] for url in window.asked}


async def titles(page: Page) -> list[str]:
    return list(await page.locator(".row a").all_text_contents())


async def plays(page: Page) -> list[str]:
    return list(await page.locator(".row > div:nth-child(3)").all_text_contents())


async def test_the_most_played_come_first_and_every_column_sorts_both_ways(shown: Opened) -> None:
    page = shown.page
    assert ["400", "300", "50", "0", ""] == await plays(page)
    header = await page.locator("header").inner_text()
    assert "5 tracks, 5 comments. Source: A & B <source>. Comments are cut after 140 characters." in header
    await page.get_by_role("button", name="Plays").click()
    assert ["0", "50", "300", "400", ""] == await plays(page), "a track without plays stays last"
    await page.get_by_role("button", name="Title").click()
    assert [EVIL, "Ağır Tide", "alpha", "Night Bus", "untitled"] == await titles(page)
    assert "ascending" == await page.locator("[role=columnheader]").first.get_attribute("aria-sort")
    await page.get_by_role("button", name="Key").click()
    keys = page.locator(".row > div:nth-child(7)")
    assert ["1A", "10A", "", "", ""] == await keys.all_text_contents()


async def test_search_ignores_accents_and_filters_add_up(shown: Opened) -> None:
    page = shown.page
    await page.get_by_label("Search").fill("agir NORA")
    assert ["Ağır Tide"] == await titles(page)
    assert "1 of 5 tracks" == await page.locator("#status").inner_text()
    await page.get_by_role("button", name="Clear").click()
    await page.get_by_role("button", name="Filters").click()
    await page.get_by_label("BPM from").fill("120")
    assert ["400", "50"] == await plays(page)
    await page.get_by_label("BPM to").fill("130")
    assert ["50"] == await plays(page)
    assert "Filters (1)" == await page.locator("#filter").inner_text()
    await page.get_by_role("button", name="Clear").click()
    await page.get_by_label("Length from").fill("1:00:00")
    assert ["Night Bus"] == await titles(page)
    await page.get_by_role("button", name="Clear").click()
    await page.get_by_label("Beatport is").select_option("not asked")
    assert ["alpha"] == await titles(page)
    await page.get_by_role("button", name="Clear").click()
    await page.get_by_label("Released from").fill("2025-05-12")
    await page.get_by_label("Tags contains").fill("DUB")
    assert [EVIL] == await titles(page)
    await page.get_by_label("Genre contains", exact=True).fill("x")
    await expect(page.locator("#nothing")).to_be_visible()


async def test_a_track_opens_with_its_comments_over_time_and_its_facts(shown: Opened) -> None:
    page = shown.page
    await page.get_by_text("Ağır Tide").click()
    await expect(page.locator("#track")).to_be_visible()
    said = [" ".join(text.split()) for text in await page.locator("#comments li").all_inner_texts()]
    assert [
        "1:00 same second fan-8",
        f"1:00 {EVIL} fan-9",
        "5:00 later fan-7",
        "9:59 end fan-5",
        "no time fan-6",
    ] == said
    assert "5, 1 without a time" == await page.locator("#said-count").inner_text()
    facts = " ".join((await page.locator("#facts").inner_text()).split())
    assert "BPM 126.5 Key Ab minor (1A) Label Low Tide Length 10:00" in facts
    assert "Producers Nora Vale" in facts
    assert f"about {EVIL}" == await page.locator("#description").inner_text()
    links = await page.locator("#links a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert ["https://soundcloud.com/artist-1/track-1", "https://www.beatport.com/track/track-1/9900001"] == links
    wide = (await page.locator("#timeline").bounding_box() or {})["width"]
    across = "all => all.map(one => one.transform.baseVal[0].matrix.e)"
    dots = await page.locator("#dots path").evaluate_all(across)
    assert pytest.approx([wide * part / 600 for part in (60, 60, 300, 599)], abs=1) == dots

    bars = str(await page.locator("#bars").get_attribute("d"))
    assert ["M0.5 0.5v63", "M199.5 31.5v1"] == [bars[:11], bars[-13:]]


async def test_pointing_at_a_moment_shows_who_says_what(shown: Opened) -> None:
    page = shown.page
    await page.get_by_text("Ağır Tide").click()
    box = await page.locator("#timeline").bounding_box()
    assert box
    await page.mouse.move(box["x"] + box["width"] / 10, box["y"] + 60)
    bubble = page.locator("#bubble p")
    assert ["1:00 fan-8: same second", f"1:00 fan-9: {EVIL}"] == await bubble.all_text_contents()
    await page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 120)
    assert ["5:00 fan-7: later"] == await bubble.all_text_contents()
    await expect(page.locator("#comments li.on")).to_have_text(["5:00laterfan-7"])
    await page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 60)
    await expect(page.locator("#bubble")).to_be_hidden()


async def test_columns_to_the_right_are_hinted_at_and_a_click_brings_them(shown: Opened) -> None:
    page = shown.page
    heads = page.get_by_role("columnheader")
    for name in ("Title", "BPM", "Key", "Label", "Beatport"):
        await expect(heads.get_by_text(name, exact=True)).to_be_in_viewport(ratio=1)
    cut = "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.textContent)"
    assert [] == await page.locator(".row .number").evaluate_all(cut)
    tags, hint = heads.get_by_text("Tags"), page.get_by_role("button", name="More columns")
    await expect(tags).not_to_be_in_viewport()
    await hint.click()
    await expect(tags).to_be_in_viewport(ratio=1)
    await expect(hint).to_be_hidden()
    await page.set_viewport_size({"width": 1900, "height": 800})
    await expect(hint).to_be_hidden()
    await page.set_viewport_size({"width": 1280, "height": 800})
    await expect(hint).to_be_visible()


async def test_all_can_be_done_with_the_keyboard(shown: Opened) -> None:
    page = shown.page
    await page.locator("#scroller").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "Enter"):
        await page.keyboard.press(key)
    await expect(page.locator("#track-title")).to_have_text("Ağır Tide")
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("#track-title")).to_have_text("alpha")
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator("#track-title")).to_have_text("Ağır Tide")
    await page.keyboard.press("Escape")
    await expect(page.locator("#track")).to_be_hidden()
    assert "Ağır Tide" == await page.evaluate("document.activeElement.textContent")
    await page.keyboard.press("End")
    assert "Night Bus" == await page.evaluate("document.activeElement.textContent")


async def test_texts_from_the_web_are_only_ever_text(shown: Opened) -> None:
    page = shown.page
    await page.locator(".row a").first.click()
    await expect(page.locator("#track-title")).to_have_text(EVIL)
    await expect(page.locator("#track-artist")).to_have_text(f"Kai {EVIL}")
    assert 1 == await page.locator("#links a").count(), "a link that is not of the web is left out"
    assert 0 == await page.locator("img").count()
    assert "Tracks and what people say about them" == await page.title()
    refused = "fetch('https://example.org/').then(() => 'sent', () => 'refused')"
    assert "refused" == await page.evaluate(refused)
    script = "Object.assign(document.createElement('script'), {text: 'window.bad = 1'})"
    await page.evaluate(f"document.body.append({script})")
    assert await page.evaluate("window.bad === undefined"), "only the page's own program runs"
    assert all("Content Security Policy" in text for text in shown.complaints)
    shown.complaints.clear()
    del shown.asked[1:]


async def test_a_phone_needs_no_scrolling_sideways(phone: Opened, small_page: Path) -> None:
    seen = await show(phone, small_page)
    page = seen.page
    wide = "['documentElement', 'body'].map(one => document[one].scrollWidth)"
    assert [390, 390] == await page.evaluate(wide)
    card = " ".join((await page.locator(".row").nth(2).inner_text()).split())
    assert "Ağır Tide Nora Vale 50 plays · 5 comments · 10:00 · 126.5 BPM · 1A" == card
    await page.get_by_label("Sort by").select_option("Title")
    assert "Ağır Tide" == (await titles(page))[1]
    await page.locator(".row").nth(1).tap()
    await expect(page.locator("#track-brief")).to_have_text("126.5 BPM · Ab minor (1A) · Low Tide · 10:00")
    await expect(page.locator("#track-brief")).to_be_in_viewport()
    box = await page.locator("#timeline").bounding_box()
    assert box
    await page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + 60)
    assert ["5:00 fan-7: later"] == await page.locator("#bubble p").all_text_contents()
    assert [390, 390] == await page.evaluate(wide)
    inks = {}
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        inks[scheme] = await page.evaluate("getComputedStyle(document.getElementById('track')).color")
    assert {"light": "rgb(28, 28, 30)", "dark": "rgb(236, 236, 239)"} == inks
    assert [] == seen.complaints


async def test_absurd_values_keep_no_track_from_opening(phone: Opened, tmp_path: Path) -> None:
    most = 2**63 - 1
    ends = {"posted_at": datetime.max.replace(tzinfo=UTC), "release_date": date.min}
    tracks = [
        matched(-5, title="W" * 5000, duration_ms=most, plays=most, likes=-most, bpm=1e300, **ends),
        matched(6, duration_ms=None, plays=1, match_score=float("nan"), key="x" * 5000, producers=["x" * 10**6] * 30),
    ]
    times = (80_000, most / 1000, float("inf"), -1)
    comments = [comment(10 * n + abs(one), one, at, "x") for one in (-5, 6) for n, at in enumerate(times)]
    file = write_page(tmp_path, music([artist(1, name=None)], tracks, comments))
    assert 100_000 > file.stat().st_size
    seen = await show(phone, file)
    for place in (0, 1):
        await seen.page.locator(".row a").nth(place).click()
        await expect(seen.page.locator("#said-count")).to_have_text("4, 3 without a time")
        assert 2 < await seen.page.locator("#times span").count() < 8
        assert 390 == await seen.page.evaluate("document.documentElement.scrollWidth")
        await seen.page.keyboard.press("Escape")
    assert [] == seen.complaints


async def test_a_page_is_made_of_nothing(window: Opened, tmp_path: Path) -> None:
    seen = await show(window, write_page(tmp_path, music()))
    await expect(seen.page.locator("#nothing")).to_have_text("No tracks are stored yet.")
    assert [] == seen.complaints


def endless(tracks: int) -> StoredMusic:
    """So many tracks and a few more, each of the first with a hundred comments that hardly can be packed."""
    stored = scene(tracks + 20, 0)
    chance = np.random.default_rng(1)
    number = 100 * tracks
    letters = base64.b64encode(chance.bytes(12 * 2 * number))
    words = pl.Series(np.frombuffer(letters, "S16")).cast(pl.String)
    said = pl.DataFrame(
        {
            "id": np.arange(number),
            "track_id": FIRST_ID + np.arange(number) % tracks,
            "track_seconds": chance.integers(0, 600, number).astype(float),
            "body": words.slice(0, number).str.head(13),
            "user_permalink": words.slice(number).str.head(4),
            "created_at": pl.Series(chance.integers(0, 10**15, number)).cast(pl.Datetime("us", "UTC")),
        }
    )
    empty = music().comments
    return replace(stored, comments=pl.concat([empty, said], how="diagonal"))


async def check_endless(window: Opened, folder: Path, stored: StoredMusic, patience: int, kept: int = 100) -> None:
    """The page of `endless` tracks has its share of the size of the largest, and is usable after so many ms."""
    tracks = stored.tracks.height - 20
    write_blobs(stored, folder, most=1)
    file = write_page(folder, stored, folder)
    share = tracks / tracks_page.MOST_TRACKS
    assert 12_000_000 * share < file.stat().st_size < 25_000_000 * share
    seen = await show(window, file)
    page = seen.page
    usable = await page.evaluate("Number(document.documentElement.dataset.usableAfter)")
    sorting = await page.evaluate(TIMED % "document.querySelector('#head button').click()")
    await page.get_by_label("Search").fill("tek")
    await expect(page.locator("#status")).to_contain_text(f"of {min(tracks + 20, tracks_page.MOST_TRACKS):,} tracks")
    assert usable + sorting < patience
    await page.locator(".row a").nth(3).click()
    await expect(page.locator("#comments li")).to_have_count(kept)
    assert 60 > await page.locator(".row").count(), "only the rows that can be seen exist"
    assert [] == seen.complaints


async def test_a_hundred_thousand_comments_take_a_tenth_of_the_room_of_a_million(
    window: Opened, tmp_path: Path
) -> None:
    await check_endless(window, tmp_path, endless(tracks_page.MOST_TRACKS // 10), patience=1000)


@pytest.mark.torture
async def test_a_million_comments_fit_into_a_page_that_is_soon_usable(window: Opened, tmp_path: Path) -> None:
    await check_endless(window, tmp_path, endless(tracks_page.MOST_TRACKS), patience=3000)


@pytest.mark.torture
async def test_moods_of_a_million_comments_leave_room_for_most_of_them(window: Opened, tmp_path: Path) -> None:
    await check_endless(window, tmp_path, with_moods(endless(tracks_page.MOST_TRACKS)), patience=3000, kept=80)


async def test_tracks_that_are_too_many_are_told_of() -> None:
    made = tracks_page.page(scene(tracks_page.MOST_TRACKS + 20, 0), None, "a source")
    assert b"These are the most played of 10,020 tracks." in made
