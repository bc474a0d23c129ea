"""Pages in one file that need nothing else, not even a network: style, program, data and plotly.js stand in them.

plotly.js comes from the installed package `plotly`, under the MIT license that stands at its top; the Python part of
plotly is never imported, that would take longer than a whole report.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

PLACE = re.compile(r"\{\{(\w+)\}\}")
PLOTLY = "plotly/package_data/plotly.min.js"


def filled(template: str, parts: Mapping[str, str]) -> bytes:
    """The page that a template makes with these parts in the places `{{name}}`."""
    return PLACE.sub(lambda place: parts[place[1]], template).encode()


def plotly() -> str:
    """The text of plotly.js."""
    return Path(str(distribution("plotly").locate_file(PLOTLY))).read_text(encoding="utf-8")


def in_script(value: Any) -> str:
    """JSON that cannot end the script element it stands in, whatever the texts in it are."""
    return msgspec.json.encode(value).decode().replace("<", "\\u003c")


def packed(numbers: pl.Series) -> str:
    """Numbers as JavaScript takes them fastest: the bytes of a little-endian array, in base64."""
    little_endian = numbers.to_numpy()
    return base64.b64encode(little_endian.astype(little_endian.dtype.newbyteorder("<")).tobytes()).decode()
