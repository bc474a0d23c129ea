"""The page `market.html` in a real browser without a network."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect
from support.browser import Opened, opened, started
from support.candle_tables import candle, candle_table, coin, coin_table, history

from asyncscrape.jobs.crypto.report import market_page
from asyncscrape.jobs.crypto.report.cleaning import clean

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVIL = "</script><img src=x onerror=\"document.title='owned'\"><b>&amp;"
DAYS = 400


def closes(number: int) -> list[Decimal]:
    """A price that grows by half a percent each day."""
    return [Decimal(f"{number * 1.005**day:.9f}") for day in range(DAYS)]


def write_page(folder: Path, coins: list[dict[str, Any]], candles: list[dict[str, Any]]) -> Path:
    file = folder / "market.html"
    file.write_bytes(market_page.page(clean(coin_table(coins), candle_table(candles), 100), "$", "A & B <source>"))
    return file


def coins() -> list[dict[str, Any]]:
    """Ten coins; the fourth has an evil name, the fifth two gaps and a lone day between them."""
    names = {4: EVIL, 6: "Ａ比特币 \U0001f680 שלום", 7: "$x^2$ %{y}"}
    return [coin(n, f"coin-{n}", name=names.get(n, f"Coin {n}"), symbol=f"C{n}") for n in range(1, 11)]


def candles() -> list[dict[str, Any]]:
    rows = [row for n in range(1, 11) for row in history(n, f"coin-{n}", closes(n))]
    return [row for row in rows if row["coin_id"] != 5 or row["date"].day not in (9, 10, 12, 13)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with started() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def shown(browser: Browser, tmp_path: Path) -> AsyncIterator[Opened]:
    file = write_page(tmp_path, coins(), candles())
    async with opened(browser, file, viewport={"width": 1280, "height": 800}) as page:
        yield page
        assert [] == page.complaints
        assert [(tmp_path / "market.html").as_uri()] == page.asked


def lines(page: Page) -> Any:
    """One for each coin, which may have several pieces."""
    return page.locator("#chart .cartesianlayer .scatterlayer .trace:has(path.js-line)")


def pieces(page: Page) -> Any:
    return lines(page).locator("path.js-line")


async def strokes(page: Page) -> list[str]:
    """The colours of the lines as drawn."""
    script = "paths => paths.filter(path => path.getTotalLength() > 50).map(path => getComputedStyle(path).stroke)"
    return list(await pieces(page).evaluate_all(script))


async def axis(page: Page, key: str) -> Any:
    return await page.evaluate(f"document.getElementById('chart').layout.{key}")


async def status(page: Page) -> str:
    return await page.locator("#status").inner_text()


async def test_the_three_largest_are_drawn_at_once(shown: Opened) -> None:
    await expect(lines(shown.page)).to_have_count(3)
    assert ["rgb(217, 115, 13)", "rgb(59, 91, 219)", "rgb(15, 138, 108)"] == await strokes(shown.page)
    assert ["Coin 1", "Coin 2", "Coin 3"] == [
        text.rstrip("×").strip() for text in await shown.page.locator("#legend li").all_inner_texts()
    ]
    header = await shown.page.locator("header").inner_text()
    assert "10 coins · 3,948 daily rows · 2024-01-01 to 2025-02-03 · Source: A & B <source>" in header


async def test_the_lines_are_there_as_pixels(shown: Opened, tmp_path: Path) -> None:
    import numpy as np
    from PIL import Image

    await expect(lines(shown.page)).to_have_count(3)
    await shown.page.locator("#chart .cartesianlayer").screenshot(path=tmp_path / "chart.png")
    with Image.open(tmp_path / "chart.png") as picture:
        pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3).astype(int)
    colours = ([217, 115, 13], [59, 91, 219], [15, 138, 108])
    assert min(int((np.abs(pixels - colour).max(axis=1) < 40).sum()) for colour in colours) > 300


async def test_any_coin_can_be_searched_chosen_and_removed(shown: Opened) -> None:
    page = shown.page
    await page.get_by_label("Search coins").fill("c10")
    await expect(page.locator("#coins li:visible")).to_have_count(1)
    await page.get_by_label("Coin 10").check()
    await expect(lines(page)).to_have_count(4)
    await page.get_by_title("Remove Coin 1", exact=True).click()
    await expect(lines(page)).to_have_count(3)
    assert "rgb(15, 138, 108)" in await strokes(page), "the others keep their colours"
    await page.get_by_role("button", name="None").click()
    await expect(page.locator("#empty")).to_have_text("Choose a coin")
    await page.get_by_label("Search coins").fill("nothing is called this")
    await expect(page.locator("#nothing")).to_be_visible()
    await page.get_by_role("button", name="Largest three").click()
    await expect(lines(page)).to_have_count(3)


async def test_the_axis_is_linear_or_logarithmic(shown: Opened) -> None:
    page = shown.page
    assert "log" == await axis(page, "yaxis.type")
    before = await pieces(page).first.get_attribute("d")
    await page.get_by_text("Linear", exact=True).click()
    assert "linear" == await axis(page, "yaxis.type")
    assert before != await pieces(page).first.get_attribute("d")
    assert ["$0", "$5", "$10", "$15", "$20"] == await axis(page, "yaxis.ticktext")


async def test_close_volume_market_cap_and_index_are_shown(shown: Opened) -> None:
    page = shown.page
    found = {}
    for choice in ("Close", "Volume", "Market cap", "Index"):
        await page.get_by_text(choice, exact=True).click()
        found[choice] = (await status(page)).partition(", from ")[2]
    assert {
        "Close": f"$1 to ${closes(3)[-1]:.6g}",
        "Volume": "$5 to $5",
        "Market cap": "$7 to $7",
        "Index": f"100 to {100 * closes(1)[-1]:.6g}",
    } == found


async def test_the_range_is_chosen_by_buttons_and_by_days(shown: Opened) -> None:
    page = shown.page
    await page.get_by_text("1m", exact=True).click()
    assert ["2025-01-03", "2025-02-03"] == await axis(page, "xaxis.range")
    await page.get_by_label("First day shown").fill("2024-02-01")
    await page.get_by_label("Last day shown").fill("2024-02-11")
    assert ["2024-02-01", "2024-02-11"] == await axis(page, "xaxis.range")
    seen = f"from ${closes(1)[31]:.6g} to ${closes(3)[41]:.6g}"
    assert (await status(page)).endswith(seen), "the axis fits what is seen"
    await page.get_by_text("All", exact=True).click()
    assert ["2024-01-01", "2025-02-03"] == await axis(page, "xaxis.range")


async def test_dragging_zooms_and_a_double_click_shows_all_again(shown: Opened) -> None:
    page = shown.page
    box = await page.locator("#chart .nsewdrag").first.bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    await page.mouse.move(box["x"] + box["width"] * 0.25, middle)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * 0.5, middle, steps=4)
    await page.mouse.up()
    await expect(page.get_by_label("First day shown")).to_have_value(re.compile(r"2024-04-(0[89]|1[01])"))
    await expect(page.get_by_label("Last day shown")).to_have_value(re.compile(r"2024-07-(1[789]|20)"))
    await page.mouse.dblclick(box["x"] + box["width"] / 2, middle)
    await expect(page.get_by_label("First day shown")).to_have_value("2024-01-01")


async def test_all_can_be_done_with_the_keyboard(shown: Opened) -> None:
    page = shown.page
    await page.get_by_label("Search coins").focus()
    await page.keyboard.type("coin 9")
    for _ in range(3):
        await page.keyboard.press("Tab")
    if await page.evaluate("document.activeElement.id") == "coins":
        await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    await expect(lines(page)).to_have_count(4)
    await page.locator("[name=axis]:checked").focus()
    await page.keyboard.press("ArrowRight")
    assert "linear" == await axis(page, "yaxis.type")


async def test_names_from_the_web_are_only_ever_text(shown: Opened) -> None:
    page = shown.page
    await page.locator("#coins label").nth(3).click()
    await page.get_by_label("Coin 5").check()
    await page.locator("#coins label").nth(5).click()
    await page.locator("#coins label").nth(6).click()
    await expect(lines(page)).to_have_count(7)
    box = await page.locator("#chart .nsewdrag").first.bounding_box()
    assert box
    await page.mouse.move(box["x"] + 200, box["y"] + 100)
    hover = page.locator("#chart .hoverlayer .legendtext")
    await expect(hover.nth(3)).to_contain_text("</script><img")
    assert EVIL == await page.locator("#coins .name").nth(3).text_content()
    assert EVIL in await page.locator("#legend li").nth(3).inner_text()
    assert 0 == await page.locator("img").count()
    assert "owned" != await page.title()


async def test_no_line_crosses_a_gap_and_a_lone_day_is_a_dot(shown: Opened) -> None:
    page = shown.page
    await page.get_by_role("button", name="None").click()
    await page.get_by_label("Coin 5").check()
    await expect(lines(page)).to_have_count(1)
    lengths = await pieces(page).evaluate_all("paths => paths.filter(path => path.getTotalLength() > 0).length")
    assert 14 == lengths
    # The dots are drawn after the lines.
    await page.wait_for_function(
        """() => 13 === [...document.querySelectorAll("#chart .cartesianlayer .points path")]
            .filter(dot => dot.getBBox().width > 1).length"""
    )


async def test_the_page_sends_its_data_nowhere(shown: Opened) -> None:
    titles = await shown.page.locator(".modebar-btn").evaluate_all("all => all.map(one => one.dataset.title)")
    assert ["Download plot as a PNG", "Zoom", "Pan", "Zoom in", "Zoom out", "Autoscale"] == titles
    refused = "fetch('https://example.org/').then(() => 'sent', () => 'refused')"
    assert "refused" == await shown.page.evaluate(refused)
    shown.complaints.clear()
    del shown.asked[1:]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_small_window_needs_no_scrolling_sideways(browser: Browser, tmp_path: Path, scheme: Any) -> None:
    file = write_page(tmp_path, coins(), candles())
    async with opened(browser, file, viewport={"width": 360, "height": 640}, color_scheme=scheme) as page:
        await expect(lines(page.page)).to_have_count(3)
        assert 360 == await page.page.evaluate("document.documentElement.scrollWidth")
        ink = await page.page.evaluate("getComputedStyle(document.body).color")
        assert {"light": "rgb(28, 28, 30)", "dark": "rgb(236, 236, 239)"}[scheme] == ink
        assert [] == page.complaints


@pytest.mark.parametrize(
    ("rows", "drawn", "told"),
    [
        ([], 0, ["no data"]),
        ([candle(1, "coin-1", 0, None, volume=None)], 0, ["no data in this range"]),
        ([candle(1, "coin-1", 0, 5)], 1, []),
    ],
    ids=["nothing", "nulls", "one day"],
)
async def test_a_page_is_made_of_little_data(
    browser: Browser, tmp_path: Path, rows: list[dict[str, Any]], drawn: int, told: list[str]
) -> None:
    async with opened(browser, write_page(tmp_path, coins(), rows)) as page:
        await expect(page.page.locator("#empty:visible")).to_have_text(told)
        dots = page.page.locator("#chart .cartesianlayer .points path")
        await expect(dots).to_have_count(drawn)
        assert [] == page.complaints


async def test_no_script_of_the_page_can_be_ended_by_what_is_in_it(tmp_path: Path) -> None:
    text = write_page(tmp_path, coins(), candles()).read_text(encoding="utf-8")
    assert 3 == text.count("<script") == text.count("</script")
    assert "{{" not in text[: text.index('id="data"')]
    assert "MIT license" in text
