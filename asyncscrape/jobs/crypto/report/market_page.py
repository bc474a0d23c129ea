"""The page `market.html`: every coin's history in one file that needs nothing else, not even a network.

The numbers are 32-bit floats (seven digits, more than a screen can show) in base64, one coin after another, with the
number of each day beside them.
"""

from __future__ import annotations

import html
from typing import Any

import polars as pl

from asyncscrape.analysis.offline_page import filled, in_script, packed, plotly, template
from asyncscrape.jobs.crypto.report.cleaning import Clean
from asyncscrape.quality.shown_values import counted

PACKAGE = "asyncscrape.jobs.crypto.report"
COLUMNS = ("close", "volume", "market_cap")
"""The columns that can be shown; the page's radio buttons name the same."""
PRESELECTED = 3


def page(clean: Clean, sign: str, source: str) -> bytes:
    """The whole page."""
    parts = {
        "style": template(PACKAGE, "market.css"),
        "program": template(PACKAGE, "market.js"),
        "plotly": plotly(),
        "data": in_script(data(clean, sign)),
        "coins": counted(clean.coins.height, "coin"),
        "rows": counted(clean.rows.height, "daily row"),
        "days": "{} to {}".format(*clean.days) if clean.days else "no data",
        "source": html.escape(source),
    }
    return filled(template(PACKAGE, "market.html"), parts)


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
