"""What was found wrong or odd in a table of days: frozen nouns, made by `quality`, shown by `terminal`."""

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
    """What else is to be said of them: "×12.5, from 0.0004 to 0.005"."""


class CoinFindings(msgspec.Struct, frozen=True):
    """The days of one coin that a check found."""

    coin_id: int
    name: str
    days: int
    spans: Sequence[Stretch]


class Check(msgspec.Struct, frozen=True):
    """What one check found in all coins."""

    rule: str
    """Which days are counted, in words."""
    days: int
    """How many, over all coins."""
    by_coin: Mapping[str, CoinFindings]
    """Those coins that have any, by slug, in the order of their rank."""


class Quality(msgspec.Struct, frozen=True):
    """How much data there is, of which days, and what every check found."""

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
    """What the numbers above count."""
    left_out: Sequence[str] = ()
    """Coins that are stored but no longer among the largest, by slug."""

    @property
    def checks(self) -> Mapping[str, Check]:
        """All checks by name, in the order in which they are shown."""
        found = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in found.items() if isinstance(value, Check)}
