"""Check the clean rows for anything missing, doubled or hard to believe; each check finds days of coins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_

import msgspec
import polars as pl

from asyncscrape.jobs.crypto.report.cleaning import KEY, VALUES, Clean, original_columns
from asyncscrape.jobs.crypto.report.findings import Check, CoinFindings, Quality, Stretch
from asyncscrape.jobs.crypto.report.money import short

JUMP = 2.0
"""The smallest factor between two closes that is suspicious; below it, quiet coins would be flagged for nothing."""
SPREADS = 10.0
"""How many of its usual spreads a coin's change must lie from its usual change."""
NORMAL = 1.4826
"""The factor from a median absolute deviation to the standard deviation of a normal distribution."""
ROUNDING = 1e-9
"""The relative difference below which two prices count as equal."""

RULES = {
    "gaps": "days without a row between the first and the last day of the coin",
    "duplicates": "days of a coin that were stored more than once; the newest is used",
    "zero_volumes": "days with a volume of exactly zero",
    "zero_market_caps": "days with a market cap of exactly zero",
    "missing_values": "days on which at least one of the six numbers is missing",
    "suspicious_jumps": (
        f"days whose close is at least {JUMP:g} times the close of the day before, or at most 1/{JUMP:g} of it, "
        f"and whose logarithmic change is more than {SPREADS:g} robust standard deviations away from the coin's "
        f"median change ({NORMAL} × the coin's median absolute deviation); nothing is compared across a gap"
    ),
    "broken_days": (
        "days with a negative number, with high below low, or with open or close outside the range from low to high "
        f"by more than {ROUNDING:g} of the price"
    ),
}
DEFINITIONS = {
    "rows": "one for each coin and day, without the header of the CSV file",
    "data_points": (
        "cells of the CSV file that are not empty, in all its 8 columns: counted this way, the original project's "
        "104,232 rows are its more than 800,000 data points"
    ),
    "values": "the same without the columns date and cryptocurrency: open, high, low, close, volume, market_cap",
    "days": "number of days a check found, over all coins; spans are days in a row, first and last included",
}


@dataclass(frozen=True)
class _Found:
    """Days that a check found, as spans: coin_id, first, last, days, note."""

    spans: pl.DataFrame
    coins: pl.DataFrame

    def check(self, name: str) -> Check:
        """The findings as the report shows them."""
        ordered = self.coins.sort("rank", "slug", "coin_id", nulls_last=True, maintain_order=True)
        found = self.spans.sort("coin_id", "first").partition_by("coin_id", as_dict=True)
        by_coin = {}
        for coin_id, slug, coin_name in ordered.select("coin_id", "slug", "name").iter_rows():
            if (spans := found.get((coin_id,))) is not None:
                told = [Stretch(*row) for row in spans.select("first", "last", "days", "note").iter_rows()]
                key = slug if slug not in by_coin else f"{slug} ({coin_id})"
                by_coin[key] = CoinFindings(coin_id, coin_name, sum(span.days for span in told), told)
        return Check(RULES[name], sum(coin.days for coin in by_coin.values()), by_coin)


def judge(clean: Clean, sign: str = "$") -> Quality:
    """Count the clean rows and run all checks on them."""
    rows = clean.rows.sort(KEY)
    cells = original_columns(rows)
    found = {
        "gaps": _gaps(rows),
        "duplicates": _spans(clean.doubled),
        "zero_volumes": _spans(rows.filter(pl.col("volume") == 0)),
        "zero_market_caps": _spans(rows.filter(pl.col("market_cap") == 0)),
        "missing_values": _spans(rows.filter(pl.any_horizontal(pl.col(VALUES).is_null()))),
        "suspicious_jumps": _jumps(rows, sign),
        "broken_days": _spans(rows.filter(_broken())),
    }
    first_day, last_day = clean.days or (None, None)
    return Quality(
        rows=rows.height,
        coins=clean.coins.height,
        data_points=_filled(cells),
        values=_filled(cells.select(VALUES)),
        first_day=first_day,
        last_day=last_day,
        **{name: _Found(spans, clean.coins).check(name) for name, spans in found.items()},
        definitions=DEFINITIONS,
        left_out=clean.left_out,
    )


def as_json(quality: Quality) -> bytes:
    """All of it as JSON, for machines and for reading."""
    return msgspec.json.format(msgspec.json.encode(quality), indent=2) + b"\n"


def _filled(cells: pl.DataFrame) -> int:
    return sum(column.len() - column.null_count() for column in cells.iter_columns())


def _spans(days: pl.DataFrame) -> pl.DataFrame:
    """Days in a row joined into one span: their distance from a running number stays the same."""
    run = pl.col("date").to_physical() - pl.int_range(pl.len()).over("coin_id")
    runs = days.sort(KEY).with_columns(run=run).group_by("coin_id", "run")
    spans = runs.agg(first=pl.col("date").min(), last=pl.col("date").max(), days=pl.len())
    return spans.with_columns(note=pl.lit("")).drop("run")


def _gaps(rows: pl.DataFrame) -> pl.DataFrame:
    day = pl.duration(days=1)
    before = pl.col("date").shift(1).over("coin_id")
    missing = (pl.col("date") - before).dt.total_days() - 1
    gaps = rows.select("coin_id", first=before + day, last=pl.col("date") - day, days=missing, note=pl.lit(""))
    return gaps.filter(pl.col("days") > 0)


def _jumps(rows: pl.DataFrame, sign: str) -> pl.DataFrame:
    before = pl.col("close").shift(1).over("coin_id")
    next_day = (pl.col("date") - pl.col("date").shift(1).over("coin_id")).dt.total_days() == 1
    comparable = next_day & (before > 0) & (pl.col("close") > 0)
    changes = rows.select(*KEY, "close", before=before, usable=comparable).filter("usable")
    changes = changes.with_columns(change=(pl.col("close") / pl.col("before")).log())
    off = (pl.col("change") - pl.col("change").median().over("coin_id")).abs()
    changes = changes.with_columns(off=off).with_columns(spread=pl.col("off").median().over("coin_id") * NORMAL)
    large = pl.col("change").abs() >= pl.lit(JUMP).log() * (1 - ROUNDING)
    jumps = changes.filter(large & (pl.col("off") > SPREADS * pl.col("spread")))
    notes = [_jump(was, now, sign) for was, now in jumps.select("before", "close").iter_rows()]
    days = jumps.select("coin_id", first="date", last="date", days=pl.lit(1))
    return days.with_columns(pl.Series("note", notes, pl.String))


def _jump(was: float, now: float, sign: str) -> str:
    factor = f"×{now / was:,.3g}" if now > was else f"÷{was / now:,.3g}"
    return f"{factor}, from {short(was, sign)} to {short(now, sign)}"


def _broken() -> pl.Expr:
    """Whether a day's numbers contradict each other."""
    low, high = pl.col("low") * (1 - ROUNDING), pl.col("high") * (1 + ROUNDING)
    outside = [(pl.col(price) < low) | (pl.col(price) > high) for price in ("open", "close")]
    negative = [pl.col(name) < 0 for name in VALUES]
    signs = [high < low, *outside, *negative]
    return reduce(or_, [sign.fill_null(False) for sign in signs])
