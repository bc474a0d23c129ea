"""The page `model.html` about predictions, in a real browser without a network; what the terminal tells of them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page
from support.browser import Opened
from support.music_tables import artist, music, track
from support.prediction_scene import figure, figures, predicted_scene, prediction, problem
from support.tracks_page import show

from asyncscrape.jobs.music.report.files import make_music_report
from asyncscrape.jobs.music.report.predictions.model_page import model_page
from asyncscrape.jobs.music.report.stored_music import StoredMusic
from asyncscrape.jobs.music.report.summary import summary
from asyncscrape.jobs.music.report.told_enrichment import prediction as told

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVIL = "</script><img src=x onerror=\"document.title='owned'\"><b>&amp; \u202ertl 🔥 שלום"


def written(folder: Path, stored: StoredMusic) -> Path:
    made = model_page(stored, "A & B <source>")
    assert made is not None
    file = folder / "model.html"
    file.write_bytes(made)
    return file


async def words(page: Page, place: str = "body") -> str:
    return " ".join((await page.locator(place).inner_text()).split())


async def texts(page: Page, place: str) -> list[str]:
    return [" ".join(text.split()) for text in await page.locator(place).all_inner_texts()]


async def opened(window: Opened, file: Path) -> Page:
    """The page, which complains of nothing and asks for nothing."""
    seen = await show(window, file)
    assert [] == seen.complaints
    assert [file.as_uri()] == seen.asked
    return seen.page


def small() -> StoredMusic:
    """Four tracks with predictions, and all figures about their plays."""
    tracks = [
        track(1, 1, title=EVIL, url="https://soundcloud.com/a/1?x=\"'><b>"),
        track(2, 2, title="Night Bus", url="javascript:alert(1)"),
        track(3, 1, title=None),
        track(4, 9, title="As said"),
    ]
    rows = [
        prediction(1, 90_000, 1000.0),
        prediction(2, 30, 6000.0),
        prediction(3, 2000, 1000.0),
        prediction(4, 1000, 1000.0),
        prediction(77, 0, 250.0),
        prediction(78, None, 250.0),
    ]
    odd = [
        figure("importance", 0.015, f"genre: {EVIL}", low=0.01, high=0.02),
        figure("importance", 0.012, "something else", low=0.01, high=0.014),
    ]
    names = [artist(1, name="Nora Vale"), artist(2, name=f"Kai {EVIL}")]
    return music(names, tracks, track_predictions=rows, prediction_figures=[*figures(), *odd])


@pytest.fixture(scope="module")
def small_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("small"), small())


@pytest_asyncio.fixture(loop_scope="module")
async def page(window: Opened, small_page: Path) -> AsyncIterator[Page]:
    yield await opened(window, small_page)


async def test_the_page_begins_with_how_well_it_can_be_told(page: Page) -> None:
    expected = (
        "Popularity: 31 % (27 to 35 %) of the differences in plays, for tracks of one age, can be told from release, "
        "artist and audio."
    )
    assert [expected] == await texts(page, ".verdicts li")
    assert 0 == await page.locator(".doubt").count()
    said = await words(page)
    assert "tried on 1,200 tracks by 60 groups of artists" in said
    assert "twice the age goes with 1.5 times the plays" in said
    assert (
        "Boosted trees tell more than a plain regression, as the original project had it: 9 points (5 to 13) of 100."
        in said
    )
    assert "Source: A & B <source>." in said


async def test_every_set_and_model_stands_beside_its_control(page: Page) -> None:
    rows = await texts(page, ".told tbody:nth-of-type(5) tr")
    assert [
        "all that is known before comments",
        "plain regression 22 % (18 to 26 %) 16 % (12 to 20 %) −9 % (−11 to 1 %)",
        "ridge regression 26 % (22 to 30 %) 20 % (16 to 24 %) 0 % (−11 to 1 %)",
        "boosted trees 31 % (27 to 35 %) 25 % (21 to 29 %) 0 % (−11 to 1 %)",
    ] == rows
    kinds = await page.locator(".told tbody:nth-of-type(5) tr:last-child rect").evaluate_all(
        "all => all.map(one => [one.className.baseVal, one.getBoundingClientRect().width])"
    )
    assert ["seen", "later", "control"] == [kind for kind, _ in kinds]
    assert pytest.approx(31 / 25, rel=0.02) == kinds[0][1] / kinds[1][1]
    assert 18 == await page.locator(".told svg.bars").count()


async def test_an_interval_is_told_in_plays(page: Page) -> None:
    said = await words(page)
    assert "A track expected at 1,000 plays should have between 190 and 5,200 in nine of ten cases." in said
    assert "Half of all predictions are off by less than a factor of 1.9." in said
    assert "90 % lay within their interval; 90 % should." in said
    dots = page.locator(".scatter circle")
    assert 5 == await dots.count()
    across = await dots.evaluate_all("all => all.map(one => one.getBoundingClientRect().x)")
    assert sorted(across) == across
    assert ["0", "10", "100", "1K", "10K", "100K"] == await page.locator(".scatter .along").all_text_contents()


async def test_columns_are_told_with_their_block_and_what_to_beware_of(page: Page) -> None:
    genre = "Little: artists can change it later. Which genres are common is counted over all tracks."
    assert [
        "followers 21 points (17 to 25) artist. Counted today: this very track may have raised it.",
        "length 3 points (2 to 4) release. None: the file does not change.",
        f"genre: {' '.join(EVIL.split())} 2 points (1 to 2) release. {genre}",
        "something else 1 point (1 to 1)",
    ] == await texts(page, ".looked tbody tr")
    assert "2 other columns tell less." in await words(page)


async def test_tracks_that_surprise_are_linked_and_those_outside_of_their_interval_are_marked(page: Page) -> None:
    assert [
        f"{EVIL} Nora Vale 90,000 1,000 (200 to 5,000) 90",
        "track-3 Nora Vale 2,000 1,000 (200 to 5,000) 2.0",
    ] == await texts(page, "h4:nth-of-type(1) + table tbody tr")
    assert [
        "untitled 0 250 (50 to 1,200) 0.0",
        f"Night Bus Kai {EVIL} 30 6,000 (1,200 to 30,000) 1/200",
    ] == await texts(page, "h4:nth-of-type(2) + table tbody tr")
    assert ["90", "0.0", "1/200"] == await texts(page, ".unlikely .flag")
    assert "as 60 % of all tracks do" in await words(page)
    links = await page.locator("a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert ["https://soundcloud.com/a/1?x=\"'><b>", "https://soundcloud.com/artist-1/track-3"] == links


async def test_texts_from_the_web_are_only_ever_text(window: Opened, page: Page) -> None:
    assert 0 == await page.locator("img, script").count()
    assert "How well plays and moods can be predicted" == await page.title()
    assert "refused" == await page.evaluate("fetch('https://example.org/').then(() => 'sent', () => 'refused')")
    await page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {text: 'window.bad = 1'}))"
    )
    assert await page.evaluate("window.bad === undefined"), "no program runs"
    await page.evaluate("document.body.setAttribute('style', 'opacity: 0.5')")
    assert "1" == await page.evaluate("getComputedStyle(document.body).opacity"), "no style but the page's own counts"
    assert all("Content Security Policy" in text for text in window.complaints)
    window.complaints.clear()


async def test_the_limits_are_told(page: Page) -> None:
    said = await words(page, "#limits")
    for limit in ("Not why.", "counted today", "share what they are worth", "Unseen means unseen here", "near 0"):
        assert limit in said


# When not to believe it


def doubted(changes: Sequence[dict[str, Any]], **other: Any) -> list[dict[str, Any]]:
    """All figures with some replaced."""
    keys = ("measure", "blocks", "name")
    replaced = {tuple(row[key] for key in keys) for row in changes}
    kept = [row for row in figures() if tuple(row[key] for key in keys) not in replaced]
    return [row | other for row in (*kept, *changes)]


WEAK = "not clearly better than one number for all tracks"
OFF = "the control with shuffled numbers, of which nothing can be told, is above 0"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (figure("r2", 0.03), f"{WEAK}: 3 % (−1 to 7 %)"),
        (figure("r2", 0.3, low=None), f"{WEAK}: 30 %"),
        (figure("r2_shuffled", 0.08), f"{OFF}: 8 % (4 to 12 %)"),
        (figure("r2_shuffled", None), "there is no control with shuffled numbers"),
        (figure("r2", None), "there is no figure for what is known before the comments"),
    ],
    ids=["chance", "no interval", "leak", "no control", "nothing"],
)
async def test_what_speaks_against_believing_it_comes_first(tmp_path: Path, change: Any, why: str) -> None:
    stored = music(prediction_figures=[*doubted([change], target="mood"), *figures()])
    body = written(tmp_path, stored).read_text().partition("<body>")[2]
    first = "How well plays and moods can be predicted Do not rely on the figures about mood: {}. Popularity: 31 %"
    assert " ".join(unescape(re.sub("<[^>]+>", " ", body)).split()).replace(" :", ":").startswith(first.format(why))
    popularity, mood = map(told, summary(stored).predictions)
    assert why.partition(":")[0] in mood
    assert "popularity: 31 % (27 to 35 %) of the spread told from release, artist, audio; shuffled 0 %" == popularity


async def test_the_terminal_tells_a_weak_share_once() -> None:
    (one,) = summary(music(prediction_figures=doubted([figure("r2", 0.03)]))).predictions
    share = "3 % (−1 to 7 %) of the spread told from release, artist, audio; shuffled 0 %"
    assert f"popularity: do not rely on it, {WEAK}; {share}" == told(one)


async def test_where_nothing_can_be_told_no_model_tells_more_than_another(window: Opened, tmp_path: Path) -> None:
    page = await opened(window, written(tmp_path, music(prediction_figures=doubted([figure("r2", -0.01)]))))
    assert (
        "Boosted trees are less wrong than the plain regression of the original project, by 9 points (5 to 13) of "
        "100, but do not clearly tell anything themselves." in await words(page)
    )


async def test_plays_that_do_not_grow_with_age_are_told_as_such(window: Opened, tmp_path: Path) -> None:
    page = await opened(window, written(tmp_path, music(prediction_figures=doubted([figure("age_power", 0.02)]))))
    said = await words(page)
    assert "Older tracks have hardly more plays here than newer ones." in said
    assert "twice the age" not in said


@pytest.mark.parametrize(
    "shuffled",
    [
        figure("r2_shuffled", 0.03, low=-0.01),
        figure("r2_shuffled", 0.019, low=0.01),
        figure("r2_shuffled", -0.08),
    ],
    ids=["its interval has 0", "hardly above 0", "below 0, where no figure can gain by it"],
)
async def test_a_control_that_chance_explains_speaks_against_nothing(shuffled: Any) -> None:
    (one,) = summary(music(prediction_figures=doubted([shuffled]))).predictions
    assert one.doubt is None


async def test_a_control_that_tells_something_is_marked_in_its_row(window: Opened, tmp_path: Path) -> None:
    stored = music(prediction_figures=doubted([figure("r2_shuffled", 0.2, "ridge", "artist")]))
    page = await opened(window, written(tmp_path, stored))
    assert ["20 % (16 to 24 %)"] == await texts(page, ".told .flag")


async def test_plays_that_do_not_grow_with_age_are_not_said_to(tmp_path: Path) -> None:
    body = written(tmp_path, music(prediction_figures=doubted([figure("age_power", 0.0)]))).read_text()
    assert "Older tracks have hardly more plays here than newer ones." in body
    assert "twice the age" not in body


async def test_intervals_that_do_not_hold_what_they_should_are_marked(window: Opened, tmp_path: Path) -> None:
    page = await opened(window, written(tmp_path, music(prediction_figures=doubted([figure("coverage", 0.7)]))))
    assert "70 % lay within their interval, of 90 % that should: intervals are too narrow here." in await words(page)
    page = await opened(window, written(tmp_path, music(prediction_figures=doubted([figure("coverage", 0.99)]))))
    assert "99 % lay within their interval, where 90 % should" in await words(page)


# What is not there


async def test_a_number_that_could_not_be_learnt_is_told_with_what_would_help(window: Opened, tmp_path: Path) -> None:
    why = f"12 tracks are too few to learn from; it takes 160 {EVIL}"
    stored = music(prediction_figures=[problem("mood", why), problem("popularity", None)])
    page = await opened(window, written(tmp_path, stored))
    said = " ".join(why.split())
    assert [
        "Popularity: it could not be learnt: the reason is not stored.",
        f"Mood: it could not be learnt: {said}.",
    ] == await texts(page, ".verdicts li.doubt")
    assert f"This could not be learnt: {said}." in await words(page, "#mood")
    assert "asyncscrape enrich" in await words(page, "#mood")
    assert "More artists help most" in await words(page, "#popularity")
    assert 0 == await page.locator("#mood table, #popularity table").count()
    popularity, mood = summary(stored).predictions
    assert "popularity: it could not be learnt: the reason is not stored" == told(popularity)
    assert told(mood).startswith("mood: it could not be learnt: 12 tracks are too few to learn from; it takes 160")


async def test_sets_without_data_are_not_told_of(window: Opened, tmp_path: Path) -> None:
    stored = music(prediction_figures=figures(("release", "before comments"), target="mood"))
    page = await opened(window, written(tmp_path, stored))
    assert ["release: what is known when a track comes out", "all that is known before comments"] == await texts(
        page, ".told tbody th"
    )
    assert "can be told from release." in await words(page, ".verdicts")
    assert 0 == await page.locator("#popularity, .unlikely, .scatter").count()
    assert "The mood of nine tracks in ten should be at most 1.65 above or below" in await words(page)
    (one,) = summary(stored).predictions
    assert "mood: 31 % (27 to 35 %) of the spread told from release; shuffled 0 %" == told(one)


async def test_the_page_comes_and_goes_with_its_figures(tmp_path: Path) -> None:
    without = music([artist(1)], [track(1)])
    assert model_page(without, "a source") is None
    assert model_page(music(prediction_figures=[figure("r2", 0.5, target=EVIL)]), "a source") is None
    predicted = music([artist(1)], [track(1)], prediction_figures=figures())
    for stored, there in ((predicted, True), (without, False)):
        report = make_music_report(stored, tmp_path, blobs=None, source="a source")
        assert there == (tmp_path / "model.html").exists() == (tmp_path / "model.html" in report.files)
        assert "model.html" not in report.missing


# How it looks


async def test_a_phone_needs_no_scrolling_sideways(phone: Opened, tmp_path: Path) -> None:
    page = await opened(phone, written(tmp_path, predicted_scene(400)))
    assert [390, 390] == await page.evaluate("['documentElement', 'body'].map(one => document[one].scrollWidth)")
    inks = {}
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        inks[scheme] = await page.evaluate("getComputedStyle(document.querySelector('section > p')).color")
    assert {"light": "rgb(28, 28, 30)", "dark": "rgb(236, 236, 239)"} == inks


async def test_a_large_scene_stays_a_small_file(tmp_path: Path) -> None:
    file = written(tmp_path, predicted_scene(20_000))
    assert 300_000 > file.stat().st_size
    assert b"drawn" in file.read_bytes()


async def test_absurd_values_keep_no_page_from_being_made(phone: Opened, tmp_path: Path) -> None:
    odd = (1e300, -1e300, float("inf"), float("nan"), 0.0, -1.0, None)
    rows = [
        prediction(number, plays, expected, plays_ratio=ratio, mood=ratio, mood_expected=expected, mood_low=ratio)
        for number, (plays, expected, ratio) in enumerate(
            (plays, expected, ratio) for plays in (2**63 - 1, -5, 0, None) for expected in odd for ratio in odd
        )
    ]
    known = [
        row | {"value": value, "low": odd[number - 1], "high": odd[number - 2]}
        for number, value in enumerate(odd)
        for target in ("popularity", "mood")
        for row in figures(target=target)[number :: len(odd)]
    ]
    tracks = [track(number, title="W" * 5000) for number in range(50)]
    stored = music([artist(1, name="x" * 5000)], tracks, track_predictions=rows, prediction_figures=known)
    page = await opened(phone, written(tmp_path, stored))
    assert 390 == await page.evaluate("document.documentElement.scrollWidth")
    assert 2 == await page.get_by_role("heading", name="What was asked").count()
    assert "nan" not in (tmp_path / "model.html").read_text().lower().replace("nora", "")
