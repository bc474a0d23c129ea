"""Outlines that are round or pointed, laid over a picture with smooth edges.

Round shapes please, pointed ones seem to threaten (Bar and Neta 2006): so one number, from 0 (round) to 1 (pointed),
turns discs into stars and waves into peaks.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from asyncscrape.analysis.generation.oklch import Colour

Canvas = NDArray[np.float32]
"""Rows, columns, colours."""
Line = NDArray[np.float32]


class Body(NamedTuple):
    """A shape around a centre; lengths are shares of the picture's side."""

    x: float
    y: float
    radius: float
    points: int
    pointed: float
    turned: float
    """Radians."""


def lay_body(canvas: Canvas, body: Body, colour: Colour, strength: float, ring: float = 0.0) -> None:
    """Lay a shape over the picture; with `ring` only its edge, so wide."""
    side = len(canvas)
    reach = body.radius * 1.05 + ring
    top, left = (int(max(0, (at - reach) * side)) for at in (body.y, body.x))
    bottom, right = (int(min(side, (at + reach) * side + 1)) for at in (body.y, body.x))
    if top >= bottom or left >= right:
        return
    down = (np.arange(top, bottom, dtype=np.float32) + 0.5)[:, None] / np.float32(side) - np.float32(body.y)
    across = (np.arange(left, right, dtype=np.float32) + 0.5)[None, :] / np.float32(side) - np.float32(body.x)
    inside = _edge(body, np.arctan2(down, across)) - np.hypot(down, across)
    if ring:
        inside = np.float32(ring / 2) - np.abs(inside)
    cover = np.clip(inside * np.float32(side) + 0.5, 0, 1) * np.float32(strength)
    _blend(canvas[top:bottom, left:right], cover, colour)


def _edge(body: Body, angle: Line) -> Line:
    """The distance of the edge in each direction: a circle, or more and more a star."""
    sector = 2 * np.pi / body.points
    beside = np.abs((angle - body.turned) % sector - sector / 2) / (sector / 2)
    star = 1 / (1 + 1.5 * beside)
    edge = body.radius * ((1 - body.pointed) + body.pointed * star)
    return np.asarray(edge, np.float32)


def lay_ground(canvas: Canvas, line: Line, colour: Colour, strength: float = 1.0) -> None:
    """Fill all below a line, which has a height (a share of the side, from the top) for each column."""
    side = len(canvas)
    first = int(max(0, line.min() * side - 1))
    rows = np.arange(first, side, dtype=np.float32)[:, None] + 0.5
    cover = np.clip(rows - line[None, :] * np.float32(side) + 0.5, 0, 1) * np.float32(strength)
    _blend(canvas[first:], np.asarray(cover, np.float32), colour)


def wave(side: int, pointed: float, random: np.random.Generator, height: float) -> Line:
    """A line over the width of the picture: gentle hills, or peaks; about 0, at most `height` away."""
    across = (np.arange(side) + 0.5) / side
    total = np.zeros(side)
    for loudness, often in (
        (0.6, random.uniform(0.8, 1.6)),
        (0.3, random.uniform(2, 3.4)),
        (0.1, random.uniform(4, 7)),
    ):
        turn = (across * often + random.random()) % 1
        peak = 2 * np.sqrt(np.abs(2 * turn - 1)) - 1.3
        total += loudness * ((1 - pointed) * np.sin(2 * np.pi * turn) + pointed * peak)
    return np.asarray(total * height, np.float32)


def lay_light(canvas: Canvas, top: Colour, bottom: Colour) -> None:
    """Fill the whole picture, from one colour at its top to another at its bottom."""
    share = np.linspace(0, 1, len(canvas), dtype=np.float32)[:, None, None]
    canvas[:] = top * (1 - share) + bottom * share


def _blend(under: Canvas, cover: Line, colour: Colour) -> None:
    under += cover[:, :, None] * (colour - under)
