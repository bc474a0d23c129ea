"""The colours of artworks whose mood is known, and those that are usual near a mood.

1. Each artwork is made small, and its colours are counted by hue; grey counts little.      `colours_of`
2. One whose mood is near the asked one counts much, and one on which many people commented
   counts more, by the square root of the comments.                                         `near`
3. If few are near, those further away count as well.

It says which colours people gave to music that others feel about so, and not that the colours make the mood.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from asyncscrape.analysis.generation.oklch import Numbers, Oklch, oklch
from asyncscrape.analysis.generation.palettes import HUES, Leaning, widened
from asyncscrape.analysis.web_pictures import BadPicture, small_square

SIDE = 48
"""Pixels of a small artwork."""
NARROWEST, WIDEST, WIDER = 0.15, 4.0, 1.2
"""Distances of moods at which an artwork counts much less: the first that is tried, the last, and the step."""
ENOUGH = 12.0
"""Artworks that the result should rest on, counted as as many that weigh the same."""


class Artwork(NamedTuple):
    """The picture of a track, and how the comments of the track feel."""

    path: Path
    mood: float
    """From -1 to 1."""
    comments: int


@dataclass(frozen=True)
class ArtworkColours:
    """The colours of the artworks that could be read, a row for each."""

    moods: Numbers
    weights: Numbers
    hues: Numbers
    """For each artwork, how much it has of each of `palettes.HUES`."""
    chroma: Numbers
    unreadable: int
    """How many files there are besides that are no pictures, or damaged, or too large."""

    def near(self, mood: float) -> Leaning:
        """What is usual near a mood."""
        width = NARROWEST
        while _resting_on(weights := self._weights(mood, width)) < ENOUGH and width < WIDEST:
            width *= WIDER
        shares = weights / weights.sum()
        return Leaning(widened(shares @ self.hues), float(shares @ self.chroma))

    def _weights(self, mood: float, width: float) -> Numbers:
        away = ((self.moods - mood) / width) ** 2 / 2
        return np.asarray(self.weights * np.exp(away.min() - away))


def _resting_on(weights: Numbers) -> float:
    return float(weights.sum() ** 2 / (weights**2).sum())


def colours_of(artworks: Iterable[Artwork]) -> ArtworkColours:
    """The colours of all that can be read."""
    known: list[tuple[float, float]] = []
    counted: list[Leaning] = []
    unreadable = 0
    for artwork in artworks:
        try:
            counted.append(_counted(oklch(np.asarray(small_square(artwork.path, SIDE)))))
        except BadPicture:
            unreadable += 1
        else:
            known.append((artwork.mood, max(1, artwork.comments) ** 0.5))
    moods, weights = np.reshape(known, (-1, 2)).T
    hues = np.reshape([one.hues for one in counted], (-1, len(HUES)))
    return ArtworkColours(moods, weights, hues, np.array([one.chroma for one in counted]), unreadable)


def _counted(pixels: Oklch) -> Leaning:
    """How much of each hue there is in one artwork, and how colourful its colours are."""
    places = (pixels.hue / 360 * len(HUES)).astype(int) % len(HUES)
    total = pixels.chroma.sum()
    hues = np.bincount(places, pixels.chroma, len(HUES)) / pixels.chroma.size
    return Leaning(hues, float((pixels.chroma**2).sum() / total) if total else 0.0)
