"""The drawings from which pictures are made: a few flat tones in simple shapes, before any colour is chosen.

There are `COUNT` of them. A picture takes one by its key and adds colours of its own, so a drawing and its costly
compression are made once, while thousands of pictures differ.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from math import cos, pi, sin
from random import Random

import numpy as np
from numpy.typing import NDArray

COUNT = 60
TONES = 4
"""The tones of a drawing: 0 is the darkest."""

Tones = NDArray[np.uint8]
Plane = NDArray[np.floating]


def seed(key: str) -> int:
    """A number that differs for each key, and is the same in every process."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest())


def drawing(number: int, width: int, height: int) -> Tones:
    """The tone of each pixel. Shapes keep their proportions: a wider picture shows more of them."""
    random = Random(number)
    side = min(width, height)
    y, x = np.ogrid[:height, :width]
    across = ((x - width / 2) / side).astype(np.float32)
    down = ((y - height / 2) / side).astype(np.float32)
    tones = _SHAPES[number % len(_SHAPES)](random, across, down)
    return np.ascontiguousarray(np.broadcast_to(tones, (height, width)) % TONES)


def _discs(random: Random, x: Plane, y: Plane) -> Tones:
    tones = np.zeros(np.broadcast_shapes(x.shape, y.shape), np.uint8) + random.randrange(2)
    reach = 0.5 * x.shape[1] / y.shape[0]
    for n in range(random.randrange(3, 7)):
        centre = random.uniform(-reach, reach), random.uniform(-0.5, 0.5)
        tones[np.hypot(x - centre[0], y - centre[1]) < random.uniform(0.08, 0.4)] = (n + 1) % TONES
    return tones


def _rings(random: Random, x: Plane, y: Plane) -> Tones:
    away = np.hypot(x - random.uniform(-0.3, 0.3), y - random.uniform(-0.3, 0.3))
    return _whole(away * random.uniform(4, 11))


def _stripes(random: Random, x: Plane, y: Plane) -> Tones:
    turn = random.uniform(0, pi)
    return _whole((x * cos(turn) + y * sin(turn) + 9) * random.uniform(4, 12))


def _waves(random: Random, x: Plane, y: Plane) -> Tones:
    swell = random.uniform(0.03, 0.12) * np.sin(x * random.uniform(5, 16) + random.uniform(0, 6))
    return _whole(np.clip((y + swell + 0.5) * random.uniform(3, 7), 0, 99))


def _tiles(random: Random, x: Plane, y: Plane) -> Tones:
    many = random.randrange(3, 8)
    column, row = _whole((x + 9) * many), _whole((y + 9) * many)
    return column * random.choice((1, 2, 3)) + row * random.choice((1, 3)) + (column * row) // 7


def _sun(random: Random, x: Plane, y: Plane) -> Tones:
    middle = random.uniform(-0.2, 0.3)
    rays = _whole((np.arctan2(y - middle, x) / pi + 1) * random.randrange(5, 12)) % 2
    rays[np.hypot(x, y - middle) < random.uniform(0.15, 0.32)] = 3
    return rays


def _peaks(random: Random, x: Plane, y: Plane) -> Tones:
    tones = np.full(np.broadcast_shapes(x.shape, y.shape), 3, np.uint8)
    tones[np.hypot(x - random.uniform(-0.3, 0.3), y + random.uniform(0.1, 0.3)) < random.uniform(0.08, 0.16)] = 2
    for tone in (1, 0):
        teeth = np.abs((x * random.uniform(1.2, 3) + random.uniform(0, 5)) % 1 - 0.5)
        tones[y > teeth - random.uniform(0, 0.3)] = tone
    return tones


def _whole(values: Plane) -> Tones:
    return values.astype(np.uint8)


_SHAPES: tuple[Callable[[Random, Plane, Plane], Tones], ...] = (
    _discs,
    _rings,
    _stripes,
    _waves,
    _tiles,
    _sun,
    _peaks,
)
