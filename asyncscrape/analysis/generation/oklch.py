"""Colours in OKLCH (Ottosson 2020), where equal steps look equal, and on a screen."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Colour = NDArray[np.float32]
"""Red, green and blue, from 0 to 1."""
Numbers = NDArray[np.float64]

_FROM_LMS = np.array([[4.0767416621, -3.3077115913, 0.2309699292], [-1.2684380046, 2.6097574011, -0.3413193965],
                      [-0.0041960863, -0.7034186147, 1.7076147010]])  # fmt: skip
_FROM_LAB = np.array([[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728],
                      [1, -0.0894841775, -1.2914855480]])  # fmt: skip
_TO_LMS, _TO_LAB = np.linalg.inv(_FROM_LMS), np.linalg.inv(_FROM_LAB)


class Oklch(NamedTuple):
    """Many colours, each part in an array of its own."""

    lightness: Numbers
    chroma: Numbers
    hue: Numbers
    """Degrees, from 0 to 360."""


def rgb(lightness: float, chroma: float, hue: float) -> Colour:
    """A colour of OKLCH as a screen shows it; one that no screen can show is made greyer until it can."""
    for kept in np.linspace(1, 0, 41):
        found = _linear(lightness, chroma * kept, hue)
        if found.min() >= -1e-4 and found.max() <= 1 + 1e-4:
            break
    light = np.clip(found, 0, 1)
    shown = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(shown, np.float32)


def oklch(pixels: NDArray[np.uint8]) -> Oklch:
    """The pixels of a picture; their red, green and blue lie along the last axis."""
    shown = pixels.reshape(-1, 3) / 255
    light = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    lightness, a, b = (np.cbrt(light @ _TO_LMS.T) @ _TO_LAB.T).T
    return Oklch(lightness, np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360)


def _linear(lightness: float, chroma: float, hue: float) -> Numbers:
    angle = np.radians(hue)
    lab = np.array([lightness, chroma * np.cos(angle), chroma * np.sin(angle)])
    linear: Numbers = _FROM_LMS @ (_FROM_LAB @ lab) ** 3
    return linear
