"""The pictures of the largest coins: one number over time, one line for each coin.

Figures are made without pyplot, so nothing is kept between two reports and no display is looked for.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ticker import Formatter, LogLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray
from PIL import Image

from asyncscrape.jobs.crypto.report.cleaning import Clean
from asyncscrape.jobs.crypto.report.money import labels

LARGEST = 3
"""Coins in a picture: more lines hide each other, and the page `market.html` has them all."""
SIZE = (12.0, 6.75)
DOTS_PER_INCH = 100
COLOURS = ("#d9730d", "#3b5bdb", "#0f8a6c")
INK, QUIET, FAINT = "#1c1c1e", "#6b6b70", "#e3e3e6"
COLOURS_IN_FILE = 200
TITLES = {"close": "Daily close", "volume": "Daily volume", "market_cap": "Market capitalisation"}
"""The pictures by column."""
ORDERS = 2
"""Powers of ten between the smallest and the largest number beyond which a linear axis would hide the small ones."""
LONGEST_NAME = 32
LEAST_DAYS = 8
"""Days that an axis of time shows at least: below that it would be divided into hours, which daily data has not."""
MEDIAN_DAYS = 30
"""Days of the thick line in the picture of volumes, which jump too much from day to day to be told apart."""
LONG = 6 * MEDIAN_DAYS
"""Days from which on there is such a line."""


@dataclass(frozen=True)
class Line:
    """One coin's numbers, day by day; a missing day is a number that is none, so that no line crosses it."""

    name: str
    days: NDArray[np.datetime64]
    values: NDArray[np.float64]


class Amounts(Formatter):
    """Labels for an axis of money, told apart from each other even where all are close together."""

    def __init__(self, sign: str) -> None:
        self.sign = sign

    def __call__(self, amount: float, position: int | None = None) -> str:
        """One label by itself."""
        return self.format_ticks([amount])[0]

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """All labels of an axis, with as many digits as they need together."""
        return labels(values, self.sign)


def pictures(clean: Clean, sign: str, source: str) -> dict[str, bytes]:
    """A PNG file for each title, by file name."""
    return {f"{column}.png": _png(figure(clean, column, sign, source)) for column in TITLES}


def figure(clean: Clean, column: str, sign: str, source: str) -> Figure:
    """One column of the largest coins over time."""
    chosen = lines(clean, column)
    whole = Figure(figsize=SIZE, dpi=DOTS_PER_INCH, facecolor="white")
    axes = whole.add_axes((0.075, 0.09, 0.895, 0.72))
    logarithmic = _spans_orders(chosen)
    smooth = column == "volume" and max((line.days.size for line in chosen), default=0) > LONG
    details = [
        "{} to {}".format(*clean.days) if clean.days else "",
        "logarithmic axis" if logarithmic else "linear axis",
        f"thin: each day, thick: median of {MEDIAN_DAYS} days" if smooth else "",
        source,
    ]
    _heading(whole, TITLES[column], " · ".join(filter(None, details)))
    _frame(axes)
    if not any(np.isfinite(line.values).any() for line in chosen):
        _no_data(axes)
        return whole
    for line, colour in zip(chosen, COLOURS, strict=False):
        _draw(axes, line, colour, logarithmic, smooth)
    _amount_axis(axes, chosen, sign, logarithmic)
    _time_axis(axes)
    _legend(whole, axes)
    return whole


def lines(clean: Clean, column: str) -> list[Line]:
    """The lines of the largest coins, the largest first."""
    return [_line(clean.rows, coin, column) for coin in clean.coins.head(LARGEST).iter_rows(named=True)]


def _line(rows: pl.DataFrame, coin: dict[str, object], column: str) -> Line:
    own = rows.filter(pl.col("coin_id") == coin["coin_id"]).sort("date").select("date", column)
    whole = own.upsample("date", every="1d") if own.height > 1 else own
    values = whole[column].fill_null(float("nan")).to_numpy()
    return Line(printable(coin), whole["date"].to_numpy(), values)


def printable(coin: dict[str, object]) -> str:
    """The coin's name in letters that the font has; else its symbol, its slug, or its number."""
    candidates = (_in_font(str(coin[key] or "")) for key in ("name", "symbol", "slug"))
    name = next(filter(None, candidates), f"coin {coin['coin_id']}")
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _in_font(text: str) -> str:
    letters = get_font(findfont(FontProperties())).get_charmap()
    return " ".join("".join(letter if ord(letter) in letters else " " for letter in text).split())


