"""Cover pictures: small PNG files, drawn in code to keep binary files out of the repository."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from math import isqrt
from random import Random

SIZE = 240
"""Width and height in pixels."""

Colour = tuple[int, int, int]


def draw(name: str) -> bytes:
    """The cover of the record with this catalogue number, as PNG: a sleeve of stripes and a few discs."""
    random = Random(name)
    palette = [_colour(random) for _ in range(6)]
    stripe = random.randrange(8, 60)
    discs = [_disc(random) for _ in range(random.randrange(3, 7))]
    rows = (_row(y, stripe, discs) for y in range(SIZE))
    return png(palette, rows)


def png(palette: list[Colour], rows: Iterator[bytes]) -> bytes:
    """A PNG file with a palette, one byte for each pixel."""
    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 3, 0, 0, 0)
    pixels = b"".join(b"\0" + row for row in rows)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", header),
            _chunk(b"PLTE", bytes(part for colour in palette for part in colour)),
            _chunk(b"IDAT", zlib.compress(pixels)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _colour(random: Random) -> Colour:
    return random.randrange(20, 250), random.randrange(20, 230), random.randrange(20, 250)


def _disc(random: Random) -> tuple[int, int, int, int]:
    """Centre, radius, and index of the colour in the palette."""
    return random.randrange(SIZE), random.randrange(SIZE), random.randrange(15, 100), random.randrange(2, 6)


def _row(y: int, stripe: int, discs: list[tuple[int, int, int, int]]) -> bytes:
    row = bytearray([(y // stripe) % 2]) * SIZE
    for x, middle, radius, colour in discs:
        above = y - middle
        if abs(above) < radius:
            half = isqrt(radius * radius - above * above)
            left, right = max(0, x - half), min(SIZE, x + half)
            row[left:right] = bytes([colour]) * (right - left)
    return bytes(row)
