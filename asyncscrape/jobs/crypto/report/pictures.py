"""The pictures of the largest coins: one number over time, one line for each coin."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import Formatter, LogLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray

from asyncscrape.analysis.picture_style import (
    COLOURS,
    QUIET,
    blank,
    frame,
    heading,
    in_font,
    legend,
    no_data,
    png,
    shortened,
)
from asyncscrape.jobs.crypto.report.cleaning import Clean
from asyncscrape.jobs.crypto.report.money import labels

LARGEST = 3
"""Coins in a picture: more lines would hide each other, and the page `market.html` has them all."""
TITLES = {"close": "Daily close", "volume": "Daily volume", "market_cap": "Market capitalisation"}
"""The pictures by column."""
ORDERS = 2
"""If smallest and largest number lie more powers of ten apart than this, a linear axis would hide the small ones."""
LONGEST_NAME = 32
LEAST_DAYS = 8
"""The fewest days on the time axis; with fewer it would be divided into hours, which daily data does not have."""
MEDIAN_DAYS = 30
"""Days in the median of the thick line for volumes, which jump too much from day to day to be told apart."""
LONG = 6 * MEDIAN_DAYS
"""The fewest days that get such a line."""


@dataclass(frozen=True)
class Line:
    """One coin's numbers, day by day; a missing day is NaN, so that no line crosses it."""

    name: str
    days: NDArray[np.datetime64]
    values: NDArray[np.float64]


class Amounts(Formatter):
    """Labels for an axis of money that differ even when all amounts are close together."""

    def __init__(self, sign: str) -> None:
        self.sign = sign

    def __call__(self, amount: float, position: int | None = None) -> str:
        """A single label."""
        return self.format_ticks([amount])[0]

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """All labels of an axis, with as many digits as they need to differ."""
        return labels(values, self.sign)


def pictures(clean: Clean, sign: str, source: str) -> dict[str, bytes]:
    """One PNG file for each title, by file name."""
    return {f"{column}.png": png(figure(clean, column, sign, source)) for column in TITLES}


def figure(clean: Clean, column: str, sign: str, source: str) -> Figure:
    """One column of the largest coins over time."""
    chosen = lines(clean, column)
    whole = blank()
    axes = whole.add_axes((0.075, 0.09, 0.895, 0.72))
    logarithmic = _spans_orders(chosen)
    smooth = column == "volume" and max((line.days.size for line in chosen), default=0) > LONG
    details = [
        "{} to {}".format(*clean.days) if clean.days else "",
        "logarithmic axis" if logarithmic else "linear axis",
        f"thin: each day, thick: median of {MEDIAN_DAYS} days" if smooth else "",
        source,
    ]
    heading(whole, TITLES[column], " · ".join(filter(None, details)))
    frame(axes)
    if not any(np.isfinite(line.values).any() for line in chosen):
        no_data(axes)
        return whole
    for line, colour in zip(chosen, COLOURS, strict=False):
        _draw(axes, line, colour, logarithmic, smooth)
    _amount_axis(axes, chosen, sign, logarithmic)
    _time_axis(axes)
    legend(whole, axes)
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
    """The coin's name in letters that the font has, or else its symbol, slug or number."""
    candidates = (in_font(str(coin[key] or "")) for key in ("name", "symbol", "slug"))
    name = next(filter(None, candidates), f"coin {coin['coin_id']}")
    return shortened(name, LONGEST_NAME)


def _positive(chosen: Sequence[Line]) -> NDArray[np.float64]:
    values = np.concatenate([line.values for line in chosen]) if chosen else np.empty(0)
    positive: NDArray[np.float64] = values[np.isfinite(values) & (values > 0)]
    return positive


def _spans_orders(chosen: Sequence[Line]) -> bool:
    values = _positive(chosen)
    return bool(values.size) and math.log10(values.max()) - math.log10(values.min()) > ORDERS


def _draw(axes: Axes, line: Line, colour: str, logarithmic: bool, smooth: bool) -> None:
    values = np.where(line.values > 0, line.values, np.nan) if logarithmic else line.values
    (daily,) = axes.plot(line.days, values, color=colour, label=line.name, linewidth=1.3)
    alone = _alone(values)
    axes.plot(line.days[alone], values[alone], ".", color=colour, markersize=6)
    if smooth:
        daily.set(linewidth=0.6, alpha=0.3, zorder=1.5)
        axes.plot(line.days, _medians(values), color=colour, linewidth=1.7)


def _medians(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The median of each day and the days around it; NaN if the day itself has no number."""
    there = pl.Series(values).fill_nan(None)
    medians = there.rolling_median(MEDIAN_DAYS, min_samples=1, center=True)
    return np.where(np.isfinite(values), medians.to_numpy(), np.nan)


def _alone(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Days without a neighbour: a line through one point would be invisible."""
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
    """Begin at zero if that wastes little room: then heights can be compared."""
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
