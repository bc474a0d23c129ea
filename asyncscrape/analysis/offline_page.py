"""Pages in one file that need nothing else, not even a network: it holds style, program and data.

A page may hold plotly.js as well. It comes from the installed package `plotly`, under the MIT license given at its
top. The Python part of plotly is never imported: that would take longer than a whole report.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Mapping
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import polars as pl

PLACE = re.compile(r"\{\{(\w+)\}\}")
DEFLATE_LEVEL = 7
"""Higher ones take twice as long and save half a per cent."""
PLOTLY = "plotly/package_data/plotly.min.js"


def template(package: str, name: str) -> str:
    """The text of a file in the folder of a package."""
    return files(package).joinpath(name).read_text(encoding="utf-8")


def filled(template: str, parts: Mapping[str, str]) -> bytes:
    """The template with each `{{name}}` replaced by the part of that name."""
    return PLACE.sub(lambda place: parts[place[1]], template).encode()


def plotly() -> str:
    """The source of plotly.js."""
    return Path(str(distribution("plotly").locate_file(PLOTLY))).read_text(encoding="utf-8")


def in_script(value: Any) -> str:
    """The value as JSON that cannot end the script element around it, whatever texts it holds."""
    return msgspec.json.encode(value).decode().replace("<", "\\u003c")


def deflated(content: bytes) -> str:
    """Bytes in the smallest form that a browser unpacks by itself, as "deflate-raw", in base64."""
    packer = zlib.compressobj(DEFLATE_LEVEL, wbits=-zlib.MAX_WBITS)
    return base64.b64encode(packer.compress(content) + packer.flush()).decode()


def content_hash(text: str) -> str:
    """The hash by which a Content-Security-Policy permits a script or style, and no other."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def packed(numbers: pl.Series) -> str:
    """Numbers in the form that JavaScript reads fastest: the bytes of a little-endian array, in base64."""
    little_endian = numbers.to_numpy()
    return base64.b64encode(little_endian.astype(little_endian.dtype.newbyteorder("<")).tobytes()).decode()
