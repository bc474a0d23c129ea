"""How comments feel, on the page `tracks.html` in a real browser: curve, moments, labels, and the column of moods."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect
from support.browser import Opened
from support.music_tables import artist, comment, feelings, felt_at, label, matched, music, track
from support.tracks_page import show, write_page

from asyncscrape.jobs.music.report.stored_music import StoredMusic

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVIL = "</script><b>that drop</b> 🔥"
SAID = [
    (1, 60.5, "so warm"),
    (2, 62, "love this"),
    (3, 64, EVIL),
    (4, 300, "hm"),
    (5, 480, "the kick is thin"),
    (6, 500, "id?"),
]
CURVE = {9: (0.2, 2.0), 10: (0.9, 12.0), 11: (0.6, 3.0), 80: (-0.7, 1.0), 81: (-1, 0.5)}


def felt() -> StoredMusic:
    """Four tracks, the first with all that there can be."""
    tracks = [
        matched(1, plays=50, preview_path="audio/1.mp3"),
        track(2, plays=40),
        track(3, plays=30),
        track(4, plays=20),
    ]
    comments = [comment(n, 1, second, body) for n, second, body in SAID] + [comment(9, 2, 5, "x")]
    labels = [
        *(label(n, "positive") for n in (1, 2)),
        label(3, "positive", 0.97),
        label(4, "neutral"),
        label(5, "negative"),
        label(6, "positive", 0.4, sure=False),
    ]
    counts = {"comments": 6, "positive": 3, "neutral": 1, "negative": 1, "unsure": 1}
    moments = {"loved": [felt_at(60, 3, 0.88)], "hated": [felt_at(478, 1, -0.7)]}
    moods = [
        feelings(1, CURVE, mood=0.4, **counts, **moments),
        feelings(2, comments=1, positive=1, mood=1.0),
        feelings(3, comments=9, neutral=4, negative=5, mood=-0.55),
    ]
    octave = {"tempo": 64.02, "tempo_2": 128.04, "bpm_agreement": "octave", "analysed_seconds": 120.0}
    relative = {"key": "C major", "camelot": "8B", "key_agreement": "relative"}
    loud = {"loudness_lufs": -8.25, "loudness_range_lu": 4.0}
    wave = {"path": "audio/1.mp3", "energy": json.dumps([0.0, 1.0, 0.5, 0.25])}
    heard = [
        {"track_id": 1, **octave, **relative, **loud, **wave},
        {"track_id": 2, "problem": "it is silent", "energy": "[0.5"},
        {"track_id": 3, "path": "audio/3.mp3", "energy": "[0.2, 0.4]"},
    ]
    return music([artist(1)], tracks, comments, (), (), labels, moods, heard)


@pytest.fixture(scope="module")
def felt_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(tmp_path_factory.mktemp("felt"), felt())


@pytest_asyncio.fixture(loop_scope="module")
async def page(window: Opened, felt_page: Path) -> AsyncIterator[Page]:
    """The page, which complains of nothing and asks for nothing."""
    seen = await show(window, felt_page)
    yield seen.page
    assert [] == seen.complaints
    assert {felt_page.as_uri()} == {url.partition("#")[0] for url in seen.asked}


async def texts(page: Page, place: str) -> list[str]:
    return [" ".join(text.split()) for text in await page.locator(place).all_inner_texts()]


async def open_track(page: Page, title: str) -> None:
    await page.get_by_role("link", name=title, exact=True).click()
    await expect(page.locator("#track-title")).to_have_text(title)


async def facts(page: Page) -> dict[str, str]:
    return dict(zip(await texts(page, "#facts dt"), await texts(page, "#facts dd"), strict=True))


def numbers(path: str | None) -> list[float]:
    return [float(number) for number in re.findall(r"-?[\d.]+", path or "")]


async def test_the_curve_has_gaps_and_fades_where_few_comments_stand_behind_it(page: Page) -> None:
    await open_track(page, "Track 1")
    drawn = await page.locator("#mood .line").get_attribute("d")
    first, second = (numbers(stretch) for stretch in (drawn or "").split("M")[1:])
    assert [9, 9.5, 10.5, 11.5, 12] == first[::2]
    assert pytest.approx([-0.2, -0.2, -0.9, -0.6, -0.6], abs=0.01) == first[1::2]
    assert [80, 80.5, 81.5, 82] == second[::2]
    assert pytest.approx([0.7, 0.7, 1, 1], abs=0.01) == second[1::2]
    opacities = "all => all.map(one => Number(one.getAttribute('stop-opacity')))"
    sure = await page.locator("#fading stop").evaluate_all(opacities)
    assert sure[81] < sure[80] < sure[11] < sure[10] < 1
    above = await page.locator("#mood").bounding_box()
    below = await page.locator("#wave").bounding_box()
    assert above
    assert below
    assert above["y"] + above["height"] <= below["y"]


async def test_a_moment_is_marked_where_it_is_and_tells_what_is_said(page: Page) -> None:
    await open_track(page, "Track 1")
    loved, hated = page.get_by_role("button", name="loved from"), page.get_by_role("button", name="hated from")
    for moment, middle in ((loved, 64), (hated, 482)):
        box, line = await moment.bounding_box(), await page.locator("#timeline").bounding_box()
        assert box
        assert line
        assert pytest.approx(line["x"] + line["width"] * middle / 600, abs=1) == box["x"] + box["width"] / 2
    await hated.hover()
    bubble = page.locator("#bubble p")
    await expect(bubble).to_have_text(["✕ hated from 7:58 to 8:06: 1 comment, mood −0.7", "“the kick is thin”"])
    await expect(page.locator("#comments li.on .what")).to_have_text(["the kick is thin"])


async def test_pointing_at_the_curve_tells_the_mood_there(page: Page) -> None:
    assert "Moods are what a small model reads in 15 comments." in (await texts(page, "header"))[0]
    await open_track(page, "Track 1")
    box = await page.locator("#mood").bounding_box()
    assert box
    await page.mouse.move(box["x"] + box["width"] * 0.115, box["y"] + 20)
    near = ["1:02 fan-2: love this positive", f"1:04 fan-3: {EVIL} positive"]
    read = "mood +0.6 around here, read in about 3 comments"
    await expect(page.locator("#bubble p")).to_have_text([*near, read])
    await page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 20)
    await expect(page.locator("#bubble")).to_be_hidden()


async def test_moments_at_the_same_time_have_marks_side_by_side(window: Opened, tmp_path: Path) -> None:
    moments = {
        "loved": [felt_at(n, 3, 0.5) for n in (590, 1, 0)],
        "hated": [felt_at(n, 3, -0.5) for n in (591, 2, 300)],
    }
    moods = [feelings(1, CURVE, comments=18, positive=9, negative=9, mood=0.0, **moments)]
    stored = music([artist(1)], [track(1)], (), (), (), (), moods)
    seen = await show(window, write_page(tmp_path, stored))
    await open_track(seen.page, "Track 1")
    line = await seen.page.locator("#timeline").bounding_box()
    assert line
    lefts = "all => all.map(one => one.getBoundingClientRect().left)"
    places = [left - line["x"] for left in await seen.page.locator("#moments button").evaluate_all(lefts)]
    wide = line["width"]
    assert pytest.approx([0, 24, 48, wide * 304 / 600 - 12, wide - 48, wide - 24], abs=1) == places
    assert [] == seen.complaints


async def test_moments_and_labels_can_be_used_with_the_keyboard(page: Page) -> None:
    await page.keyboard.press("Tab")
    await open_track(page, "Track 1")
    await page.get_by_role("button", name="Close").focus()
    await page.keyboard.press("Tab")
    await expect(page.locator("#bubble p")).to_have_text(
        ["♥ loved from 1:00 to 1:08: 3 comments, mood +0.88", f"“{EVIL}”"]
    )
    await expect(page.locator("#comments li.on")).to_have_count(3)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await expect(page.locator("#bubble")).to_be_hidden()
    assert "3 positive" == await page.evaluate("document.activeElement.textContent")
    await page.keyboard.press("Space")
    await expect(page.get_by_role("button", name="3 positive")).to_have_attribute("aria-pressed", "false")
    await expect(page.locator("#comments li:visible .what")).to_have_text(["hm", "the kick is thin", "id?"])
    await expect(page.locator("#dots path:visible")).to_have_count(3)
    await page.keyboard.press("Space")
    await expect(page.locator("#comments li:visible")).to_have_count(6)


async def test_labels_differ_in_shape_and_are_named(page: Page) -> None:
    await open_track(page, "Track 1")
    shapes = "all => all.map(one => [one.getAttribute('class'), one.getAttribute('d')])"
    drawn = dict(await page.locator("#dots path").evaluate_all(shapes))
    assert {"positive", "neutral", "negative", "unsure"} == set(drawn)
    assert len(drawn) == len(set(drawn.values()))
    who = await texts(page, "#comments .who")
    assert ["positive · fan-1", "unsure · fan-6"] == [who[0], who[-1]]
    labels = "3 positive 1 neutral 1 negative 1 unsure ♥ loved moment ✕ hated moment"
    assert [f"What a small model reads in 6 comments: {labels}"] == await texts(page, "#legend")


async def test_what_is_measured_stands_beside_what_beatport_says(page: Page) -> None:
    await open_track(page, "Track 1")
    told = await facts(page)
    assert {
        "BPM": "128",
        "Mood": "+0.4, read in 5 comments",
        "Positive": "60 %",
        "Measured tempo": "64.02 BPM (else 128.04), another octave than Beatport's",
        "Measured key": "C major (8B), the relative of Beatport's",
        "Measured loudness": "−8.2 LUFS, range 4.0 LU",
        "Measured in": "2:00 of its audio",
    }.items() <= told.items()
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("#track-title")).to_have_text("Track 2")
    assert "cannot be measured: it is silent" == (await facts(page))["Audio"]


async def test_the_energy_of_the_audio_is_drawn_and_named_after_its_file(page: Page) -> None:
    await open_track(page, "Track 1")
    line = page.locator("#facts .energy")
    assert "M0 63L0 63L1 0L2 31L3 47L3 63z" == await line.locator("path").get_attribute("d")
    assert (await line.bounding_box() or {})["height"] > 20
    assert "Energy of the preview" == (await texts(page, "#facts dt"))[-1]
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("#track-title")).to_have_text("Track 2")
    await expect(line).to_have_count(0)
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("#track-title")).to_have_text("Track 3")
    assert "Energy of the audio file" == (await texts(page, "#facts dt"))[-1]


async def test_a_mood_of_few_comments_comes_after_those_of_more(page: Page) -> None:
    await page.get_by_role("columnheader").get_by_text("Mood").click()
    shown = list(zip(await texts(page, ".row a"), await texts(page, ".row > div:nth-child(6)"), strict=True))
    assert [("Track 1", "+0.4"), ("Track 3", "−0.55"), ("Track 2", "+1"), ("Track 4", "")] == shown
    faint = page.locator(".row .few").first
    assert "what a small model reads in 1 comment" == await faint.get_attribute("title")
    await page.get_by_role("columnheader").get_by_text("Mood").click()
    assert ["Track 3", "Track 1", "Track 2", "Track 4"] == await texts(page, ".row a")
    await page.get_by_role("button", name="Filters").click()
    await page.get_by_label("Mood from").fill("0")
    assert ["Track 1", "Track 2"] == await texts(page, ".row a")
    await page.get_by_label("Positive to").fill("70")
    assert ["Track 1"] == await texts(page, ".row a")


async def test_a_track_whose_comments_nobody_read_looks_as_without_an_enrichment(
    window: Opened, page: Page, tmp_path: Path
) -> None:
    async def looks() -> dict[str, Any]:
        await open_track(page, "Track 4")
        boxes = {one: await page.locator(one).bounding_box() for one in ("#timeline", "#wave", "#about")}
        hidden = {one: await page.locator(one).is_hidden() for one in ("#legend", "#moments button", "#poles")}
        return {**boxes, **hidden}

    enriched = await looks()
    bare = music([artist(1)], [track(4, plays=20)], [comment(9, 4, 5, "x")])
    await page.goto(write_page(tmp_path, bare).as_uri())
    assert enriched == await looks()
    assert 196 == enriched["#timeline"]["height"]
    await page.keyboard.press("Escape")
    assert 0 == await page.get_by_role("columnheader").get_by_text("Mood").count()
    window.asked.pop()


async def test_a_phone_shows_moods_without_scrolling_sideways(phone: Opened, felt_page: Path) -> None:
    seen = await show(phone, felt_page)
    page = seen.page
    assert "50 plays · 6 comments · 10:00 · 128 BPM · 8A · +0.4 mood" in await texts(page, ".row .number")
    await page.locator(".row").first.tap()
    await page.get_by_role("button", name="loved from").tap()
    await expect(page.locator("#bubble p").first).to_contain_text("loved from 1:00")
    assert 390 == await page.evaluate("document.documentElement.scrollWidth")
    assert 390 == await page.evaluate("document.getElementById('track').scrollWidth")
    inks = set()
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        inks.add(await page.evaluate("getComputedStyle(document.querySelector('#dots .positive')).fill"))
    assert 2 == len(inks)
    assert [] == seen.complaints


async def test_absurd_moods_keep_no_track_from_opening(window: Opened, tmp_path: Path) -> None:
    odd = {"second": 1e300, "until": -1, "comments": -5, "mood": 7}
    moods = [
        feelings(
            1, dict.fromkeys(range(100), (2.0, -1.0)), seconds=1e300, loved=[odd], mood=1e300, positive=-(2**62)
        ),
        feelings(2, {50: (1, 1e300)}, seconds=-1, hated=[felt_at(50, 2**62, -1)], mood=None, comments=2**62),
        feelings(3) | {"curve": "<b>", "loved": '{"a":', "seconds": 0.001},
    ]
    stored = music([artist(1)], [track(n, plays=-n) for n in (1, 2, 3)], (), (), (), (), moods)
    seen = await show(window, write_page(tmp_path, stored))
    for title in ("Track 1", "Track 2", "Track 3"):
        await open_track(seen.page, title)
        await seen.page.keyboard.press("Escape")
    assert [] == seen.complaints
