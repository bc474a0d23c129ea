"""The page `map.html` in a real browser without a network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect
from support.account_maps import described, invented
from support.browser import Opened, opened, started
from support.frames import frames

from asyncscrape.jobs.network.report import map_page
from asyncscrape.jobs.network.report.account_map import NONE, AccountMap
from asyncscrape.jobs.network.report.map_colours import COMMUNITY_COLOURS

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVIL = "</script><img src=x onerror=\"document.title='owned'\"><b>&amp; \u202ertl 🔥 שלום"
LONG = "Wölkchen " * 30
SYNTHETIC = "synthetic data from the built-in replica"
STILL = {"reduced_motion": "reduce"}
DESKTOP = {"viewport": {"width": 1280, "height": 800}, **STILL}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, **STILL}
MIDDLE = (312 + (1280 - 312 - 290 - 16) / 2, 400)
"""The middle of the map beside the card: where an account stands that was flown to."""

# Name, permalink, followers, community, generation, place.
SPECIAL = (
    ("Ağır Tide", "agir-tide", 120_000, 0, 0, (-0.5, 0.5)),
    (EVIL, "evil", 5_000, 0, 2, (-0.6, 0.4)),
    (LONG, "long-name", 900, 0, 5, (-0.4, 0.4)),
    ("Straße", "strasse-4", 40, 1, 3, (0.5, 0.5)),
    ("東京リズム", "tokyo", None, 1, NONE, (0.6, 0.4)),
    ("Студия Ёлка", "yolka", 0, 1, 1, (0.4, 0.4)),
    ("ΟΔΥΣΣΕΥΣ", "odysseus", 77, NONE, NONE, (0.0, -0.6)),
    ("Twin", "twin-one", 10, 0, 4, (-0.5, 0.3)),
    ("Twin", "twin-two", 11, 1, 4, (0.5, 0.3)),
    ("", "nameless", 3, 1, 4, (0.55, 0.25)),
    ("Outside", "../you/logout?x=1#\"'", 2, 0, 4, (-0.55, 0.25)),
)


def special() -> AccountMap:
    """Accounts of which each has something odd, in two communities."""
    names, permalinks, followers, community, generation, places = map(list, zip(*SPECIAL, strict=True))
    size = len(names)
    groups = np.array(community, np.int16)
    eras = np.array(generation, np.int8)
    known = np.array([number or 0 for number in followers])
    ties = np.full((size, 3), NONE, np.int32)
    ties[0] = (3, 1, NONE)
    strengths = np.where(ties == NONE, 0, np.array([12, 7.5, 0])).astype(np.float32)
    return AccountMap(
        ids=np.arange(size),
        permalinks=permalinks,
        names=names,
        followers=followers,
        generation=eras,
        community=groups,
        bridges=np.where(np.arange(size) == 0, 1, NONE).astype(np.int16),
        places=np.array(places, np.float32),
        ties=ties,
        strengths=strengths,
        communities=described(groups, eras, known, names),
        facts={"accounts_left_out": 3, "method": EVIL, "seeds": np.int64(7)},
    )


def write_page(folder: Path, accounts: AccountMap) -> Path:
    file = folder / "map.html"
    file.write_bytes(map_page.page(accounts, SYNTHETIC))
    return file


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with started() as browser:
        yield browser


@pytest.fixture(scope="module")
def special_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(tmp_path_factory.mktemp("special"), special())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def window(browser: Browser, special_page: Path) -> AsyncIterator[Opened]:
    """A window for one file after the other, in front of a SoundCloud that answers with nothing."""
    async with opened(browser, special_page, **DESKTOP) as window:
        await window.page.context.route("https://soundcloud.com/**", lambda route: route.fulfill(body="profile"))
        yield window


async def show(window: Opened, file: Path) -> Page:
    window.asked.clear()
    await window.page.goto("about:blank")
    await window.page.goto(file.as_uri())
    await usable(window.page)
    return window.page


async def usable(page: Page) -> None:
    await page.wait_for_function("document.documentElement.dataset.usableAfter")


@pytest_asyncio.fixture(loop_scope="module")
async def page(window: Opened, special_page: Path) -> AsyncIterator[Page]:
    yield await show(window, special_page)
    assert [] == complaints(window)
    assert {"about:blank", special_page.as_uri()} >= set(window.asked)


def complaints(seen: Opened) -> list[str]:
    """Without those of the browser about its own software rendering."""
    return [text for text in seen.complaints if "GPU stall due to ReadPixels" not in text]


async def told(page: Page, selector: str) -> list[str]:
    return [" ".join(text.split()) for text in await page.locator(selector).all_inner_texts()]


async def hits(page: Page, query: str) -> list[str]:
    await page.locator("#search").fill(query)
    return await told(page, "#hits b")


async def test_the_page_says_what_it_is(page: Page) -> None:
    assert [f"11 accounts, 2 communities. Source: {SYNTHETIC}."] == await told(page, "#source")
    assert "WebGL" == await page.evaluate("document.documentElement.dataset.drawnWith")
    assert ["11 accounts shown."] == await told(page, "#shown")
    await page.locator("#made summary").click()
    assert ["3", " ".join(EVIL.split()), "7"] == await told(page, "#facts dd")


async def test_a_search_finds_names_and_permalinks_in_any_script(page: Page) -> None:
    for query, names in {
        "agir": ["Ağır Tide"],
        "AĞIR t": ["Ağır Tide"],
        "STRASSE": ["Straße"],
        "стУдия елка": ["Студия Ёлка"],
        "東京": ["東京リズム"],
        "ﾘｽﾞﾑ": ["東京リズム"],
        "οδυσσευς": ["ΟΔΥΣΣΕΥΣ"],
        "TOKYO": ["東京リズム"],
        "𝓽𝔀𝓲𝓷": ["Twin", "Twin"],
        "שלום": [" ".join(EVIL.split())],
        "nameless": ["nameless"],
        "リス": [],
        "  ": [],
    }.items():
        assert names == await hits(page, query), query
    await hits(page, "tWin")
    assert ["2 accounts found."] == await told(page, "#found")
    assert ["twin-two · 11 followers", "twin-one · 10 followers"] == await told(page, "#hits .quiet")
    await hits(page, "<nobody>")
    assert ["Nothing found for “<nobody>”."] == await told(page, "#found")


async def test_a_single_hit_is_flown_to_and_told(page: Page) -> None:
    await hits(page, "agir")
    await page.mouse.move(*MIDDLE)
    await expect(page.locator("#bubble")).to_be_visible()
    community = "Ağır Tide, " + EVIL.replace("\u202e", "")
    assert ["Ağır Tide"] == await told(page, "#bubble b")
    facts = (await told(page, "#bubble dd"))[:3]
    assert ["120,000", "before 2013"] == facts[:2]
    assert facts[2].startswith(community)
    assert "Ağır Tide, 120,000 followers, before 2013, Ağır Tide" in (
        await page.locator("#told").text_content() or ""
    )
    await expect(page.locator("#card h2")).to_have_text("Ağır Tide")


async def test_a_click_opens_the_profile_and_nothing_else_can_be_opened(page: Page) -> None:
    await hits(page, "agir")
    async with page.expect_popup() as popup:
        await page.mouse.click(*MIDDLE)
    assert "https://soundcloud.com/agir-tide" == (await popup.value).url
    assert await (await popup.value).evaluate("window.opener === null")
    await (await popup.value).close()
    link = page.get_by_role("link", name="Open profile")
    assert "noopener noreferrer" == await link.get_attribute("rel")
    await hits(page, "outside")
    await expect(link).to_have_count(0)
    await page.mouse.move(*MIDDLE)
    await expect(page.locator("#bubble b")).to_have_text("Outside")
    await expect(page.locator("#spot")).to_be_hidden()
    assert {"https://soundcloud.com/agir-tide"} == set(
        await page.evaluate("[...document.links].map((one) => one.href)")
    )


async def test_a_drag_moves_the_map_and_opens_nothing(page: Page) -> None:
    await hits(page, "agir")
    x, y = MIDDLE
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + 60, y + 20, steps=3)
    await page.mouse.up()
    assert 1 == len(page.context.pages)
    await page.mouse.move(x, y)
    await expect(page.locator("#bubble")).to_be_hidden()
    await page.mouse.move(x + 60, y + 20)
    await expect(page.locator("#bubble b")).to_have_text("Ağır Tide")
    await page.mouse.wheel(0, -300)
    await page.mouse.move(x + 61, y + 20)
    await expect(page.locator("#bubble b")).to_have_text("Ağır Tide")


async def test_the_legend_hides_and_shows_communities_and_generations(page: Page) -> None:
    assert [5, 5, 1] == [int(text) for text in await told(page, "#entries .number")]
    entries = page.locator("#entries .entry")
    await entries.nth(1).click()
    await expect(entries.nth(1)).to_have_attribute("aria-pressed", "false")
    assert ["6 of 11 accounts shown."] == await told(page, "#shown")
    await page.get_by_label("generation").check(force=True)
    assert ["before 2013", "2013–14", "2015–16", "2017–18", "2019–20", "2021 and later", "not known"] == await told(
        page, "#entries .text"
    )
    await entries.first.click()
    assert ["5 of 11 accounts shown."] == await told(page, "#shown")
    assert ["Straße"] == await hits(page, "straße"), "what is hidden is found all the same"
    await page.get_by_role("button", name="Show all").click()
    assert ["11 accounts shown."] == await told(page, "#shown")
    await page.get_by_label("community").check(force=True)
    await page.get_by_role("button", name="About Ağır").click()
    assert "5" == (await told(page, "#card dd"))[0]
    await page.locator("#card .goto").first.click()
    await expect(page.locator("#card h2")).to_have_text("Ağır Tide")


async def test_ties_are_drawn_and_listed_on_request(page: Page) -> None:
    await hits(page, "agir")
    await page.get_by_role("button", name="Show strongest ties").click()
    await expect(page.locator("#ties")).to_be_checked()
    assert ["Straße 12", f"{' '.join(EVIL.split())} 7.5"] == await told(page, "#card li")
    await next_frame(page)
    drawn = await page.evaluate(
        "document.getElementById('lines').getContext('2d').getImageData(0, 0, 968, 800).data.some(Boolean)"
    )
    assert drawn
    await page.locator("#card .goto").first.click()
    await expect(page.locator("#card h2")).to_have_text("Straße")
    assert await page.get_by_role("button", name="Hide strongest ties").is_disabled()


async def test_all_can_be_done_with_the_keyboard(page: Page) -> None:
    await page.keyboard.press("/")
    await page.keyboard.type("twin")
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        await page.keyboard.press(key)
    await expect(page.locator("#card h2")).to_have_text("Twin")
    assert "twin-one" in (await told(page, "#card"))[0]
    await page.keyboard.press("Escape")
    assert "" == await page.locator("#search").input_value()
    await expect(page.locator("#card")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#card")).to_be_hidden()
    assert "sheet" == await page.evaluate("document.activeElement.id")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert "solid" == await page.evaluate(outline), "the focus is seen"
    await page.keyboard.press("Enter")
    await expect(page.locator("#card h2")).to_have_text("Twin")
    for key in ("0", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "+", "+", "-", "Enter"):
        await page.keyboard.press(key)
    await expect(page.locator("#card h2")).to_have_text("ΟΔΥΣΣΕΥΣ")
    assert (
        "ΟΔΥΣΣΕΥΣ, 77 followers, generation not known, in no community" == await page.locator("#told").text_content()
    )
    await page.keyboard.press("Tab")
    assert "unchoose" == await page.evaluate("document.activeElement.id")


async def test_texts_from_the_web_are_only_ever_text(window: Opened, page: Page) -> None:
    await hits(page, "onerror")
    await expect(page.locator("#card h2 bdi")).to_have_text(EVIL)
    await hits(page, "wolkchen")
    high = (await page.locator("#card h2").bounding_box() or {})["height"]
    assert high < 80, "a long name is cut"
    assert 0 == await page.locator("img").count()
    assert "Who listens to whom" == await page.title()
    refused = "fetch('https://example.org/').then(() => 'sent', () => 'refused')"
    assert "refused" == await page.evaluate(refused)
    assert all("Content Security Policy" in text for text in complaints(window))
    window.complaints.clear()
    del window.asked[2:]


async def test_a_phone_shows_all_of_it(browser: Browser, special_page: Path) -> None:
    async with opened(browser, special_page, **PHONE) as seen:
        page = seen.page
        await usable(page)
        wide = "['documentElement', 'body'].map((one) => document[one].scrollWidth)"
        assert [390, 390] == await page.evaluate(wide)
        await page.locator("#fold").tap()
        await page.locator("#entries .entry").nth(1).tap()
        assert ["6 of 11 accounts shown."] == await told(page, "#shown")
        await page.get_by_role("button", name="Show all").tap()
        await page.locator("#fold").tap()
        await expect(page.locator("#legend")).to_be_hidden()
        await hits(page, "twin")
        await page.locator("#hits button").first.tap()
        await expect(page.locator("#card h2")).to_be_in_viewport()
        await expect(page.locator("#hits")).to_be_hidden()
        await page.locator("#unchoose").tap()
        box = await page.locator("#sheet").bounding_box()
        assert box
        await page.get_by_role("button", name="Show the whole map").tap()
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        await page.touchscreen.tap(*middle)
        await expect(page.locator("#card")).to_be_hidden()
        assert ["Ağır Tide"] == await hits(page, "agir")
        await pinch(page, *middle)
        await page.touchscreen.tap(*middle)
        await expect(page.locator("#card h2")).to_have_text("Ağır Tide")
        assert 1 == len(page.context.pages), "a tap tells who it is, and opens nothing"
        assert [] == complaints(seen)
        assert [special_page.as_uri()] == seen.asked


async def pinch(page: Page, x: float, y: float) -> None:
    """Two fingers that move apart."""
    session = await page.context.new_cdp_session(page)
    for kind, apart in (("touchStart", 20), ("touchMove", 40), ("touchMove", 80)):
        points = [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]
        await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    await session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def unknown(accounts: AccountMap) -> AccountMap:
    """The same accounts with nothing known of them."""
    size = len(accounts.names)
    nothing = np.full(size, NONE)
    return replace(
        accounts,
        generation=nothing.astype(np.int8),
        community=nothing.astype(np.int16),
        bridges=nothing.astype(np.int16),
        followers=[None] * size,
        communities=[],
        facts={},
    )


@pytest.mark.parametrize(
    ("accounts", "counts", "entries"),
    [
        (invented(0, 0), "0 accounts, 0 communities.", 0),
        (invented(1, 1, seed=2), "1 account, 1 community.", 1),
        (invented(3, 1), "3 accounts, 1 community.", None),
        (unknown(invented(30, 3)), "30 accounts, 0 communities.", 1),
        (replace(invented(40, 1), places=np.zeros((40, 2), np.float32)), "40 accounts, 1 community.", None),
    ],
    ids=["none", "one", "three", "unknown", "all in one place"],
)
async def test_few_and_unknown_accounts_are_a_map_too(
    window: Opened, tmp_path: Path, accounts: AccountMap, counts: str, entries: int | None
) -> None:
    page = await show(window, write_page(tmp_path, accounts))
    assert [f"{counts} Source: {SYNTHETIC}."] == await told(page, "#source")
    await expect(page.locator("#nothing")).to_be_visible(visible=not accounts.names)
    if entries is not None:
        await expect(page.locator("#entries .entry")).to_have_count(entries)
    for key in ("+", "ArrowLeft", "0", "Enter", "t"):
        await page.locator("#sheet").press(key)
    await expect(page.locator("#card")).to_be_visible(visible=bool(accounts.names))
    assert [] == complaints(window)


async def test_labels_do_not_overlap_and_grow_in_number_as_one_looks_closer(window: Opened, tmp_path: Path) -> None:
    page = await show(window, write_page(tmp_path, invented(400, 14)))
    far = await boxes(page)
    assert [] == overlapping(far)
    for _ in range(5):
        await page.locator("#sheet").press("+")
    near = await boxes(page)
    assert [] == overlapping(near)
    assert 3 < len(far) < len(near)


async def boxes(page: Page) -> list[list[float]]:
    """The edges of all labels that are shown: left, top, right, bottom."""
    script = """() => [...document.querySelectorAll("#labels div:not([hidden])")].map((one) => {
      const box = one.getBoundingClientRect();
      return [box.left, box.top, box.right, box.bottom];
    })"""
    await next_frame(page)
    return list(await page.evaluate(script))


async def next_frame(page: Page) -> None:
    """All that was asked for so far is drawn."""
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))")


def overlapping(boxes: list[list[float]]) -> list[tuple[list[float], list[float]]]:
    pairs = combinations(boxes, 2)
    return [(a, b) for a, b in pairs if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]]


async def test_without_webgl_a_plain_canvas_draws_the_map(browser: Browser, special_page: Path) -> None:
    async with opened(browser, special_page, **DESKTOP, color_scheme="dark") as seen:
        page = seen.page
        refuse = "const real = HTMLCanvasElement.prototype.getContext; HTMLCanvasElement.prototype.getContext = "
        await page.add_init_script(
            refuse + "function (kind) { return kind === 'webgl' ? null : real.call(this, kind); }"
        )
        await page.reload()
        await usable(page)
        assert "canvas" == await page.evaluate("document.documentElement.dataset.drawnWith")
        await hits(page, "agir")
        await next_frame(page)
        colour = """(() => {
          const canvas = document.getElementById("points"), share = canvas.width / (968 + 2 * 80);
          const place = [(331 + 80) * share, (400 + 80) * share].map(Math.round);
          return [...canvas.getContext("2d").getImageData(...place, 1, 1).data];
        })()"""
        first = COMMUNITY_COLOURS["dark"][0]
        assert [*bytes.fromhex(first[1:]), 255] == await page.evaluate(colour)
        assert [] == complaints(seen)


@pytest.mark.torture
async def test_ten_thousand_accounts_take_little_room_and_move_smoothly(window: Opened, tmp_path: Path) -> None:
    file = write_page(tmp_path, invented(10_000, 16))
    size = file.stat().st_size
    page = await show(window, file)
    after = await page.evaluate("Number(document.documentElement.dataset.usableAfter)") / 1000
    panned = await frames(page, "#sheet", seconds=3, zooms=False)
    zoomed = await frames(page, "#sheet", seconds=3, zooms=True)
    print(f"\n{size:,} bytes, usable after {after:.2f} s; panned: {panned}, zoomed: {zoomed}")
    assert size < 5_000_000
    assert after < 3
    assert min(panned.a_second, zoomed.a_second) >= 30
