"""Previews as MP3: MPEG-2 Layer III, mono, a fixed number of bytes for each frame, in which frames repeat.

The encoder is as small as the format allows: long blocks, no bits kept for later frames, no scale factors, and one
Huffman table for all values. So a frame needs no bits of the frame before, and a loop of frames can be repeated.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from asyncscrape.replica.media.bits import Ints, stream

RATE = 24_000
"""Samples a second."""
FRAME = 576
"""Samples in a frame."""
FRAME_BYTES = 48
"""A frame of 24 ms at 16 kbit/s."""

Samples = NDArray[np.float64]

_HEADER = (0xFFF3, 0x24C4)
"""MPEG-2 Layer III without checksum; 16 kbit/s at 24 kHz without padding; one channel."""
_BANDS = 8
"""Of the 32 bands only the lowest are heard, up to 3 kHz."""
_ROOM = FRAME_BYTES * 8 - 32 - 72
"""Bits for the coefficients: the header has 32, and what is said about the frame 72."""
_MOST = 5
"""The largest value in the Huffman table."""
_TABLE = 7
_PAIRS = """
1        010       001010    00010011   00010000   000001010
011      0011      000111    0001010    0000101    00000011
001011   00100     0001101   00010001   00001000   000000100
0001100  0001011   00010010  000001111  000001011  000000010
0000111  0000110   00001001  000001110  000000011  0000000001
00000110 00000100  000000101 0000000011 0000000010 0000000000
"""
"""The codes of pairs of values from 0 to 5, without their signs: the first value is the row."""
_CODES = np.array([int(code, 2) for code in _PAIRS.split()])
_LENGTHS = np.array([len(code) for code in _PAIRS.split()])
_UNIT_GAIN = 210
"""The gain at which a value of 1 means 1."""


def frames(loop: Samples) -> bytes:
    """A sound that repeats for ever, encoded: a whole number of frames, with samples between -1 and 1."""
    wanted = _coefficients(loop)
    gains = _gains(wanted)
    while True:
        values = _quantised(wanted, gains)
        is_full = _pair_lengths(values).sum(axis=1) > _ROOM
        if not is_full.any():
            return _encoded(values, gains)
        gains += is_full


def _coefficients(loop: Samples) -> Samples:
    """The spectrum of each frame, from low to high: the bands of a filter bank, each turned into 18 finer ones."""
    bands = _bands(loop)
    bands[:, 1::2, 1::2] *= -1  # every other band comes out of the filters with its tones upside down
    both = np.concatenate((np.roll(bands, 1, axis=0), bands), axis=1)
    fine = _unmirrored(both.transpose(0, 2, 1) @ _finer())
    return fine.reshape(len(fine), -1)


def _bands(loop: Samples) -> Samples:
    """Frame, time, band: the signal in each band, at a 32nd of the rate."""
    before = np.concatenate((loop[-480:], loop))
    windows = np.lib.stride_tricks.sliding_window_view(before, 512)[::32]
    # Frame by frame: a product as small as that is not worth threads, which would wait for each other.
    return windows.reshape(-1, 18, 512) @ _band_filters()


@cache
def _band_filters() -> Samples:
    """A low-pass of 512 taps, moved to the middle of each band; newest sample last."""
    taps = np.arange(512)
    low = np.sinc((taps - 256) * _CUTOFF) * np.kaiser(513, _BETA)[:512]
    low *= 2 / low.sum()
    moved = np.cos(np.outer(taps - 16, 2 * np.arange(_BANDS) + 1) * np.pi / 64)
    return np.ascontiguousarray((low[:, None] * moved)[::-1])


_CUTOFF, _BETA = 1.135 / 64, 9.5
"""With these the bands, each a copy of the low-pass, let everything through together: what is left of echoes, the
correlation of the low-pass with itself 64 taps later and so on, is below 0.2 %."""


@cache
def _finer() -> Samples:
    """The modified cosine transform of 36 values in time to 18 in frequency, with its window."""
    time, tone = np.arange(36), np.arange(18)
    window = np.sin(np.pi / 36 * (time + 0.5))
    waves: Samples = window[:, None] * np.cos(np.pi / 72 * np.outer(2 * time + 19, 2 * tone + 1))
    return waves / 9


def _unmirrored(fine: Samples) -> Samples:
    """What the filters let through from the neighbouring band, taken away from both."""
    odds = np.array((-0.6, -0.535, -0.33, -0.185, -0.095, -0.041, -0.0142, -0.0037))
    kept, mirrored = 1 / np.hypot(1, odds), odds / np.hypot(1, odds)
    below, above = fine[:, :-1, :-9:-1].copy(), fine[:, 1:, :8].copy()
    fine[:, :-1, :-9:-1] = below * kept + above * mirrored
    fine[:, 1:, :8] = above * kept - below * mirrored
    return fine


def _gains(wanted: Samples) -> Ints:
    """For each frame the finest gain at which its loudest coefficient fits the table."""
    loudest = np.maximum(np.abs(wanted).max(axis=1), 1e-4)
    gains: Samples = np.ceil(_UNIT_GAIN + 4 * np.log2(loudest / (_MOST + 0.4) ** (4 / 3)))
    return gains.astype(np.int64)


def _quantised(wanted: Samples, gains: Ints) -> Ints:
    sizes = (np.abs(wanted) * 2.0 ** ((_UNIT_GAIN - gains[:, None]) / 4)) ** 0.75
    return np.copysign((sizes + 0.4054).astype(np.int64), wanted).astype(np.int64)


def _pair_lengths(values: Ints) -> Ints:
    """The bits for each pair of values; none after the last pair that is not zero."""
    pairs = np.abs(values).reshape(len(values), -1, 2)
    lengths = _LENGTHS[pairs[:, :, 0] * 6 + pairs[:, :, 1]] + (pairs > 0).sum(axis=2)
    return np.where(np.arange(pairs.shape[1]) < _pair_counts(values)[:, None], lengths, 0)


def _pair_counts(values: Ints) -> Ints:
    is_heard = (values.reshape(len(values), -1, 2) != 0).sum(axis=2) > 0
    return np.where(is_heard.any(axis=1), is_heard.shape[1] - np.argmax(is_heard[:, ::-1], axis=1), 0)


def _encoded(values: Ints, gains: Ints) -> bytes:
    lengths = _pair_lengths(values)
    used = lengths.sum(axis=1)
    codes = np.hstack((_said(used, _pair_counts(values), gains), _pair_codes(values), np.zeros_like(used)[:, None]))
    bits = np.hstack((np.tile(_SAID_BITS, (len(values), 1)), lengths, _ROOM - used[:, None]))
    return np.packbits(stream(codes.ravel(), bits.ravel())).tobytes()


_SAID_BITS = np.array((16, 16, 9, 12, 9, 8, 10, 5, 5, 5, 7, 2))


def _said(used: Ints, pairs: Ints, gains: Ints) -> Ints:
    """Each frame's header and what is said about its coefficients, up to where they begin."""
    alike = np.ones_like(used)
    said = (*_HEADER, 0, used, pairs, gains, 0, _TABLE, _TABLE, _TABLE, 0, 0)
    return np.stack([alike * value for value in said], axis=1)


def _pair_codes(values: Ints) -> Ints:
    """The code of each pair, followed by the signs of the values that are not zero."""
    pairs = values.reshape(len(values), -1, 2)
    codes: Ints = _CODES[np.abs(pairs[:, :, 0]) * 6 + np.abs(pairs[:, :, 1])]
    for n in (0, 1):
        value = pairs[:, :, n]
        codes = np.where(value == 0, codes, codes << 1 | (value < 0))
    return codes
