"""The contact sheet: the artworks of the most played tracks in one picture."""

from __future__ import annotations

import hashlib
import io
import math
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL import Image, ImageOps

MOST = 100
WIDE = 1200
"""Pixels from side to side."""
GAP = 4
MOST_TRIED = 1000
MOST_PIXELS = 40_000_000
"""Pixels of an artwork: a small file can hold so many more that a hundred such take minutes."""
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
        sheet.paste(_tile(content, side), (GAP + column * (side + GAP), GAP + row * (side + GAP)))
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
    """Whether the file can be read to its end; it comes from the web, and may be anything."""
    try:
        _tile(content, 8)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
    return True


def _tile(content: bytes, side: int) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(io.BytesIO(content)) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise ValueError("too large")
            picture.draft("RGB", (side, side))
            return ImageOps.fit(picture.convert("RGB"), (side, side), Image.Resampling.LANCZOS)
