"""The report of the crypto job: from the stored tables to a clean CSV file, counts, pictures and a page.

1. The stored tables are cleaned.              `cleaning.clean`
2. Anything odd in them is counted.            `quality.judge`
3. All files are made in memory.               `_contents`
4. Each file appears whole, or not at all.     `report_files.write`
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from asyncscrape.analysis.report_files import write
from asyncscrape.jobs.crypto.report.findings import Quality

if TYPE_CHECKING:
    import polars as pl

    from asyncscrape.jobs.crypto.report.cleaning import Clean


@dataclass(frozen=True)
class Report:
    """The files that were made, and the figures to show."""

    rows: int
    coins: int
    data_points: int
    first_day: date | None
    last_day: date | None
    files: tuple[Path, ...]
    quality: Quality
    seconds: float
    """How long the whole report took."""
    import_seconds: float
    """How much of that went into loading polars, matplotlib and their dependencies, if they were not loaded yet."""


def make_report(
    coins: pl.DataFrame | pl.LazyFrame,
    candles: pl.DataFrame | pl.LazyFrame,
    folder: Path,
    *,
    top: int,
    currency: str = "USD",
    source: str = "CoinMarketCap",
) -> Report:
    """Make the report on the `top` largest coins in a folder; amounts are in `currency`, from `source`."""
    began = time.perf_counter()
    from asyncscrape.jobs.crypto.report import cleaning, market_page, money, pictures, quality  # noqa: F401

    import_seconds = time.perf_counter() - began
    clean = cleaning.clean(coins, candles, top)
    found = quality.judge(clean, money.sign(currency))
    contents = _contents(clean, found, top, currency, source)
    files = write(folder, contents)
    return Report(
        rows=found.rows,
        coins=found.coins,
        data_points=found.data_points,
        first_day=found.first_day,
        last_day=found.last_day,
        files=files,
        quality=found,
        seconds=time.perf_counter() - began,
        import_seconds=import_seconds,
    )


def _contents(clean: Clean, found: Quality, top: int, currency: str, source: str) -> Iterator[tuple[str, bytes]]:
    """The files of a report, by name."""
    from asyncscrape.jobs.crypto.report import cleaning, market_page, money, pictures, quality

    sign = money.sign(currency)
    yield f"cryptocurrencies_top-{top}.csv", cleaning.as_csv(clean.rows)
    yield "clean.parquet", cleaning.as_parquet(clean.rows)
    yield "quality.json", quality.as_json(found)
    yield from pictures.pictures(clean, sign, source).items()
    yield "market.html", market_page.page(clean, sign, source)
