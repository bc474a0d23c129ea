"""The page `market.html`: every coin's history in one file that needs nothing else, not even a network.

The numbers are 32-bit floats (seven digits, more than a screen can show) in base64, one coin after another, with the
number of each day beside them.
"""

from __future__ import annotations

import html
from importlib.resources import files
from typing import Any

import polars as pl

from asyncscrape.analysis.offline_page import filled, in_script, packed, plotly
from asyncscrape.jobs.crypto.report.cleaning import Clean

COLUMNS = ("close", "volume", "market_cap")
"""The columns that can be shown; the page's radio buttons name the same."""
PRESELECTED = 3


def page(clean: Clean, sign: str, source: str) -> bytes:
    """The whole page."""
    parts = {
        "style": _template("market.css"),
        "program": _template("market.js"),
        "plotly": plotly(),
        "data": in_script(data(clean, sign)),
        "coins": _counted(clean.coins.height, "coin"),
        "rows": _counted(clean.rows.height, "daily row"),
        "days": "{} to {}".format(*clean.days) if clean.days else "no data",
        "source": html.escape(source),
    }
    return filled(_template("market.html"), parts)


def data(clean: Clean, sign: str) -> dict[str, Any]:
    """The page's data: the coins, by rank, and their numbers."""
    rows = clean.rows.sort("rank", "slug", "coin_id", "date", nulls_last=True)
    counts = dict(rows.group_by("coin_id").len().iter_rows())
    ranked = clean.coins.sort("rank", "slug", "coin_id", nulls_last=True)
    about = ranked.select("coin_id", "name", "symbol", "slug", "rank").iter_rows(named=True)
    return {
        "sign": sign,
        "coins": [coin | {"days": counts[coin["coin_id"]]} for coin in about],
        "largest": clean.coins["coin_id"].head(PRESELECTED).to_list(),
        "day": packed(rows["date"].to_physical().cast(pl.Int32)),
        **{name: packed(rows[name].cast(pl.Float32).fill_null(float("nan"))) for name in COLUMNS},
    }


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _template(name: str) -> str:
    return files("asyncscrape.jobs.crypto.report").joinpath(name).read_text(encoding="utf-8")
