"""Candles as the sources write them: bytes for each day, made once for each coin and joined for each answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

import numpy as np

from asyncscrape.replica.coinmarketcap.bars import DAY_ONE, Bars, Numbers


class Columns(NamedTuple):
    """The columns that encoders join, each with one text a day."""

    days: Sequence[str]
    open: Sequence[str]
    high: Sequence[str]
    low: Sequence[str]
    close: Sequence[str]
    volume: Sequence[str]
    market_cap: Sequence[str]
    supply: Sequence[str]
    time_high: Sequence[str]
    time_low: Sequence[str]


@dataclass(frozen=True)
class Pieces:
    """A coin's encoded candles, oldest first."""

    days: list[int]
    """The days, counted from `DAY_ONE`."""
    bars: list[bytes]


Encoder = Callable[[Columns, str], list[str]]


def numbers(bars: Bars, rates: Numbers, decimals: int, noise: bool) -> Columns:
    """The columns as numbers in JSON: integers among floats, and with noise the odd text of real answers."""
    prices = [_prices(column * rates, decimals) for column in (bars.open, bars.high, bars.low, bars.close)]
    volume = _sums(bars.volume * rates, noise, "0E-24")
    market_cap = _sums(bars.market_cap * rates, noise, "0")
    supply = [str(int(value)) for value in bars.supply.tolist()]
    times = [_times(bars.time_high), _times(bars.time_low)]
    return Columns._make([day_names(bars), *prices, volume, market_cap, supply, *times])


def table_cells(bars: Bars, rates: Numbers, swedish: bool) -> Columns:
    """The columns as the web page shows them, which has neither supply nor times."""
    prices = [_shown(column * rates, swedish) for column in (bars.open, bars.high, bars.low, bars.close)]
    sums = [_shown_whole(column * rates, swedish) for column in (bars.volume, bars.market_cap)]
    days = [_date(bars.first + n).strftime("%b %d, %Y") for n in range(len(bars.close))]
    return Columns._make([days, *prices, *sums, (), (), ()])


def day_names(bars: Bars) -> list[str]:
    """The days as ISO dates."""
    return [_iso(bars.first + n) for n in range(len(bars.close))]


def select(bars: Bars, encoded: list[str], missing: frozenset[int]) -> Pieces:
    """The candles as bytes, without the missing days."""
    kept = [n for n in range(len(encoded)) if n not in missing] if missing else range(len(encoded))
    return Pieces([bars.first + n for n in kept], [encoded[n].encode() for n in kept])


def web_v31(columns: Columns, currency: str) -> list[str]:
    """Candles as in the web's data API v3.1; `currency` is its number."""
    return [
        f'{{"timeOpen":"{day}T00:00:00.000Z","timeClose":"{day}T23:59:59.999Z","timeHigh":"{day}T{peak}.000Z",'
        f'"timeLow":"{day}T{trough}.000Z","quote":{{"name":"{currency}","open":{open},"high":{high},"low":{low},'
        f'"close":{close},"volume":{volume},"marketCap":{cap},"circulatingSupply":{supply},'
        f'"timestamp":"{day}T23:59:59.999Z"}}}}'
        for day, open, high, low, close, volume, cap, supply, peak, trough in zip(*columns, strict=True)
    ]


def web_v3(columns: Columns, currency: str) -> list[str]:
    """Candles as in the web's data API v3."""
    return [
        f'{{"timeOpen":"{day}T00:00:00.000Z","timeClose":"{day}T23:59:59.999Z","timeHigh":"{day}T{peak}.000Z",'
        f'"timeLow":"{day}T{trough}.000Z","quote":{{"open":{open},"high":{high},"low":{low},"close":{close},'
        f'"volume":{volume},"marketCap":{cap},"timestamp":"{day}T23:59:59.999Z"}}}}'
        for day, open, high, low, close, volume, cap, _, peak, trough in zip(*columns, strict=True)
    ]


def official(columns: Columns, currency: str) -> list[str]:
    """Candles as in the official API and the page data of 2020; `currency` is its short name."""
    return [
        f'{{"time_open":"{day}T00:00:00.000Z","time_close":"{day}T23:59:59.999Z","time_high":"{day}T{peak}.000Z",'
        f'"time_low":"{day}T{trough}.000Z","quote":{{"{currency}":{{"open":{open},"high":{high},"low":{low},'
        f'"close":{close},"volume":{volume},"market_cap":{cap},"timestamp":"{day}T23:59:59.999Z"}}}}}}'
        for day, open, high, low, close, volume, cap, _, peak, trough in zip(*columns, strict=True)
    ]


def table_rows(columns: Columns, currency: str) -> list[str]:
    """Candles as rows of the table in the web pages of 2020."""
    cell = '<td class="cmc-table__cell cmc-table__cell--right"><div>'
    return [
        '<tr class="cmc-table-row"><td class="cmc-table__cell cmc-table__cell--sticky cmc-table__cell--left">'
        f"<div>{day}</div></td>" + "".join(f"{cell}{value}</div></td>" for value in values) + "</tr>"
        for day, *values in zip(*columns[:7], strict=True)
    ]


def _prices(column: Numbers, decimals: int) -> list[str]:
    """Prices rounded to this many decimals, or more for small prices."""
    small, tiny = np.round(column, 8), np.round(column, 14)
    return list(
        map(repr, np.where(column >= 1, np.round(column, decimals), np.where(column >= 1e-4, small, tiny)).tolist())
    )


def _sums(column: Numbers, noise: bool, nothing: str) -> list[str]:
    """Volumes and market caps: mostly with a few decimals, sometimes with none, or with noise far too many."""
    texts = list(map(repr, np.round(column, 4).tolist()))
    for n in range(0, len(texts), 5):
        texts[n] = str(round(column[n]))
    for n in range(3, len(texts) if noise else 0, 61):
        texts[n] = f"{column[n]:.14f}" + "0" * 18
    zeros = np.flatnonzero(column == 0).tolist()
    for n in zeros:
        texts[n] = nothing if noise and n % 2 else "0"
    return texts


def _shown(column: Numbers, swedish: bool) -> list[str]:
    return [
        _grouped(f"{value:,.2f}" if value >= 1 else f"{value:.8f}" if value >= 1e-4 else f"{value:.14f}", swedish)
        for value in column.tolist()
    ]


def _shown_whole(column: Numbers, swedish: bool) -> list[str]:
    return [_grouped(f"{value:,.0f}", swedish) for value in column.tolist()]


def _grouped(english: str, swedish: bool) -> str:
    if not swedish:
        return english
    return english.replace(",", "&nbsp;").replace(".", ",")


def _times(minutes: list[int]) -> list[str]:
    names = _minute_names()
    return [names[minute] for minute in minutes]


@cache
def _minute_names() -> list[str]:
    return [f"{minute // 60:02}:{minute % 60:02}:01" for minute in range(1440)]


@cache
def _iso(day: int) -> str:
    return _date(day).isoformat()


def _date(day: int) -> date:
    return DAY_ONE + timedelta(day)
