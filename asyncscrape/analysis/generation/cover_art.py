"""Covers: one of three compositions by the seed, with the colours and the shapes of the mood."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from asyncscrape.analysis.generation.mood_choices import checked
from asyncscrape.analysis.generation.oklch import Colour
from asyncscrape.analysis.generation.outlines import Body, Canvas, lay_body, lay_ground, lay_light, wave
from asyncscrape.analysis.generation.palettes import Leaning, Palette, leant, palette, tones

SIDE = 3_000
"""Pixels."""


def cover(mood: float, seed: int, side: int = SIDE, leaning: Leaning | None = None) -> bytes:
    """The picture of a seed as PNG; the same arguments give the same picture.

    With colours to lean to, it has the same shapes as without.
    """
    file = io.BytesIO()
    Image.fromarray(drawn(mood, seed, side, leaning)).save(file, "PNG", compress_level=6)
    return file.getvalue()


def drawn(mood: float, seed: int, side: int, leaning: Leaning | None = None) -> NDArray[np.uint8]:
    """The picture as pixels."""
    random = np.random.default_rng([seed, 3])
    found = tones(checked(mood), random)
    if leaning is not None:
        found = leant(found, leaning, np.random.default_rng([seed, 5]))
    colours = palette(found)
    canvas = np.empty((side, side, 3), np.float32)
    lay_light(canvas, colours.shades[3], colours.shades[4])
    COMPOSITIONS[random.integers(len(COMPOSITIONS))](canvas, colours, (1 - mood) / 2, random)
    return np.rint(np.clip(canvas, 0, 1) * 255).astype(np.uint8)


def _landscape(canvas: Canvas, colours: Palette, pointed: float, random: np.random.Generator) -> None:
    """A body in the sky above ranges, the nearer the darker; a brighter mood has it higher."""
    x, y = random.uniform(0.28, 0.72), 0.24 + 0.16 * pointed
    body = Body(x, y, random.uniform(0.12, 0.17), int(random.integers(7, 12)), 0.85 * pointed, random.random())
    for wider in (2.4, 1.8, 1.35):
        lay_body(canvas, body._replace(radius=body.radius * wider), colours.accent, 0.12)
    lay_body(canvas, body, colours.accent, 0.95)
    ranges = 5
    for number in range(ranges):
        far = number / (ranges - 1)
        line = 0.5 + 0.42 * far + wave(len(canvas), pointed, random, 0.11 - 0.04 * far)
        lay_ground(canvas, np.asarray(line, np.float32), _between(colours.shades, 0.8 * (1 - far)))


def _orbits(canvas: Canvas, colours: Palette, pointed: float, random: np.random.Generator) -> None:
    """Rings around a point beside the middle, with small bodies on them."""
    x, y = random.uniform(0.36, 0.64), random.uniform(0.4, 0.6)
    points, turned = int(random.integers(5, 9)), random.uniform(0, np.pi)
    for number in range(7, 0, -1):
        disc = Body(x, y, 0.095 * number, points, 0.8 * pointed, turned + 0.12 * number * pointed)
        lay_body(canvas, disc, _between(colours.shades, (number % 5) / 4), 0.92)
    for number in range(1, 8):
        angle, reach = random.uniform(0, 2 * np.pi), 0.095 * number - 0.03
        at = x + reach * np.cos(angle), y + reach * np.sin(angle)
        lay_body(canvas, Body(*at, random.uniform(0.014, 0.034), 4, pointed, angle), colours.accent, 1.0)
    lay_body(canvas, Body(x, y, 0.055, points, 0.8 * pointed, turned), colours.accent, 1.0)


def _crowd(canvas: Canvas, colours: Palette, pointed: float, random: np.random.Generator) -> None:
    """Many bodies, the large ones behind, some of them as rings."""
    sizes = np.sort(random.uniform(0.03, 1, 34) ** 2.2)[::-1] * 0.3 + 0.012
    for number, size in enumerate(sizes):
        body = Body(
            random.uniform(0.02, 0.98),
            random.uniform(0.02, 0.98),
            float(size),
            int(random.integers(4, 8)),
            pointed,
            random.uniform(0, np.pi),
        )
        colour = colours.accent if number % 7 == 6 else colours.shades[random.integers(len(colours.shades))]
        lay_body(canvas, body, colour, random.uniform(0.6, 0.95), ring=size * 0.12 if number % 4 == 3 else 0.0)


def _between(shades: Sequence[Colour], share: float) -> Colour:
    """A shade between those of the palette: 0 is the darkest, 1 the lightest."""
    place = share * (len(shades) - 1)
    low = min(int(place), len(shades) - 2)
    mixed: Colour = shades[low] + (shades[low + 1] - shades[low]) * np.float32(place - low)
    return mixed


Composition = Callable[[Canvas, Palette, float, np.random.Generator], None]
COMPOSITIONS: tuple[Composition, ...] = (_landscape, _orbits, _crowd)
