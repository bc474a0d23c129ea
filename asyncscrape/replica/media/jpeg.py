"""Baseline JPEG pictures in microseconds.

A picture is made of three scans, one for each component: the brightness of a drawing, and two washes of colour. Scans
are kept, so another picture is mostly another combination of scans; its key, as a comment, makes its bytes its own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache, lru_cache
from math import cos, pi, sin
from random import Random

import numpy as np
from numpy.typing import NDArray

from asyncscrape.replica.media.bits import Ints, stream
from asyncscrape.replica.media.drawings import COUNT, TONES, drawing, seed

WASHES = 40
"""The washes of colour to choose from, for each of the two colour components."""

_STEPS = 10 + 5 * np.add.outer(np.arange(8), np.arange(8))
"""Quantisation: the finer a detail, the coarser its steps."""
_ZIGZAG = np.array(sorted(range(64), key=lambda n: (n // 8 + n % 8, n // 8 if (n // 8 + n % 8) % 2 else n % 8)))
_DCT = np.array([[cos((2 * n + 1) * k * pi / 16) * (0.5 if k else 0.125**0.5) for n in range(8)] for k in range(8)])

_DC_LENGTHS = (0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0)
"""How many codes have 1, 2, … 16 bits."""
_DC_VALUES = bytes(range(12))
_AC_LENGTHS = (0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119)
_FREQUENT = bytes.fromhex("000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f1")
_AC_VALUES = bytes(dict.fromkeys([*_FREQUENT, *(run << 4 | size for run in range(16) for size in range(1, 11))]))
_END_OF_BLOCK, _SIXTEEN_ZEROS = 0x00, 0xF0


def picture(key: str, width: int, height: int) -> bytes:
    """The picture with this key, in this size."""
    number, luma = divmod(seed(key), COUNT)
    number, blue = divmod(number, WASHES)
    scans = (
        _brightness(luma, width, height),
        _wash(blue, width, height),
        _wash(WASHES + number % WASHES, width, height),
    )
    note = _segment(0xFE, key.encode())
    return b"".join((b"\xff\xd8", note, _head(width, height), *map(_scan, (1, 2, 3), scans), b"\xff\xd9"))


@lru_cache(512)
def _brightness(number: int, width: int, height: int) -> bytes:
    dark, light = Random(number).choice(((25, 190), (50, 225), (70, 240), (220, 60)))
    return _coded(np.linspace(dark, light, TONES)[drawing(number, width, height)] - 128)


@lru_cache(512)
def _wash(number: int, width: int, height: int) -> bytes:
    """A gradient of one colour component, at half the resolution."""
    random = Random(f"wash {number}")
    turn, first, last = random.uniform(0, 2 * pi), random.uniform(-75, 75), random.uniform(-75, 75)
    y, x = np.ogrid[: (height + 1) // 2, : (width + 1) // 2]
    along = (x / width * 2 - 0.5) * cos(turn) + (y / height * 2 - 0.5) * sin(turn) + 0.5
    return _coded(first + (last - first) * along)


@cache
def _head(width: int, height: int) -> bytes:
    components = bytes((1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0))
    return b"".join(
        (
            _segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"),
            _segment(0xDB, b"\0" + bytes(_STEPS.ravel()[_ZIGZAG].tolist())),
            _segment(0xC0, struct.pack(">BHHB", 8, height, width, 3) + components),
            _segment(0xC4, b"\x00" + bytes(_DC_LENGTHS) + _DC_VALUES),
            _segment(0xC4, b"\x10" + bytes(_AC_LENGTHS) + _AC_VALUES),
        )
    )


def _scan(component: int, coded: bytes) -> bytes:
    return _segment(0xDA, bytes((1, component, 0x00, 0, 63, 0))) + coded


def _segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def _coded(plane: NDArray[np.float64]) -> bytes:
    """The entropy-coded blocks of one component, whose values are around 0."""
    blocks = _quantised(plane)
    places, codes, bits = map(np.concatenate, zip(_first_values(blocks), *_further_values(blocks), strict=True))
    order = np.argsort(places, kind="stable")
    return _packed(codes[order], bits[order]).replace(b"\xff", b"\xff\0")


def _quantised(plane: NDArray[np.float64]) -> Ints:
    """The blocks, each with its 64 coefficients in zigzag order."""
    height, width = plane.shape
    padded = np.pad(plane, ((0, -height % 8), (0, -width % 8)), "edge").astype(np.float32)
    rows = padded.reshape(-1, 8, padded.shape[1] // 8, 8) @ _DCT.T.astype(np.float32)
    blocks = _DCT.astype(np.float32) @ rows.transpose(0, 2, 1, 3)
    whole: Ints = np.rint(blocks / _STEPS).astype(np.int64)
    return whole.reshape(-1, 64)[:, _ZIGZAG]


Tokens = tuple[Ints, Ints, Ints]
"""Places in the stream, codes, and their lengths in bits."""


def _first_values(blocks: Ints) -> Tokens:
    """The first coefficient of each block, as the difference from that of the block before."""
    changes = np.diff(blocks[:, 0], prepend=0)
    return np.arange(len(blocks)) * 256, *_with_value(_codes(_DC_LENGTHS, _DC_VALUES), 0 * changes, changes)


def _further_values(blocks: Ints) -> Iterator[Tokens]:
    """The other coefficients: each that is not zero with the number of zeros before it, and the ends of blocks."""
    table = _codes(_AC_LENGTHS, _AC_VALUES)
    block, index = np.nonzero(blocks[:, 1:])
    values, index = blocks[block, index + 1], index + 1
    is_first = np.diff(block, prepend=-1) != 0
    zeros = index - 1 - np.where(is_first, 0, np.roll(index, 1))
    places = block * 256 + index * 2
    yield places + 1, *_with_value(table, zeros % 16 << 4, values)
    yield _same(table, np.repeat(places, zeros // 16), _SIXTEEN_ZEROS)
    yield _same(table, np.flatnonzero(blocks[:, 63] == 0) * 256 + 255, _END_OF_BLOCK)


def _with_value(table: tuple[Ints, Ints], above: Ints, values: Ints) -> tuple[Ints, Ints]:
    """Codes for the size of each value, followed by the value in that many bits."""
    sizes = np.frexp(np.abs(values))[1].astype(np.int64)
    shown = np.where(values < 0, values + (1 << sizes) - 1, values)
    symbols = above | sizes
    return table[0][symbols] << sizes | shown, table[1][symbols] + sizes


def _same(table: tuple[Ints, Ints], places: Ints, symbol: int) -> Tokens:
    return places, np.full(len(places), table[0][symbol]), np.full(len(places), table[1][symbol])


@cache
def _codes(lengths: tuple[int, ...], values: bytes) -> tuple[Ints, Ints]:
    """For each value its code and its length: codes of one length follow each other."""
    codes, bits = np.zeros(256, np.int64), np.zeros(256, np.int64)
    code, rest = 0, iter(values)
    for length, many in enumerate(lengths, 1):
        for _ in range(many):
            value = next(rest)
            codes[value], bits[value], code = code, length, code + 1
        code <<= 1
    return codes, bits


def _packed(codes: Ints, bits: Ints) -> bytes:
    """The codes one after the other, the last byte filled with ones."""
    filling = -int(bits.sum()) % 8
    return np.packbits(stream(np.append(codes, 255 >> 8 - filling), np.append(bits, filling))).tobytes()
