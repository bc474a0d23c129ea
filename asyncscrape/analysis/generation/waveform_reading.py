"""The heights of a waveform, read from a picture of it or from JSON.

1. What most of the upper edge looks like is the ground, whether it is a colour or transparent.
2. Each column is as high as it has pixels that look otherwise. Gaps between bars are closed.
3. A picture in which most columns have no single stretch of such pixels on a common line shows no waveform.
"""

from __future__ import annotations

import math
from codecs import BOM_UTF8
from pathlib import Path

import msgspec
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from asyncscrape.analysis.generation.envelopes import Heights
from asyncscrape.errors import UsageError
from asyncscrape.extras import missing_modules
from asyncscrape.unreadable import why_unreadable

MOST_BYTES, MOST_SAMPLES = 50_000_000, 1_000_000
LEAST_COLUMNS, LEAST_ROWS = 16, 8
VISIBLE = 0.12
"""Share of the strongest contrast from which a pixel is more than noise of the ground."""
WEAKEST = 24.0
"""Of 255: a picture with less contrast shows nothing."""
GAPS = (2, 3, 5, 9, 13)
"""Gaps between bars are narrower than one of these, in pixels."""
DEEP, LOW = 0.45, 0.05
"""A gap has less than this share of the height beside it. What has less than that of the greatest height is low."""
OFTEN, ENOUGH = 0.25, 0.9
"""Among columns that are not low, bars have more gaps than this; the narrowest width that finds so many will do."""
WHOLE, COMMON = 0.8, 0.75
"""Shares of the columns: that must be one stretch, and that must meet on a line."""

Pixels = NDArray[np.float32]


class WaveformSamples(msgspec.Struct):
    """The contents of a JSON file."""

    samples: list[float]
    height: float | None = None


_decode = msgspec.json.Decoder(WaveformSamples).decode


def heights_of(path: Path) -> Heights:
    """The heights in a file, from 0 to 1. What holds no waveform is refused."""
    try:
        # A device or a pipe may never end.
        if path.exists() and not path.is_file():
            raise UsageError(f"{path} is no file; name a picture of a waveform, or JSON")
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path} is too large for a waveform: more than {MOST_BYTES // 10**6} MB")
        data = path.read_bytes().removeprefix(BOM_UTF8)
    except OSError as error:
        why = why_unreadable(error)
        raise UsageError(f"{path} cannot be read: {why}; name a picture of a waveform, or JSON") from error
    return from_json(data, path) if data.lstrip()[:1] in (b"{", b"[") else from_picture(path)


def from_json(data: bytes, path: Path) -> Heights:
    """The heights in JSON such as {"samples": [0, 70, 140], "height": 140}."""
    try:
        wave = _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f'{path} is no JSON of a waveform: {error}; it must look like {{"samples": [0, 70], "height": 140}}'
        ) from error
    highest = max(wave.samples, default=0.0) if wave.height is None else wave.height
    if not wave.samples or len(wave.samples) > MOST_SAMPLES:
        raise UsageError(f"{path} has {len(wave.samples)} samples; a waveform has 1 to {MOST_SAMPLES:,}")
    if min(wave.samples) < 0 or not math.isfinite(highest) or not 0 < max(wave.samples) <= highest:
        raise UsageError(f"{path}: samples must lie between 0 and the height, and some above 0")
    return np.array(wave.samples, np.float64) / highest


def from_picture(path: Path) -> Heights:
    """The heights in a PNG, JPEG or another picture."""
    contrast = _contrast(_pixels(path), path)
    cover = np.clip((contrast - VISIBLE) / (0.5 - VISIBLE), 0, 1)
    if not _is_waveform(cover > 0.5):
        raise UsageError(f"{path} shows no waveform: its columns are no stretches of colour on a common line")
    return np.clip(_bridged(cover.sum(axis=0, dtype=np.float64)) / len(cover), 0, 1)


def _pixels(path: Path) -> Pixels:
    """Red, green, blue, each as dark as it is transparent, and the opacity; from 0 to 255."""
    if missing_modules("report"):
        raise UsageError(f"{path} is no JSON, and pictures need a library: pip install 'asyncscrape[report]'")
    from asyncscrape.analysis.web_pictures import BadPicture, web_picture

    try:
        with web_picture(path) as picture:
            width, height = picture.size
            colours = np.asarray(picture.convert("RGBA"), np.float32)
    except BadPicture as problem:
        message = f"{path} cannot be read as a picture of a waveform: {problem}; name a PNG or JPEG of one, or JSON"
        raise UsageError(message) from problem
    if width < LEAST_COLUMNS or height < LEAST_ROWS:
        raise UsageError(f"{path} is too small for a waveform: {width} by {height} pixels")
    colours[:, :, :3] *= colours[:, :, 3:] / 255
    return colours


def _contrast(colours: Pixels, path: Path) -> Pixels:
    """How much each pixel differs from the ground; 1 is as much as the waveform does."""
    ground = np.median(colours[0], axis=0)
    contrast = np.abs(colours - ground).max(axis=2)
    strongest = float(np.percentile(contrast, 99.5))
    if strongest < WEAKEST:
        raise UsageError(f"{path} shows no waveform: it is of one colour")
    return np.asarray(contrast / strongest, np.float32)


def _is_waveform(there: NDArray[np.bool_]) -> bool:
    """Whether nearly all columns that have something are one stretch, and most of these meet on a line."""
    columns = there[:, there.any(axis=0)]
    if columns.shape[1] < there.shape[1] / 10:
        return False
    begins = columns[0].astype(int) + (columns[1:] & ~columns[:-1]).sum(axis=0)
    return bool(np.mean(begins <= 2) >= WHOLE and columns.mean(axis=1).max() >= COMMON and not there.mean() > 0.97)


def _bridged(sums: Heights) -> Heights:
    """Where there are bars (many dips that are narrow and deep), each also fills the gap after it."""
    loud = _closed(sums, GAPS[-1]) > LOW * sums.max()
    dips = [sums < DEEP * _closed(sums, width) for width in GAPS]
    often = [float(gaps[loud].mean()) for gaps in dips]
    if max(often) <= OFTEN:
        return sums
    gaps = next(gaps for gaps, share in zip(dips, often, strict=True) if share >= ENOUGH * max(often))
    bars = np.maximum.accumulate(np.where(gaps, 0, np.arange(len(sums))))
    return sums[bars]


def _closed(sums: Heights, width: int) -> Heights:
    """The heights without dips that are narrower than so many pixels."""
    beside = sliding_window_view(np.pad(sums, width - 1, "edge"), width).max(axis=1)
    closed: Heights = sliding_window_view(beside, width).min(axis=1)
    return closed
