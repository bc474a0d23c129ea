"""The data behind the three sources: every coin's history up to yesterday, and today's top list."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

import numpy as np

from asyncscrape.replica.behaviour import Switches
from asyncscrape.replica.coinmarketcap import encoding
from asyncscrape.replica.coinmarketcap.bars import DAY_ONE, Bars, Numbers, bitcoin, build
from asyncscrape.replica.coinmarketcap.coins import COINS, TOP, Coin
from asyncscrape.replica.coinmarketcap.currencies import Currency
from asyncscrape.replica.coinmarketcap.encoding import Columns, Encoder, Pieces

Shape = Literal["v3.1", "v3", "official", "table"]

ENCODERS: dict[Shape, Encoder] = {
    "v3.1": encoding.web_v31,
    "v3": encoding.web_v3,
    "official": encoding.official,
    "table": encoding.table_rows,
}
_ENTERS_AT = 60
"""The place at which a coin enters the top list."""


@dataclass(frozen=True)
class RankedCoin:
    """A coin's figures today, in US dollars."""

    coin: Coin
    rank: int
    price: float
    supply: float
    market_cap: float
    volume: float
    changes: tuple[float, float, float]
    """Changes in percent over one, seven and thirty days."""


class Market:
    """Histories and standings of all coins. A history is made when first asked for and kept; later days add to it."""

    def __init__(self, switches: Switches) -> None:
        self.switches = switches
        self._bars: dict[int, tuple[date, Bars]] = {}
        self._pieces: dict[tuple[object, ...], tuple[date, Pieces]] = {}
        self._standings: tuple[tuple[date, int], list[RankedCoin]] | None = None

    @property
    def yesterday(self) -> int:
        """The last day that is over, counted from `DAY_ONE`."""
        return day_number(self.switches.today) - 1

    def history(self, coin: Coin, shape: Shape, currency: Currency) -> Pieces:
        """All candles of this coin so far, or a few more, encoded; cut them off at `yesterday`."""
        now, today = self.switches.now, self.switches.today
        place = coin.id, shape, currency.name, now.noise, now.gaps, now.locale if shape == "table" else ""
        until, pieces = self._pieces.get(place, (date.min, Pieces([], [])))
        if until < today:
            pieces = self._encode(coin, shape, currency)
            self._pieces[place] = self._bars[coin.id][0], pieces
        return pieces

    def _encode(self, coin: Coin, shape: Shape, currency: Currency) -> Pieces:
        now, bars = self.switches.now, self._history(coin)
        rates = self._rates(bars, currency)
        columns: Columns
        if shape == "table":
            columns = encoding.table_cells(bars, rates, now.locale == "swedish")
        else:
            columns = encoding.numbers(bars, rates, 4 if shape == "v3.1" else 8, now.noise)
        name = str(currency.id) if shape == "v3.1" else currency.name
        return encoding.select(bars, ENCODERS[shape](columns, name), coin.missing_days if now.gaps else frozenset())

    def _history(self, coin: Coin) -> Bars:
        today = self.switches.today
        until, bars = self._bars.get(coin.id, (date.min, None))
        if bars is None or until < today:
            bars = build(coin, today)
            self._bars[coin.id] = today, bars
        return bars

    def _rates(self, bars: Bars, currency: Currency) -> Numbers:
        count = len(bars.close)
        if currency.per_dollar:
            return np.full(count, currency.per_dollar)
        return 1 / bitcoin(bars.first + count)[bars.first :]

    def rate(self, currency: Currency) -> float:
        """The price of a dollar today, in this currency."""
        return currency.per_dollar or 1 / float(bitcoin(self.yesterday + 1)[-1])

    def standings(self) -> list[RankedCoin]:
        """All coins that have a candle, biggest first."""
        today, weeks = self.switches.today, self.switches.now.weeks
        if self._standings is None or self._standings[0] != (today, weeks):
            listed = [self._standing(coin) for coin in COINS if coin.listed < today]
            self._standings = (today, weeks), _ranked(_after_weeks(_ranked(listed), weeks))
        return self._standings[1]

    def _standing(self, coin: Coin) -> RankedCoin:
        bars = self._history(coin)
        last = self.yesterday - bars.first
        close, cap = bars.close, float(bars.market_cap[last])
        changes = [100 * float(close[last] / close[max(last - days, 0)] - 1) for days in (1, 7, 30)]
        volume, supply = float(bars.volume[last]), float(bars.supply[last])
        return RankedCoin(coin, 0, float(close[last]), supply, cap, volume, (changes[0], changes[1], changes[2]))


def day_number(day: date) -> int:
    """A day, counted from `DAY_ONE`."""
    return (day - DAY_ONE).days


def day_of(moment: float) -> int:
    """The day that a Unix time belongs to, counted from `DAY_ONE`."""
    return int(moment // 86_400) - _DAY_ONE_UNIX // 86_400


def midnight(day: int) -> int:
    """The Unix time at which a day begins."""
    return _DAY_ONE_UNIX + day * 86_400


def through(pieces: Pieces, last: int) -> int:
    """How many of the candles lie on or before a day."""
    return bisect_right(pieces.days, last)


def _after_weeks(ranked: list[RankedCoin], weeks: int) -> list[RankedCoin]:
    """The same coins after these weeks, in each of which a small coin entered the top list and the last one left."""
    if not weeks or len(ranked) <= TOP:
        return ranked
    size = ranked[_ENTERS_AT].market_cap
    entering = {one.coin.id for one in ranked[TOP : TOP + weeks]}
    leaving = {one.coin.id for one in ranked[TOP - weeks : TOP]}
    return [
        _of_size(one, size) if one.coin.id in entering else _of_size(one, 1.0) if one.coin.id in leaving else one
        for one in ranked
    ]


def _of_size(one: RankedCoin, market_cap: float) -> RankedCoin:
    return RankedCoin(one.coin, 0, one.price, market_cap / one.price, market_cap, one.volume, one.changes)


def _ranked(standings: list[RankedCoin]) -> list[RankedCoin]:
    by_size = sorted(standings, key=lambda one: (-one.market_cap, one.coin.id))
    return [
        RankedCoin(one.coin, rank, one.price, one.supply, one.market_cap, one.volume, one.changes)
        for rank, one in enumerate(by_size, 1)
    ]


_DAY_ONE_UNIX = int(datetime(DAY_ONE.year, DAY_ONE.month, DAY_ONE.day, tzinfo=UTC).timestamp())
