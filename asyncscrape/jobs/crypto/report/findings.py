"""Anything wrong or odd in a table of days, as frozen data: made by `quality`, shown by `terminal`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec


class Stretch(msgspec.Struct, frozen=True, omit_defaults=True):
    """Days in a row that have something in common."""

    first: date
    last: date
    days: int
    note: str = ""
    """A remark about them: "×12.5, from 0.0004 to 0.005"."""


class CoinFindings(msgspec.Struct, frozen=True):
    """The days of one coin that a check found."""

    coin_id: int
    name: str
    days: int
    spans: Sequence[Stretch]


class Check(msgspec.Struct, frozen=True):
    """The findings of one check in all coins."""

    rule: str
    """The days it counts, in words."""
    days: int
    """The number of such days, over all coins."""
    by_coin: Mapping[str, CoinFindings]
    """The coins that have such days, by slug, in order of rank."""


class Quality(msgspec.Struct, frozen=True):
    """The amount of data, its days, and the findings of every check."""

    rows: int
    coins: int
    data_points: int
    values: int
    first_day: date | None
    last_day: date | None
    gaps: Check
    duplicates: Check
    zero_volumes: Check
    zero_market_caps: Check
    missing_values: Check
    suspicious_jumps: Check
    broken_days: Check
    definitions: Mapping[str, str]
    """The meaning of the numbers above."""
    left_out: Sequence[str] = ()
    """Slugs of coins that are stored but no longer among the largest."""

    @property
    def checks(self) -> Mapping[str, Check]:
        """All checks by name, in the order they are shown."""
        found = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in found.items() if isinstance(value, Check)}
