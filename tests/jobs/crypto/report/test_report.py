"""The report of the crypto job on stored tables, good and bad."""

from __future__ import annotations

import csv
import io
import json
import math
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from PIL import Image
from rich.console import Console
from support.candle_tables import DAY, candle, candle_table, coin, coin_table, history
from support.command import PATIENCE

from asyncscrape.analysis.picture_style import COLOURS, png
from asyncscrape.errors import StoreError
from asyncscrape.jobs.crypto.report import pictures
from asyncscrape.jobs.crypto.report.cleaning import Clean, as_csv, clean
from asyncscrape.jobs.crypto.report.files import Report, make_report
from asyncscrape.jobs.crypto.report.findings import Stretch
from asyncscrape.jobs.crypto.report.money import labels, short, sign
from asyncscrape.jobs.crypto.report.quality import judge
from asyncscrape.jobs.crypto.report.terminal import quality as quality_view

HEADER = "date,open,high,low,close,volume,market_cap,cryptocurrency"
NO_COINS, NO_CANDLES = coin_table([]), candle_table([])


def cleaned(candles: list[dict[str, Any]], coins: list[dict[str, Any]] | None = None, top: int = 100) -> Clean:
    return clean(coin_table(coins or []), candle_table(candles), top)


def lines(table: Clean) -> list[str]:
    return as_csv(table.rows).decode().splitlines()


def day(number: int) -> date:
    return DAY + timedelta(days=number)


# The CSV file


def test_the_csv_has_the_original_columns_the_newest_day_first_and_within_a_day_the_largest_coin() -> None:
    coins = [coin(1027, "ethereum", rank=2), coin(1, "bitcoin", rank=1), coin(7, "unlisted", rank=None)]
    candles = [
        *history(1027, "ethereum", ["2.5", "3"]),
        *history(7, "unlisted", ["0.1"], first=1),
        *history(1, "bitcoin", ["40", "41.25"]),
    ]
    assert [
        HEADER,
        "2024-01-02,41.25,41.25,41.25,41.25,5,7,bitcoin",
        "2024-01-02,3,3,3,3,5,7,ethereum",
        "2024-01-02,0.1,0.1,0.1,0.1,5,7,unlisted",
        "2024-01-01,40,40,40,40,5,7,bitcoin",
        "2024-01-01,2.5,2.5,2.5,2.5,5,7,ethereum",
    ] == lines(cleaned(candles, coins))


