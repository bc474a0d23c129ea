"""From the stored tables to clean ones: numbers as numbers, each coin and day once, every coin with one name.

The clean numbers are 64-bit floats with at most 15 significant digits. A float always keeps that many exactly, so the
files show what was sent, without the tails of binary arithmetic, and every tool can calculate with it. The stored
tables hold all further digits as they were sent.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date

import polars as pl

from asyncscrape.analysis.finished_tables import in_types

VALUES = ("open", "high", "low", "close", "volume", "market_cap")
"""The columns that hold numbers."""
ORIGINAL = ("date", *VALUES, "cryptocurrency")
"""The columns of the original project's CSV file, in order."""
DIGITS = 15

COIN_COLUMNS = {
    "id": pl.Int64(),
    "slug": pl.String(),
    "name": pl.String(),
    "symbol": pl.String(),
    "rank": pl.Int64(),
    "market_cap": pl.Float64(),
    "_fetched_at": pl.Datetime("us", "UTC"),
}
CANDLE_COLUMNS = {
    "coin_id": pl.Int64(),
    "date": pl.Date(),
    "slug": pl.String(),
    "name": pl.String(),
    "symbol": pl.String(),
    **dict.fromkeys(VALUES, pl.Float64()),
    "time_high": pl.Datetime("us", "UTC"),
    "time_low": pl.Datetime("us", "UTC"),
    "_fetched_at": pl.Datetime("us", "UTC"),
}
KEY = ("coin_id", "date")
ROW_COLUMNS = ("date", "coin_id", "slug", "name", "symbol", "rank", *VALUES, "time_high", "time_low")


@dataclass(frozen=True)
class Clean:
    """The cleaned tables."""

    rows: pl.DataFrame
    """One row for each coin and day: the newest day first, by rank within a day."""
    coins: pl.DataFrame
    """The coins that have rows, the largest first: coin_id, slug, name, symbol, rank, size."""
    doubled: pl.DataFrame
    """Days of a coin that were stored more than once, and how often: coin_id, date, times."""
    left_out: tuple[str, ...]
    """Slugs of the coins that are stored but not reported."""

    @property
    def days(self) -> tuple[date, date] | None:
        """The first and last day over all coins."""
        return (self.rows["date"][-1], self.rows["date"][0]) if self.rows.height else None


def clean(coins: pl.DataFrame | pl.LazyFrame, candles: pl.DataFrame | pl.LazyFrame, top: int) -> Clean:
    """The clean rows of the `top` largest coins."""
    candles = (
        _read(candles, CANDLE_COLUMNS).drop_nulls(KEY).sort("_fetched_at", nulls_last=False, maintain_order=True)
    )
    doubled = candles.group_by(KEY).agg(times=pl.len()).filter(pl.col("times") > 1)
    rows = candles.unique(KEY, keep="last", maintain_order=True)
    known = _known(_read(coins, COIN_COLUMNS), rows)
    chosen = known.sort("_fetched_at", "rank", "coin_id", descending=[True, False, False], nulls_last=True).head(top)
    return Clean(
        rows=_named(rows, chosen),
        coins=_largest_first(chosen),
        doubled=doubled.join(chosen.select("coin_id"), on="coin_id"),
        left_out=tuple(known.join(chosen, on="coin_id", how="anti").sort("slug")["slug"]),
    )


def plain(number: float) -> float:
    """The number to 15 significant digits: 0.30000000000000004 → 0.3. Minus zero becomes zero."""
    return float(f"{number:.{DIGITS}g}") + 0.0


def _read(table: pl.DataFrame | pl.LazyFrame, columns: dict[str, pl.DataType]) -> pl.DataFrame:
    """These columns in these types; null for a column the table lacks."""
    frame = in_types(table, columns)
    return frame.with_columns(_plain(frame[name]) for name, kind in columns.items() if kind == pl.Float64())


def _plain(column: pl.Series) -> pl.Series:
    """The numbers to 15 significant digits; null for anything that is not finite."""
    finite = column.to_frame().select(pl.when(pl.col(column.name).is_finite()).then(pl.col(column.name))).to_series()
    return pl.Series(column.name, [None if x is None else plain(x) for x in finite.to_list()], pl.Float64)


def _known(coins: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The facts about each coin that has rows, from the list of coins or else from the coin's last day."""
    coins, rows = _printable(coins), _printable(rows)
    listed = coins.drop_nulls("id").unique("id", keep="last", maintain_order=True).rename({"id": "coin_id"})
    last_of = [pl.col(name).sort_by("date").last() for name in ("slug", "name", "symbol")]
    size = pl.col("market_cap").sort_by("date").drop_nulls().last()
    own = rows.group_by("coin_id").agg(*last_of, market_cap=size)
    known = own.join(listed, on="coin_id", how="left", suffix="_listed")
    listed_first = [pl.coalesce(f"{name}_listed", name).alias(name) for name in ("slug", "name", "symbol")]
    known = known.with_columns(*listed_first, size=pl.coalesce("market_cap_listed", "market_cap"))
    nameless = pl.format("coin-{}", "coin_id")
    known = known.with_columns(slug=pl.coalesce("slug", nameless), name=pl.coalesce("name", "slug", nameless))
    return known.select("coin_id", "slug", "name", "symbol", "rank", "size", "_fetched_at")


def _printable(table: pl.DataFrame) -> pl.DataFrame:
    """Names without control characters, which could steer a terminal; an empty name becomes null."""
    text = pl.col("slug", "name", "symbol").str.replace_all(r"\p{Cc}+", " ").str.strip_chars()
    return table.with_columns(pl.when(text != "").then(text))


def _named(rows: pl.DataFrame, coins: pl.DataFrame) -> pl.DataFrame:
    """The rows of these coins, newest first, each coin under one name."""
    names = coins.select("coin_id", "slug", "name", "symbol", "rank")
    named = rows.drop("slug", "name", "symbol").join(names, on="coin_id")
    order = ("date", "rank", "slug", "coin_id")
    return named.sort(order, descending=[True, False, False, False], nulls_last=True).select(ROW_COLUMNS)


def _largest_first(coins: pl.DataFrame) -> pl.DataFrame:
    order = ("size", "rank", "slug", "coin_id")
    return coins.sort(order, descending=[True, False, False, False], nulls_last=True).drop("_fetched_at")


def original_columns(rows: pl.DataFrame) -> pl.DataFrame:
    """The columns of the original project's CSV file, which calls a coin by its slug."""
    return rows.select(pl.col("slug").alias(name) if name == "cryptocurrency" else pl.col(name) for name in ORIGINAL)


def as_csv(rows: pl.DataFrame) -> bytes:
    """The original project's CSV file: numbers in plain decimal notation, empty for a missing one."""
    return (original_columns(rows).write_csv(float_scientific=False) or "").encode()


def as_parquet(rows: pl.DataFrame) -> bytes:
    """All columns with their types, as Parquet."""
    file = io.BytesIO()
    rows.write_parquet(file)
    return file.getvalue()
