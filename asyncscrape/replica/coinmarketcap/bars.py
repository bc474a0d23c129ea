"""The invented history of a coin as numbers: every day from the first on, the same in every process.

A day's candle depends only on the coin and the day, never on today's date or the range that was asked for: each
column draws from its own random stream, and a longer history only draws further.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from asyncscrape.replica.coinmarketcap.coins import BY_ID, TOP, Coin

Numbers = NDArray[np.float64]

DAY_ONE = date(2010, 7, 13)
_YEAR = 365.25
_REFERENCE = (date(2026, 1, 1) - DAY_ONE).days / _YEAR
"""The time at which sizes are stated, in years since `DAY_ONE`."""

_WELL_KNOWN = {
    "bitcoin": 92_000.0,
    "ethereum": 3_300.0,
    "xrp": 2.1,
    "tether": 1.0,
    "dai": 1.0,
    "litecoin": 95.0,
    "dogecoin": 0.16,
    "monero": 240.0,
    "dash": 41.0,
    "bnb": 640.0,
    "cardano": 0.62,
    "solana": 150.0,
    "chainlink": 15.0,
    "polkadot-new": 5.3,
    "terra-luna": 60.0,
}
"""Familiar prices at the reference time; those of other coins follow from their ids."""


@dataclass(frozen=True)
class Bars:
    """Columns of equal length, one entry a day without gaps, in unrounded US dollars."""

    first: int
    """The first day, counted from `DAY_ONE`."""
    open: Numbers
    high: Numbers
    low: Numbers
    close: Numbers
    volume: Numbers
    market_cap: Numbers
    supply: Numbers
    time_high: list[int]
    """Minutes since midnight."""
    time_low: list[int]


def build(coin: Coin, until: date) -> Bars:
    """The history up to the day before `until`."""
    first = (coin.listed - DAY_ONE).days
    count = max((until - coin.listed).days, 0)
    years = (first + np.arange(count)) / _YEAR
    close = _closes(coin, years)
    opened = np.concatenate([close[:1], close[:-1]]) * (1 + 0.003 * _draw(coin, 1, count))
    spread = 0.004 if coin.is_stable else 0.03
    high = np.maximum(opened, close) * (1 + spread * np.abs(_draw(coin, 2, count)))
    low = np.minimum(opened, close) / (1 + spread * np.abs(_draw(coin, 3, count)))
    supply = _supply(coin, years)
    market_cap = close * supply
    volume = market_cap * 0.04 * np.exp(0.6 * _draw(coin, 4, count) + 0.5 * np.sin(years * 5 + coin.place))
    volume[: coin.silent_days] = 0
    market_cap[: coin.uncounted_days] = 0
    times = _minutes(coin, 5, count), _minutes(coin, 6, count)
    return Bars(first, opened, high, low, close, volume, market_cap, supply, *times)


def _draw(coin: Coin, stream: int, count: int) -> Numbers:
    # The old generator on purpose: numpy promises that its streams stay the same in all versions.
    return np.random.RandomState(coin.id * 16 + stream).standard_normal(count)


def _minutes(coin: Coin, stream: int, count: int) -> list[int]:
    chances = np.random.RandomState(coin.id * 16 + stream).random_sample(count)
    return [int(chance * 1440) for chance in chances.tolist()]


def _closes(coin: Coin, years: Numbers) -> Numbers:
    """Prices that follow the market and wander around it."""
    restlessness, pull = (0.0012, 0.8) if coin.is_stable else (0.02, 0.995) if coin.place == 0 else (0.045, 0.99)
    steps = (restlessness * _draw(coin, 0, len(years))).tolist()
    wander = np.fromiter(accumulate(steps, lambda at, step: pull * at + step), float, len(years))
    if coin.is_stable:
        return np.asarray(np.exp(wander))
    likeness = 1.0 if coin.place == 0 else 0.75 + 0.05 * (coin.id % 5)
    mood = likeness * (_market(years) - _market(_REFERENCE))
    return np.asarray(_price(coin) * np.exp(mood + wander + _fall(coin, years)))


def _market(years: Numbers | float) -> Numbers:
    """The level of the whole market, as a logarithm: steep at first, flatter later, with its seasons."""
    tide = 0.8 * np.sin(2 * np.pi * (years - 2.4) / 4) + 0.25 * np.sin(2 * np.pi * years / 1.3)
    return np.asarray(13 * (1 - np.exp(-np.asarray(years) / 4.2)) + tide)


def _fall(coin: Coin, years: Numbers) -> Numbers:
    """The loss through a collapse, as a logarithm."""
    if coin.collapse is None:
        return np.zeros(len(years))
    since = np.clip(years - (coin.collapse - DAY_ONE).days / _YEAR, 0, None)
    return -5 * (1 - np.exp(-since * 60))


def _size(coin: Coin) -> float:
    """Market cap at the reference time; the small coins stay below all others."""
    small = 1e-3 if coin.place >= TOP else 1.0
    return float(small * 1.6e12 * (coin.place + 1.0) ** -1.7)


def _price(coin: Coin) -> float:
    """Price at the reference time."""
    if coin.slug in _WELL_KNOWN:
        return _WELL_KNOWN[coin.slug]
    return float(10 ** (-5 - coin.id % 3 if coin.is_tiny else 3.4 - (coin.id * 7919 % 61) / 10))


def _supply(coin: Coin, years: Numbers) -> Numbers:
    """Whole coins in circulation, growing ever more slowly."""
    age = years - (coin.listed - DAY_ONE).days / _YEAR
    return np.round(_size(coin) / _price(coin) * (1 - 0.6 * np.exp(-(age + 0.2) / 4)))


def bitcoin(count: int) -> Numbers:
    """Bitcoin's closes from `DAY_ONE`, its own first day, on: the rate for prices in bitcoin."""
    return _closes(BY_ID[1], np.arange(count) / _YEAR)