@pytest.mark.parametrize(
    ("stored", "written"),
    [
        ("743007961425.62685015915000000000000000000000", "743007961425.627"),
        ("0E-24", "0"),
        ("-0.0", "0"),
        ("0.30000000000000004", "0.3"),
        ("7768.681891", "7768.681891"),
        ("0.00000000123", "0.00000000123"),
        ("1E+3", "1000"),
        ("64000.00000000", "64000"),
        ("1.5E+21", "1500000000000000000000"),
        (" 3.20 ", "3.2"),
        ("NaN", ""),
        ("Infinity", ""),
        ("n/a", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_numbers_are_written_plainly(stored: str | None, written: str) -> None:
    table = clean(NO_COINS, candle_table([candle(1, "bitcoin", 0, stored)], pl.String).with_columns(volume=None), 1)
    assert f"2024-01-01,{written},{written},{written},{written},,7,bitcoin" == lines(table)[1]


numbers = st.decimals(min_value=0, max_value=10**13, allow_nan=False, places=2) | st.builds(
    lambda digits, power: Decimal(digits).scaleb(power), st.integers(0, 10**15 - 1), st.integers(-18, 2)
)
keys = st.tuples(st.integers(1, 5), st.dates(date(2010, 1, 1), date(2030, 1, 1)))


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(keys, numbers | st.none(), max_size=12), st.sampled_from([pl.Decimal(38, 18), pl.String]))
def test_every_number_comes_back_from_the_csv_as_it_was_stored(
    closes: dict[tuple[int, date], Decimal | None], kind: pl.DataType
) -> None:
    text = {key: None if close is None else f"{close:.18f}" for key, close in closes.items()}
    candles = [candle(number, f"coin-{number}", when, close) for (number, when), close in text.items()]
    frame = candle_table(candles, pl.String).cast({"close": kind})
    written = list(csv.DictReader(io.StringIO(as_csv(clean(NO_COINS, frame, 100).rows).decode())))
    back = {(row["cryptocurrency"], row["date"]): row["close"] for row in written}

    expected = {(f"coin-{number}", when.isoformat()): close for (number, when), close in closes.items()}
    assert expected == {key: Decimal(close) if close else None for key, close in back.items()}
    assert not [close for close in back.values() if "e" in close.lower() or ("." in close and close.endswith("0"))]
    assert sorted((row["date"] for row in written), reverse=True) == [row["date"] for row in written]


# Cleaning


def test_a_day_that_was_stored_twice_is_told_once_in_its_newest_version() -> None:
    old, new = datetime(2024, 2, 1, tzinfo=UTC), datetime(2024, 2, 2, tzinfo=UTC)
    table = cleaned(
        [candle(1, "bitcoin", 0, 2, _fetched_at=new), candle(1, "bitcoin", 0, 1, _fetched_at=old)],
        [coin(1, "bitcoin")],
    )
    assert [2.0] == table.rows["close"].to_list()
    assert [Stretch(DAY, DAY, 1)] == judge(table).duplicates.by_coin["bitcoin"].spans


def test_a_coin_goes_by_the_name_that_the_list_of_coins_has_now() -> None:
    candles = [candle(1839, "binance-coin", 0, 1), candle(1839, "bnb", 1, 1)]
    assert ["bnb", "bnb"] == cleaned(candles, [coin(1839, "bnb")]).rows["slug"].to_list()
    assert ["bnb", "bnb"] == cleaned(candles).rows["slug"].to_list()


def test_a_coin_that_left_the_list_is_left_out_and_named() -> None:
    before = datetime(2024, 2, 1, tzinfo=UTC)
    coins = [coin(1, "bitcoin"), coin(2, "fallen", _fetched_at=before), coin(3, "risen", rank=2)]
    candles = [candle(number, slug, 0, 1) for number, slug in ((1, "bitcoin"), (2, "fallen"), (3, "risen"))]
    table = cleaned(candles, coins, top=2)
    assert ["bitcoin", "risen"] == table.rows["slug"].to_list()
    assert ("fallen",) == judge(table).left_out


def test_the_parquet_file_holds_the_same_rows_in_types(tmp_path: Path) -> None:
    coins, candles = coin_table([coin(1, "bitcoin")]), candle_table(history(1, "bitcoin", ["40.5", None]))
    make_report(coins, candles, tmp_path, top=1)
    rows = pl.read_parquet(tmp_path / "clean.parquet")
    assert {
        "date": pl.Date,
        "coin_id": pl.Int64,
        "rank": pl.Int64,
        "close": pl.Float64,
    }.items() <= rows.schema.items()
    assert [(day(1), "bitcoin", "BIT", 1, None), (day(0), "bitcoin", "BIT", 1, 40.5)] == rows.select(
        "date", "slug", "symbol", "rank", "close"
    ).rows()


# Quality


def odd() -> Clean:
    """Two coins with every oddity, on known days."""
    quiet = [Decimal(price) for price in ("1.00", "1.01", "1.00", "0.99", "1.00", "1.02", "1.00", "0.98")]
    bitcoin = history(1, "bitcoin", quiet)
    jump = [candle(1, "bitcoin", 8, 30), candle(1, "bitcoin", 9, 1)]
    after_gap = [candle(1, "bitcoin", 13, 1, volume=0), candle(1, "bitcoin", 14, 1, volume=0)]
    ether = [
        candle(2, "ether", 0, 10, market_cap=0),
        candle(2, "ether", 1, 10, high=9, low=11),
        candle(2, "ether", 2, 10, high=9, low=8, open=8),
        candle(2, "ether", 4, 10, volume=None),
        candle(2, "ether", 5, 10),
        candle(2, "ether", 5, 10),
    ]
    return cleaned([*bitcoin, *jump, *after_gap, *ether], [coin(1, "bitcoin"), coin(2, "ether")])


def test_every_check_tells_the_days_of_each_coin() -> None:
    found = judge(odd())
    assert {
        "gaps": {"bitcoin": [Stretch(day(10), day(12), 3)], "ether": [Stretch(day(3), day(3), 1)]},
        "duplicates": {"ether": [Stretch(day(5), day(5), 1)]},
        "zero_volumes": {"bitcoin": [Stretch(day(13), day(14), 2)]},
        "zero_market_caps": {"ether": [Stretch(day(0), day(0), 1)]},
        "missing_values": {"ether": [Stretch(day(4), day(4), 1)]},
        "suspicious_jumps": {
            "bitcoin": [
                Stretch(day(8), day(8), 1, "×30.6, from $0.98 to $30"),
                Stretch(day(9), day(9), 1, "÷30, from $30 to $1"),
            ]
        },
        "broken_days": {"ether": [Stretch(day(1), day(2), 2)]},
    } == {name: {slug: coin.spans for slug, coin in check.by_coin.items()} for name, check in found.checks.items()}
    assert (17, 2, 17 * 8 - 1, 17 * 6 - 1) == (found.rows, found.coins, found.data_points, found.values)
    assert (day(0), day(14)) == (found.first_day, found.last_day)
    assert (4, 2) == (found.gaps.days, found.suspicious_jumps.days)


def test_a_coin_that_often_doubles_is_not_suspicious_for_doubling() -> None:
    wild = [2**n if n % 2 else 1 for n in range(1, 12)]
    assert {} == judge(cleaned(history(1, "wild", wild))).suspicious_jumps.by_coin


def test_the_headline_counts_as_the_original_did(tmp_path: Path) -> None:
    """All 8 columns count, so 104,232 rows are 833,856 data points."""
    made = make_report(NO_COINS, candle_table(history(1, "bitcoin", [1] * 10)), tmp_path, top=1)
    told = json.loads((tmp_path / "quality.json").read_text(encoding="utf-8"))
    assert (10, 80, 60) == (made.rows, made.data_points, told["values"])
    assert {"rows": 10, "coins": 1, "data_points": 80, "first_day": "2024-01-01", "last_day": "2024-01-10"} == {
        key: told[key] for key in ("rows", "coins", "data_points", "first_day", "last_day")
    }
    assert {"rows", "data_points", "values", "days"} == told["definitions"].keys()


def test_the_terminal_shows_the_coins_with_the_most_days_and_says_how_many_more() -> None:
    odd_days = [row for n in range(1, 6) for row in history(n, f"coin-{n}", [1] * n)]
    table = cleaned([row | {"volume": 0} for row in odd_days])
    console = Console(width=100, file=io.StringIO())
    console.print(quality_view(judge(table)))
    shown = " ".join(console.file.getvalue().split())  # type: ignore[attr-defined]
    assert "data points 120" in shown
    assert "zero volumes 15 5 coin-5: 2024-01-01 – 2024-01-05 coin-4: 2024-01-01 – 2024-01-04" in shown
    assert "… and 2 more coins" in shown


# Amounts


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (1.2e12, "$1.2T"),
        (350e9, "$350B"),
        (999_999_999_999, "$1T"),
        (123_456_789, "$123M"),
        (64_123.45, "$64.1K"),
        (999.6, "$1K"),
        (999.4, "$999"),
        (1, "$1"),
        (0, "$0"),
        (0.0004, "$0.0004"),
        (0.00000123, "$0.00000123"),
        (1.5e-12, "$1.50e-12"),
        (-2500, "−$2.5K"),
        (1.5e18, "$1.50e+06T"),
        (math.nan, "–"),
        (math.inf, "–"),
    ],
)
def test_amounts_are_short(amount: float, written: str) -> None:
    assert written == short(amount)


