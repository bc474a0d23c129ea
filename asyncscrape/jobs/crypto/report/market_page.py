"""The page `market.html`: every coin's history in one file that needs nothing else, not even a network.

The numbers travel as 32-bit floats (seven digits, more than a screen can show) in base64, all coins in a row, with
the number of each day beside them. plotly.js comes from the installed package `plotly`, under the MIT license that
stands at its top; the Python part of plotly is never imported, that would take longer than the whole report.
"""

from __future__ import annotations

import base64
import html
import re
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from asyncscrape.jobs.crypto.report.cleaning import Clean

COLUMNS = ("close", "volume", "market_cap")
"""What can be shown; the page says the same in its choices."""
PRESELECTED = 3
PLACE = re.compile(r"\{\{(\w+)\}\}")
PLOTLY = "plotly/package_data/plotly.min.js"


def page(clean: Clean, sign: str, source: str) -> bytes:
    """The whole page."""
    parts = {
        "style": _template("market.css"),
        "program": _template("market.js"),
        "plotly": plotly(),
        "data": _in_script(data(clean, sign)),
        "coins": _counted(clean.coins.height, "coin"),
        "rows": _counted(clean.rows.height, "daily row"),
        "days": "{} to {}".format(*clean.days) if clean.days else "no data",
        "source": html.escape(source),
    }
    return PLACE.sub(lambda place: parts[place[1]], _template("market.html")).encode()


def data(clean: Clean, sign: str) -> dict[str, Any]:
    """What the page knows: the coins, by rank, and their numbers."""
    rows = clean.rows.sort("rank", "slug", "coin_id", "date", nulls_last=True)
    counts = dict(rows.group_by("coin_id").len().iter_rows())
    ranked = clean.coins.sort("rank", "slug", "coin_id", nulls_last=True)
    about = ranked.select("coin_id", "name", "symbol", "slug", "rank").iter_rows(named=True)
    return {
        "sign": sign,
        "coins": [coin | {"days": counts[coin["coin_id"]]} for coin in about],
        "largest": clean.coins["coin_id"].head(PRESELECTED).to_list(),
        "day": _packed(rows["date"].to_physical().cast(pl.Int32)),
        **{name: _packed(rows[name].cast(pl.Float32).fill_null(float("nan"))) for name in COLUMNS},
    }


def plotly() -> str:
    """The text of plotly.js."""
    return Path(str(distribution("plotly").locate_file(PLOTLY))).read_text(encoding="utf-8")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _packed(numbers: pl.Series) -> str:
    little_endian = numbers.to_numpy()
    return base64.b64encode(little_endian.astype(little_endian.dtype.newbyteorder("<")).tobytes()).decode()


def _in_script(value: Any) -> str:
    """JSON that cannot end the script element it stands in, whatever a coin is called."""
    return msgspec.json.encode(value).decode().replace("<", "\\u003c")


def _template(name: str) -> str:
    return files("asyncscrape.jobs.crypto.report").joinpath(name).read_text(encoding="utf-8")
