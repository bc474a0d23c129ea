"""The Camelot wheel: every key beside those it mixes well with, minor keys inside, major keys outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.projections.polar import PolarAxes

from asyncscrape.analysis.picture_style import COLOURS, INK, QUIET, blank, heading
from asyncscrape.quality.shown_values import counted, percent

MINOR = ("Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "Db")
MAJOR = ("B", "F#", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E")
"""The names of 1A to 12A, and of 1B to 12B."""
RINGS = (("A", MINOR, "minor", 0.95), ("B", MAJOR, "major", 2.0))
"""Letter, names, scale, and where the ring begins."""
HEIGHT = 1.0
SECTOR = 2 * np.pi / 12
LIST, COMMON = 0.66, 6
"""Where the list of the most common keys begins, and its length."""


def wheel(counts: Mapping[str, int], source: str) -> Figure | None:
    """How many tracks have each key: the more, the stronger its colour. None without any key."""
    known = {f"{hour}{letter}": 0 for letter, *_ in RINGS for hour in range(1, 13)}
    known |= {code: number for code, number in counts.items() if code in known}
    total = sum(known.values())
    if not total:
        return None
    whole = blank()
    minor = sum(number for code, number in known.items() if code.endswith("A"))
    told = f"{counted(total, 'track')} · {percent(minor / total)} in minor keys, the inner ring · {source}"
    heading(whole, "Keys on the Camelot wheel", told)
    axes = whole.add_axes((0.06, 0.015, 0.53, 0.845), projection="polar")
    assert isinstance(axes, PolarAxes)
    axes.set_theta_zero_location("N")
    axes.set_theta_direction(-1)
    axes.set_axis_off()
    axes.set_ylim(0, RINGS[-1][-1] + HEIGHT)
    for ring in RINGS:
        _draw_ring(axes, ring, known)
    _list_common(whole, known, total)
    return whole


def _draw_ring(axes: PolarAxes, ring: tuple[str, tuple[str, ...], str, float], known: Mapping[str, int]) -> None:
    letter, names, scale, bottom = ring
    most = max(known.values())
    for hour, name in enumerate(names, 1):
        code, angle = f"{hour}{letter}", hour % 12 * SECTOR
        share = known[f"{hour}{letter}"] / most
        axes.bar(angle, HEIGHT, SECTOR, bottom, color=_shade(share), edgecolor="white", linewidth=2)
        ink, quiet = ("white", "white") if share > 0.55 else (INK, QUIET)
        number = f"\n{known[code]:,}" if known[code] else ""
        labels = ((code, 12, ink, "bold", 8), (f"{name} {scale[:3]}{number}", 8.5, quiet, "normal", -10))
        for text, size, colour, weight, up in labels:
            _write(axes, (angle, bottom + HEIGHT / 2), up, text, fontsize=size, color=colour, weight=weight)


def _write(axes: PolarAxes, place: tuple[float, float], up: int, text: str, **look: Any) -> None:
    """Write a text as many points above a place."""
    axes.annotate(text, place, xytext=(0, up), textcoords="offset points", ha="center", va="center", **look)


def _shade(share: float) -> tuple[float, ...]:
    """A colour between nearly white and the full one."""
    full, empty = np.array(to_rgb(COLOURS[1])), np.array(to_rgb("#eef0f6"))
    return tuple(empty + (full - empty) * share)


def _list_common(whole: Figure, known: Mapping[str, int], total: int) -> None:
    names = {
        f"{hour}{letter}": f"{key} {scale}" for letter, ring, scale, _ in RINGS for hour, key in enumerate(ring, 1)
    }
    common = sorted((item for item in known.items() if item[1]), key=lambda item: -item[1])[:COMMON]
    whole.text(LIST, 0.70, "Most common", fontsize=12.5, color=INK, weight="bold", va="center")
    for line, (code, number) in enumerate(common):
        told = f"{number:,} · {percent(number / total)}"
        for x, text, colour, side in (
            (0, code, INK, "left"),
            (0.05, names[code], INK, "left"),
            (0.27, told, QUIET, "right"),
        ):
            whole.text(LIST + x, 0.635 - 0.062 * line, text, fontsize=12.5, color=colour, va="center", ha=side)