def test_amounts_in_other_money_have_its_sign_or_its_code() -> None:
    assert ["€1.2T", "BTC 1.2T"] == [short(1.2e12, sign(code)) for code in ("EUR", "BTC")]


@pytest.mark.parametrize(
    ("amounts", "written"),
    [
        ([0.998, 0.999, 1, 1.001], ["$0.998", "$0.999", "$1", "$1.001"]),
        ([64_250, 64_500, 64_750], ["$64.25K", "$64.5K", "$64.75K"]),
        ([1e-6, 1e-3, 1, 1e3, 1e12], ["$0.000001", "$0.001", "$1", "$1K", "$1T"]),
        ([0], ["$0"]),
    ],
)
def test_labels_of_an_axis_are_told_apart(amounts: list[float], written: list[str]) -> None:
    assert written == labels(amounts)


# Pictures


def drawn(table: Clean, column: str = "close") -> Any:
    (axes,) = pictures.figure(table, column, "$", "a source").axes
    return axes


def seen(axes: Any) -> dict[str, list[float]]:
    """The values of each line that is named."""
    return {line.get_label(): line.get_ydata() for line in axes.lines if not line.get_label().startswith("_")}


def test_a_picture_shows_the_three_largest_by_market_cap() -> None:
    coins = [coin(n, f"coin-{n}", rank=None, market_cap=Decimal(n)) for n in range(1, 6)]
    candles = [row for n in range(1, 6) for row in history(n, f"coin-{n}", [n, n + 1])]
    assert ["Coin-5", "Coin-4", "Coin-3"] == list(seen(drawn(cleaned(candles, coins))))


