"""Colours for a mood.

The directions are those that studies of people found, the sizes and the layout are our own:

* Colours that go with happy music are lighter, more saturated and more yellow; with sad music darker, greyer and
  bluer (Palmer, Schloss, Xu and Prado-León 2013).
* Pleasure grows with brightness above all, and with saturation (Valdez and Mehrabian 1994).

Where artworks are there to follow, they decide about the hues, and have a say in the chroma. How light the colours
are remains with the studies, so that the mood can be read.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from asyncscrape.analysis.generation.oklch import Colour, Numbers, rgb

SAD_HUE, HAPPY_HUE = 262.0, 84.0
"""Degrees: blue and yellow."""
STRAY = 16.0
"""How far a seed turns the hue."""
OFFSETS = (-0.17, -0.08, 0.0, 0.09, 0.17)
"""How much darker or lighter each colour is than the middle one."""
TURNS = (-34.0, -16.0, 0.0, 14.0, 30.0)
"""Degrees between the hues of the colours."""
ACCENT_TURN = 130.0

HUES = np.arange(2.5, 360, 5)
"""The hues that are told apart in artworks."""
STUDIES_SHARE = 0.02
"""The chroma that the hues of the studies count with beside those of the artworks: next to grey ones they decide."""
WIDTH = 14.0
"""Degrees by which a hue is widened."""
NEAR, FAR = 40.0, 80.0
"""The accent is never nearer than the first to the other colours; from the second on it may be any."""
PULL, MOST_CHROMA = 0.3, 0.16
"""How much the chroma follows that of artworks, which counts up to a limit. With so little, a happier cover is more
colourful even if the artworks say the opposite."""


class Palette(NamedTuple):
    """The colours of a picture."""

    shades: tuple[Colour, ...]
    """From dark to light."""
    accent: Colour


class Tones(NamedTuple):
    """What a palette is made of."""

    lightness: float
    chroma: float
    hue: float
    accent: float
    """Its hue."""
    turned: int
    """1 or -1: the way round the circle in which the lighter shades lie."""
    contrast: float


class Leaning(NamedTuple):
    """What a palette leans to."""

    hues: Numbers
    """How much of each of `HUES` there is; their sum is the mean chroma, so that grey pictures have little to say."""
    chroma: float
    """How colourful those pixels are that have a colour."""


def tones(mood: float, random: np.random.Generator) -> Tones:
    """Tones for a mood; the way from blue to yellow leads over green or over red, by the dice."""
    share = (mood + 1) / 2
    way = HAPPY_HUE - SAD_HUE if random.random() < 0.5 else HAPPY_HUE + 360 - SAD_HUE
    hue = SAD_HUE + way * share + random.uniform(-STRAY, STRAY)
    lightness = 0.36 + 0.38 * share + random.uniform(-0.02, 0.02)
    turned = random.choice([-1, 1])
    return Tones(lightness, 0.025 + 0.125 * share, hue, hue + turned * ACCENT_TURN, turned, 1.1 - 0.35 * share)


def leant(found: Tones, leaning: Leaning, random: np.random.Generator) -> Tones:
    """The same lightness, with two hues of the artworks: the more of a hue they have, the more often it is drawn."""
    hue = _drawn(leaning.hues + STUDIES_SHARE * _around(found.hue), random)
    apart = np.clip((_distance(hue) - NEAR) / (FAR - NEAR), 0, 1)
    accent = _drawn((leaning.hues + STUDIES_SHARE * _around(found.accent)) * apart, random)
    chroma = found.chroma + PULL * (min(leaning.chroma, MOST_CHROMA) - found.chroma)
    return found._replace(hue=hue, accent=accent, chroma=chroma)


def palette(found: Tones) -> Palette:
    """Five shades and an accent."""
    shades = tuple(
        rgb(found.lightness + offset * found.contrast, found.chroma, found.hue + found.turned * turn)
        for offset, turn in zip(OFFSETS, TURNS, strict=True)
    )
    return Palette(shades, rgb(min(0.93, found.lightness + 0.2), found.chroma + 0.03, found.accent))


def widened(hues: Numbers) -> Numbers:
    """The same amounts of each hue, with some of each for its neighbours."""
    spread = np.stack([_around(hue) for hue in HUES])
    wide: Numbers = hues @ spread
    return wide


def _drawn(hues: Numbers, random: np.random.Generator) -> float:
    """A hue by the dice; squared, since a third as much is rather an exception than a third of the cases."""
    chances = hues**2
    return float(random.choice(HUES, p=chances / chances.sum()))


def _around(hue: float) -> Numbers:
    """Amounts around a hue, whose sum is 1."""
    bell = np.exp(-0.5 * (_distance(hue) / WIDTH) ** 2)
    return np.asarray(bell / bell.sum())


def _distance(hue: float) -> Numbers:
    return np.asarray(np.abs((HUES - hue + 180) % 360 - 180))
