"""Colours for a mood.

The directions are those that studies of people found, the sizes and the layout are our own:

* Colours that go with happy music are lighter, more saturated and more yellow; with sad music darker, greyer and
  bluer (Palmer, Schloss, Xu and Prado-León 2013).
* Pleasure grows with brightness above all, and with saturation (Valdez and Mehrabian 1994).

Colours are made in OKLCH (Ottosson 2020), where equal steps look equal.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Colour = NDArray[np.float32]
"""Red, green and blue, from 0 to 1."""

SAD_HUE, HAPPY_HUE = 262.0, 84.0
"""Degrees: blue and yellow."""
STRAY = 16.0
"""How far a seed turns the hue."""
OFFSETS = (-0.17, -0.08, 0.0, 0.09, 0.17)
"""How much darker or lighter each colour is than the middle one."""
TURNS = (-34.0, -16.0, 0.0, 14.0, 30.0)
"""Degrees between the hues of the colours."""

_FROM_LMS = np.array([[4.0767416621, -3.3077115913, 0.2309699292], [-1.2684380046, 2.6097574011, -0.3413193965],
                      [-0.0041960863, -0.7034186147, 1.7076147010]])  # fmt: skip
_FROM_LAB = np.array([[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728],
                      [1, -0.0894841775, -1.2914855480]])  # fmt: skip


class Palette(NamedTuple):
    """The colours of a picture."""

    shades: tuple[Colour, ...]
    """From dark to light."""
    accent: Colour


def palette(mood: float, random: np.random.Generator) -> Palette:
    """Five shades and an accent for a mood; the way from blue to yellow leads over green or over red, by the dice."""
    share = (mood + 1) / 2
    way = HAPPY_HUE - SAD_HUE if random.random() < 0.5 else HAPPY_HUE + 360 - SAD_HUE
    hue = SAD_HUE + way * share + random.uniform(-STRAY, STRAY)
    lightness = 0.36 + 0.38 * share + random.uniform(-0.02, 0.02)
    chroma = 0.025 + 0.125 * share
    turned = random.choice([-1, 1])
    shades = tuple(
        rgb(lightness + offset * (1.1 - 0.35 * share), chroma, hue + turned * turn)
        for offset, turn in zip(OFFSETS, TURNS, strict=True)
    )
    return Palette(shades, rgb(min(0.93, lightness + 0.2), chroma + 0.03, hue + turned * 130))


def rgb(lightness: float, chroma: float, hue: float) -> Colour:
    """A colour of OKLCH as a screen shows it; one that no screen can show is made greyer until it can."""
    for kept in np.linspace(1, 0, 41):
        found = _linear(lightness, chroma * kept, hue)
        if found.min() >= -1e-4 and found.max() <= 1 + 1e-4:
            break
    light = np.clip(found, 0, 1)
    shown = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(shown, np.float32)


def _linear(lightness: float, chroma: float, hue: float) -> NDArray[np.float64]:
    angle = np.radians(hue)
    lab = np.array([lightness, chroma * np.cos(angle), chroma * np.sin(angle)])
    linear: NDArray[np.float64] = _FROM_LMS @ (_FROM_LAB @ lab) ** 3
    return linear
