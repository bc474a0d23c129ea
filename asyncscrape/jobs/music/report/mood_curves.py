"""The mood along tracks: how the comments around each hundredth of a track feel, as a small model reads them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

POINTS = 100
"""Points of a curve, each for a stretch of the track."""
MOST = 63
"""Steps between a mood of 0 and the best; more than that cannot be told apart on a page."""
HALVES = 2
"""Steps in which the weight of a comment is kept."""

Numbers = NDArray[np.float64]
_decode = msgspec.json.Decoder(list[float | None]).decode


@dataclass(frozen=True)
class Curves:
    """A row for each track."""

    moods: Numbers
    """From -1 to 1; NaN where too little is known."""
    weights: Numbers
    """How many comments stand behind each mood."""


def curves(tracks: pl.DataFrame) -> Curves:
    """The curves in the columns `curve` and `curve_weights`."""
    moods, weights = _numbers(tracks["curve"]), np.nan_to_num(_numbers(tracks["curve_weights"]))
    known = (np.abs(moods) <= 1) & (weights > 0)
    return Curves(np.where(known, moods, np.nan), np.where(known, weights, 0))


def in_bytes(made: Curves) -> NDArray[np.uint8]:
    """For each track its moods in a byte each, 0 for none and else from 1; then the weights, in halves of a comment.

    Each byte is the difference from the one before, for a curve that changes slowly is then packed best.
    """
    moods = np.nan_to_num(np.rint(made.moods * MOST) + MOST + 1)
    weights = np.clip(np.rint(made.weights * HALVES), 0, 255)
    found = np.hstack((moods, weights)).astype(np.int16)
    return np.diff(found, prepend=np.int16(0), axis=1).astype(np.uint8)


def _numbers(texts: Iterable[str | None]) -> Numbers:
    rows = [_read(text) for text in texts]
    return np.array(rows, np.float64) if rows else np.zeros((0, POINTS))


def _read(text: str | None) -> list[float | None]:
    """The numbers of a curve; none known if that is what the text is not."""
    try:
        found = _decode(text or "[]")
    except msgspec.DecodeError:
        found = []
    return found if len(found) == POINTS else [None] * POINTS