def test_of_coins_with_equal_market_caps_the_better_rank_is_the_larger() -> None:
    coins = [coin(n, f"coin-{n}", rank=6 - n, market_cap=Decimal(1)) for n in range(1, 6)]
    candles = [row for n in range(1, 6) for row in history(n, f"coin-{n}", [n, n + 1])]
    assert ["Coin-5", "Coin-4", "Coin-3"] == list(seen(drawn(cleaned(candles, coins))))


def test_no_line_crosses_a_gap_and_a_lone_day_is_a_dot() -> None:
    axes = drawn(cleaned([*history(1, "bitcoin", [3, 4]), *history(1, "bitcoin", [5], first=4)]))
    np.testing.assert_array_equal([3, 4, np.nan, np.nan, 5], seen(axes)["Bitcoin"])
    dots = axes.lines[1]
    assert (["."], [5.0]) == ([dots.get_marker()], list(dots.get_ydata()))


@pytest.mark.parametrize(("closes", "scale"), [([60_000, 50_000], "linear"), ([60_000, 0, 3], "log")])
def test_the_axis_is_logarithmic_when_a_linear_one_would_hide_the_small(closes: list[int], scale: str) -> None:
    figure = pictures.figure(cleaned(history(1, "bitcoin", closes)), "close", "$", "a source")
    (axes,) = figure.axes
    assert scale == axes.get_yscale()
    assert any(f"{'logarithmic' if scale == 'log' else 'linear'} axis" in text.get_text() for text in figure.texts)


def test_the_axes_are_labelled_with_money_and_time() -> None:
    figure = pictures.figure(cleaned(history(1, "bitcoin", range(1, 1200))), "market_cap", "$", "a source")
    png(figure)
    (axes,) = figure.axes
    amounts = [label.get_text() for label in axes.get_yticklabels()]
    times = [label.get_text() for label in axes.get_xticklabels() if label.get_text()]
    assert all(label.startswith("$") for label in amounts)
    assert len(set(amounts)) == len(amounts) > 2
    assert {"2024", "2025", "2026", "2027"} <= set(times)
    assert ["Market capitalisation", "2024-01-01 to 2027-04-13 · linear axis · a source"] == [
        text.get_text() for text in figure.texts
    ]


def test_a_single_day_stands_between_whole_days() -> None:
    axes = drawn(cleaned([candle(1, "bitcoin", 0, 60_000)]))
    axes.figure.canvas.draw()
    times = [label.get_text() for label in axes.get_xticklabels()]
    assert "Jan" in times
    assert [] == [text for text in times if ":" in text]


def test_a_picture_has_its_size_and_the_colours_of_its_lines(tmp_path: Path) -> None:
    coins = [coin(n, f"coin-{n}") for n in (1, 2, 3)]
    candles = [row for n in (1, 2, 3) for row in history(n, f"coin-{n}", [n * 10 + k % 5 for k in range(300)])]
    make_report(coin_table(coins), candle_table(candles), tmp_path, top=3)
    for name in ("close", "volume", "market_cap"):
        file = tmp_path / f"{name}.png"
        with Image.open(file) as picture:
            pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3).astype(int)
            assert ("PNG", (1200, 675)) == (picture.format, picture.size)
        assert file.stat().st_size < 150_000
        wanted = [[round(part * 255) for part in to_rgb(colour)] for colour in COLOURS]
        seen_often = [int((np.abs(pixels - colour).max(axis=1) < 12).sum()) for colour in wanted]
        # Three coins with the same volume hide each other; then one line and the keys of the others are left.
        assert min(seen_often) > 50


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("Bitcoin", "Bitcoin"),
        ("Doge \U0001f415 coin", "Doge coin"),
        ("\U0001f680\U0001f680", "SYM"),
        ("比特币", "SYM"),
        ("price $x^2$ \\frac{1}", "price $x^2$ \\frac{1}"),
        ("a\nb\x00c\x1b[31m", "a b c [31m"),
        ("x" * 40, "x" * 31 + "…"),
    ],
)
def test_a_name_is_printed_in_letters_that_the_font_has(name: str, printed: str) -> None:
    table = cleaned(history(1, "slug", [1, 2]), [coin(1, "slug", name=name, symbol="SYM")])
    assert [printed] == list(seen(drawn(table)))
    assert pictures.pictures(table, "$", "a source").keys() == {"close.png", "volume.png", "market_cap.png"}


