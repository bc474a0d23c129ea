"""PNG pictures: drawings with a palette of their own, and waveforms."""

from __future__ import annotations

import struct
import zlib
from colorsys import hls_to_rgb
from functools import lru_cache
from random import Random

import numpy as np

from asyncscrape.replica.media.drawings import COUNT, TONES, Tones, drawing, seed

Colour = tuple[int, int, int]


SONGS = 250
"""The waveforms to choose from, before they are coloured."""


def picture(key: str, width: int, height: int) -> bytes:
    """The picture with this key, in this size."""
    number = seed(key)
    return _file(width, height, _palette(number), _drawn(number % COUNT, width, height), key)


def waveform(key: str, width: int = 1500, height: int = 250) -> bytes:
    """The waveform with this key: loud and quiet parts, peaks around a body, mirrored."""
    number = seed(key)
    palette = [(16, 17, 20), *_palette(number)[2:]]
    return _file(width, height, palette, _heard(number % SONGS, width, height), key)


@lru_cache(1024)
def _drawn(number: int, width: int, height: int) -> bytes:
    return _pixels(drawing(number, width, height))


@lru_cache(1024)
def _heard(number: int, width: int, height: int) -> bytes:
    random = np.random.default_rng(number)
    parts = np.repeat(random.uniform(0.3, 1, 12), -(-width // 12))[:width]
    peaks = parts * random.uniform(0.55, 1, width)
    edges = np.stack((peaks, peaks * random.uniform(0.5, 0.8))) * (height / 2)
    above = np.arange(height // 2, 0, -1)[:, None]
    half = (above <= edges[0]).astype(np.uint8) + (above <= edges[1])
    return _pixels(np.concatenate((half, np.zeros((height % 2, width), np.uint8), half[::-1])))


def _palette(number: int) -> list[Colour]:
    """Four colours from dark to light, which go with each other."""
    random = Random(number)
    hue, drift, strength = random.random(), random.uniform(-0.12, 0.12), random.uniform(0.35, 0.8)
    shades = (hls_to_rgb((hue + n * drift) % 1, 0.16 + 0.22 * n, strength) for n in range(TONES))
    return [(round(255 * red), round(255 * green), round(255 * blue)) for red, green, blue in shades]


def _pixels(tones: Tones) -> bytes:
    """Rows of two bits for each pixel, as differences from the row above, compressed."""
    wide = np.pad(tones, ((0, 0), (0, -tones.shape[1] % 4)))
    packed = (wide.reshape(len(wide), -1, 4) * np.array((64, 16, 4, 1), np.uint8)).sum(axis=2, dtype=np.uint8)
    changes = np.diff(packed, axis=0, prepend=np.zeros((1, packed.shape[1]), np.uint8))
    filtered = np.insert(changes, 0, 2, axis=1)
    return zlib.compress(filtered.tobytes(), 1)


def _file(width: int, height: int, palette: list[Colour], pixels: bytes, key: str) -> bytes:
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 2, 3, 0, 0, 0)),
            _chunk(b"tEXt", b"Comment\0" + key.encode("latin-1", "replace")),
            _chunk(b"PLTE", bytes(part for colour in palette for part in colour)),
            _chunk(b"IDAT", pixels),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
