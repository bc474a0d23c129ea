"""The contact sheet: the artworks of the most played tracks in one picture."""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL import Image

from asyncscrape.analysis.web_pictures import BadPicture, small_square

MOST = 100
WIDE = 1200
"""Pixels from side to side."""
GAP = 4
MOST_TRIED = 1000
COLOURS = 256


def contact_sheet(paths: Iterable[str | None], blobs: Path | None) -> bytes | None:
    """A PNG of the first different artworks that can be read; None if there are none."""
    found = list(_artworks(paths, blobs)) if blobs else []
    if not found:
        return None
    across = math.ceil(math.sqrt(len(found)))
    side = min((WIDE - GAP) // across - GAP, WIDE // 4)
    down = math.ceil(len(found) / across)
    sheet = Image.new("RGB", (GAP + across * (side + GAP), GAP + down * (side + GAP)), "white")
    for place, content in enumerate(found):
        row, column = divmod(place, across)
        sheet.paste(small_square(io.BytesIO(content), side), (GAP + column * (side + GAP), GAP + row * (side + GAP)))
    file = io.BytesIO()
    colours = sheet.reduce(4).quantize(COLOURS)
    sheet.quantize(palette=colours, dither=Image.Dither.FLOYDSTEINBERG).save(file, "PNG")
    return file.getvalue()


def _artworks(paths: Iterable[str | None], blobs: Path) -> Iterator[bytes]:
    """The different files that are pictures; tracks of one release often share theirs."""
    seen: set[bytes] = set()
    for path in [path for path in paths if path][:MOST_TRIED]:
        content = _read(blobs / path)
        mark = hashlib.blake2b(content).digest()
        if mark not in seen and _is_picture(content):
            yield content
        seen.add(mark)
        if len(seen) >= MOST:
            return


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _is_picture(content: bytes) -> bool:
    """Whether the file can be read to its end."""
    try:
        small_square(io.BytesIO(content), 8)
    except BadPicture:
        return False
    return True