def _positive(chosen: Sequence[Line]) -> NDArray[np.float64]:
    values = np.concatenate([line.values for line in chosen]) if chosen else np.empty(0)
    positive: NDArray[np.float64] = values[np.isfinite(values) & (values > 0)]
    return positive


def _spans_orders(chosen: Sequence[Line]) -> bool:
    values = _positive(chosen)
    return bool(values.size) and math.log10(values.max()) - math.log10(values.min()) > ORDERS


def _heading(whole: Figure, title: str, details: str) -> None:
    whole.text(0.022, 0.945, title, fontsize=19, color=INK, weight="bold", va="center", parse_math=False)
    whole.text(0.022, 0.895, details, fontsize=11.5, color=QUIET, va="center", parse_math=False)


def _frame(axes: Axes) -> None:
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(QUIET)
    axes.tick_params(colors=QUIET, labelsize=11, length=0)
    axes.tick_params(axis="x", length=4, pad=5)
    axes.grid(axis="y", color=FAINT, linewidth=0.9)
    axes.set_axisbelow(True)


def _no_data(axes: Axes) -> None:
    axes.text(0.5, 0.5, "no data", transform=axes.transAxes, ha="center", va="center", fontsize=22, color=QUIET)
    axes.set(xticks=[], yticks=[])


def _draw(axes: Axes, line: Line, colour: str, logarithmic: bool, smooth: bool) -> None:
    values = np.where(line.values > 0, line.values, np.nan) if logarithmic else line.values
    (daily,) = axes.plot(line.days, values, color=colour, label=line.name, linewidth=1.3)
    alone = _alone(values)
    axes.plot(line.days[alone], values[alone], ".", color=colour, markersize=6)
    if smooth:
        daily.set(linewidth=0.6, alpha=0.3, zorder=1.5)
        axes.plot(line.days, _medians(values), color=colour, linewidth=1.7)


def _medians(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The median of each day and those around it; none where the day itself has no number."""
    there = pl.Series(values).fill_nan(None)
    medians = there.rolling_median(MEDIAN_DAYS, min_samples=1, center=True)
    return np.where(np.isfinite(values), medians.to_numpy(), np.nan)


def _alone(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Days without a neighbour: a line through one point would not be seen."""
    there = np.concatenate([[False], np.isfinite(values), [False]])
    alone: NDArray[np.bool_] = there[1:-1] & ~there[:-2] & ~there[2:]
    return alone


def _amount_axis(axes: Axes, chosen: Sequence[Line], sign: str, logarithmic: bool) -> None:
    if logarithmic:
        axes.set_yscale("log", nonpositive="mask")
        axes.yaxis.set_major_locator(LogLocator(numticks=9))
    else:
        axes.yaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 2.5, 5, 10]))
        _from_zero(axes)
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(Amounts(sign))


def _from_zero(axes: Axes) -> None:
    """Begin at zero where little room is lost by it: then heights can be compared."""
    low, high = axes.dataLim.intervaly
    if 0 <= low < high / 2:
        axes.set_ylim(0, high * 1.05)


def _time_axis(axes: Axes) -> None:
    first, last = axes.dataLim.intervalx
    room = max((last - first) * 0.01, (LEAST_DAYS - (last - first)) / 2)
    axes.set_xlim(first - room, last + room)
    locator = AutoDateLocator(minticks=3, maxticks=10)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.xaxis.get_offset_text().set_color(QUIET)


def _legend(whole: Figure, axes: Axes) -> None:
    handles, names = axes.get_legend_handles_labels()
    legend = whole.legend(
        handles,
        names,
        loc="center left",
        bbox_to_anchor=(0.014, 0.845),
        ncols=LARGEST,
        frameon=False,
        fontsize=12.5,
        handlelength=1.4,
        columnspacing=1.8,
    )
    for text, handle in zip(legend.get_texts(), legend.get_lines(), strict=True):
        text.set_parse_math(False)
        text.set_color(INK)
        handle.set(linewidth=3, alpha=1)


def _png(whole: Figure) -> bytes:
    """The figure in a palette of its own colours, which looks the same in half the bytes."""
    canvas = FigureCanvasAgg(whole)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    picture = Image.fromarray(pixels).convert("RGB")
    file = io.BytesIO()
    picture.quantize(COLOURS_IN_FILE, dither=Image.Dither.NONE).save(file, "PNG", dpi=(DOTS_PER_INCH, DOTS_PER_INCH))
    return file.getvalue()
