"""The downloaded waveforms, made small: a picture of a track's loudness in a few heights."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

POINTS = 200
"""Heights of a waveform: more than that cannot be told apart on a page."""
HIGHEST = 63
"""The greatest height, of a wave that fills the picture."""

Heights = NDArray[np.uint8]


class WaveformFile(msgspec.Struct):
    """The contents of a waveform file."""

    samples: list[int]
    height: int = 140


_decode = msgspec.json.Decoder(WaveformFile).decode


def heights(paths: Iterable[str | None], blobs: Path | None) -> Heights:
    """A row of heights for each file; all zero where there is none, or where it is not a waveform."""
    rows = [_read(blobs / path) if blobs and path else None for path in paths]
    silence = np.zeros(POINTS, np.uint8)
    return np.stack([silence if row is None else row for row in rows]) if rows else np.zeros((0, POINTS), np.uint8)


def _read(path: Path) -> Heights | None:
    try:
        wave = _decode(path.read_bytes())
        samples, height = np.array(wave.samples, np.float64), float(wave.height)
    except (OSError, msgspec.DecodeError, OverflowError):
        return None
    return shrunk(samples, height) if samples.size else None


def shrunk(samples: NDArray[np.float64], height: float) -> Heights:
    """As many heights as a small waveform has: the loudest sample of each stretch."""
    edges = np.linspace(0, samples.size, POINTS, endpoint=False).astype(int)
    loudest = np.maximum.reduceat(samples, edges)
    made: Heights = np.clip(np.rint(loudest * HIGHEST / max(height, 1)), 0, HIGHEST).astype(np.uint8)
    return made