# Any stored data makes a report


def told(made: Report) -> tuple[int, int, int]:
    return made.rows, made.coins, made.data_points


FILES = {
    "cryptocurrencies_top-100.csv",
    "clean.parquet",
    "quality.json",
    "close.png",
    "volume.png",
    "market_cap.png",
    "market.html",
}


@pytest.mark.parametrize(
    ("coins", "candles", "figures"),
    [
        (NO_COINS, NO_CANDLES, (0, 0, 0)),
        (pl.DataFrame(), pl.DataFrame(), (0, 0, 0)),
        (coin_table([coin(1, "bitcoin")]), NO_CANDLES, (0, 0, 0)),
        (NO_COINS, candle_table([candle(1, "bitcoin", 0, 1)]), (1, 1, 8)),
        (NO_COINS, candle_table([candle(1, "bitcoin", 0, None, volume=None, market_cap=None)]), (1, 1, 2)),
        (NO_COINS, candle_table([candle(1, "", 0, 0), candle(2, "", 1, -1)]), (2, 2, 16)),
        (
            NO_COINS,
            candle_table([candle(1, "x", date(1900, 1, 1), 1), candle(1, "x", date(2100, 1, 9), 10**8)]),
            (2, 1, 16),
        ),
        (coin_table([coin(1, "שלום", name="שלום")]), candle_table(history(1, "שלום", [1, 2, 3])), (3, 1, 24)),
    ],
    ids=["empty", "no columns", "no days", "one row", "nulls", "no names", "long", "right to left"],
)
@pytest.mark.filterwarnings("error")
def test_a_report_is_made_of_anything(
    tmp_path: Path, coins: pl.DataFrame, candles: pl.DataFrame, figures: tuple[int, int, int]
) -> None:
    made = make_report(coins, candles.lazy(), tmp_path / "report", top=100)
    assert figures == told(made)
    assert FILES == {path.name for path in (tmp_path / "report").iterdir()} == {path.name for path in made.files}
    assert 0 <= made.import_seconds <= made.seconds


def test_without_data_the_pictures_say_so() -> None:
    table = cleaned([candle(1, "bitcoin", 0, None, market_cap=0)])
    assert ["no data"] == [text.get_text() for text in drawn(table).texts]
    assert [] == [text.get_text() for text in drawn(table, "volume").texts]


def test_a_file_that_cannot_be_put_in_its_place_leaves_no_part_of_itself(tmp_path: Path) -> None:
    (tmp_path / "clean.parquet").mkdir()
    with pytest.raises(StoreError):
        make_report(NO_COINS, candle_table([candle(1, "bitcoin", 0, 1)]), tmp_path, top=1)
    assert {"clean.parquet", "cryptocurrencies_top-1.csv"} == {path.name for path in tmp_path.iterdir()}


def test_heavy_imports_happen_only_for_a_report() -> None:
    code = (
        "import sys; from asyncscrape.jobs.crypto.report.files import Report, make_report;"
        "import asyncscrape.jobs.crypto.report.terminal;"
        "print({'polars', 'matplotlib', 'plotly', 'numpy'} & set(sys.modules))"
    )
    assert "set()" == subprocess.check_output([sys.executable, "-c", code], text=True, timeout=PATIENCE).strip()


def test_tables_that_were_text_make_the_same_report() -> None:
    coins, candles = [coin(1, "bitcoin")], history(1, "bitcoin", ["40.5", None, "41"])
    moment = pl.col("_fetched_at").dt.strftime("%Y-%m-%dT%H:%M:%S.%3fZ")
    as_text = [table.with_columns(moment).cast(pl.String) for table in (coin_table(coins), candle_table(candles))]
    assert cleaned(candles, coins).rows.equals(clean(*as_text, top=100).rows)
    times = clean(as_text[0], as_text[1].with_columns(time_high=pl.lit("2024-01-01T05:04:03.002Z")), 100).rows
    assert {datetime(2024, 1, 1, 5, 4, 3, 2000, tzinfo=UTC)} == set(times["time_high"])
