"""What a model expects of each track against what the track has, as a drawing with the band where most tracks lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from asyncscrape.jobs.music.enrichment.predictions.model_samples import PredictionTarget
from asyncscrape.jobs.music.report.followers_picture import short
from asyncscrape.jobs.music.report.predictions.model_charts import Axis
from asyncscrape.jobs.music.report.predictions.prediction_words import MOST_PLAYS

MOST_POINTS = 1500
BINS = 40
"""Places along the axis at which the band is drawn."""
CAPTION = (
    "Each dot is a track: across what was expected of it, upwards what it has. On the dashed line both are the same; "
    "nine of ten should lie within the band."
)
LABEL = "What is expected of each track, and what it has"


class Scale(NamedTuple):
    """How numbers of a kind are drawn."""

    columns: tuple[str, str, str, str]
    """Of the table `track_predictions`: what a track has, what is expected of it, and the interval."""
    least: float
    most: float
    """Numbers beyond are drawn at the edge."""
    place: Callable[[pl.Expr], pl.Expr]
    """The expression for where a number lies along an axis."""
    ticks: Sequence[tuple[float, str]]
    """Where the axis has a number, and which."""
    about: str = ""
    """What the caption says of it."""


PLAYS = Scale(
    ("plays", "plays_expected", "plays_low", "plays_high"),
    0.0,
    MOST_PLAYS,
    lambda plays: (1 + plays).log10(),
    [(0.0, "0"), *((float(np.log10(1 + 10**power)), short(10**power)) for power in range(1, 16))],
    " Both axes are logarithmic.",
)
MOODS = Scale(
    ("mood", "mood_expected", "mood_low", "mood_high"),
    -1.0,
    1.0,
    lambda mood: mood,
    [(value / 2, f"{value / 2:+g}".replace("-", "−") if value else "0") for value in range(-2, 3)],
)
SCALES: Mapping[str, Scale] = {PredictionTarget.POPULARITY: PLAYS, PredictionTarget.MOOD: MOODS}


def scatter(predictions: pl.DataFrame, target: str) -> str:
    """The drawing for a target, with its caption; nothing if fewer than two tracks are predicted."""
    points = _points(predictions, SCALES[target])
    if points.height < 2:
        return ""
    both = pl.concat([points["has"], points["expected"]])
    axis = _axis(float(both.min()), float(both.max()))  # type: ignore[arg-type]
    shown = points.gather_every(-(-points.height // MOST_POINTS))
    dots = "".join(
        f'<circle cx="{axis.at(x)}%" cy="{round(100 - axis.at(y), 2)}%" r="2.5"/>'
        for x, y in shown.select("expected", "has").iter_rows()
    )
    few = f" {shown.height:,} of {points.height:,} are drawn." if shown.height < points.height else ""
    return _framed(_grid(axis, SCALES[target]) + _band(points, axis) + dots, SCALES[target].about + few)


def _points(predictions: pl.DataFrame, scale: Scale) -> pl.DataFrame:
    """Where each predicted track lies, in the order of what is expected of it."""
    numbers = dict(zip(("has", "expected", "low", "high"), scale.columns, strict=True))
    within = {name: pl.col(column).cast(pl.Float64).clip(scale.least, scale.most) for name, column in numbers.items()}
    placed = predictions.select(**{name: scale.place(number) for name, number in within.items()})
    return placed.drop_nulls(["has", "expected"]).sort("expected", "has")


def _axis(least: float, most: float) -> Axis:
    room = 0.04 * (most - least) or 0.5
    return Axis(least - room, most + room)


def _band(points: pl.DataFrame, axis: Axis) -> str:
    """The band between the bounds of intervals: their medians among tracks of which about the same is expected."""
    ranged = points.drop_nulls(["low", "high"])
    bins = ranged.group_by(bin=pl.int_range(pl.len()) * BINS // pl.len().clip(1), maintain_order=True)
    middles = bins.agg(pl.median("expected", "low", "high"))
    edges = pl.concat([_moved(middles.head(1), axis.low), middles, _moved(middles.tail(1), axis.high)])
    sides = [
        [(axis.at(x), round(100 - axis.beyond(y), 2)) for x, y in edges.select("expected", name).iter_rows()]
        for name in ("low", "high")
    ]
    corners = " ".join(f"{x},{y}" for x, y in (*sides[0], *reversed(sides[1])))
    inner = f'<polygon class="band" points="{corners}"/><line class="equal" x1="0" y1="100" x2="100" y2="0"/>'
    return f'<svg viewBox="0 0 100 100" preserveAspectRatio="none">{inner}</svg>'


def _moved(edge: pl.DataFrame, expected: float) -> pl.DataFrame:
    """A corner of the band, as it would be where this is expected."""
    further = expected - pl.col("expected")
    return edge.with_columns(pl.col("expected", "low", "high") + further)


def _grid(axis: Axis, scale: Scale) -> str:
    lines = []
    for value, text in scale.ticks:
        if axis.low <= value <= axis.high:
            along, up = axis.at(value), round(100 - axis.at(value), 2)
            lines += [
                f'<line class="grid" x1="{along}%" x2="{along}%" y1="0" y2="100%"/>',
                f'<line class="grid" x1="0" x2="100%" y1="{up}%" y2="{up}%"/>',
                f'<text class="along" x="{along}%" y="100%" dy="16">{text}</text>',
                f'<text class="up" x="0" y="{up}%" dx="-6" dy="4">{text}</text>',
            ]
    return "".join(lines)


def _framed(inner: str, about: str) -> str:
    drawn = f'<svg class="scatter" role="img" aria-label="{LABEL}">{inner}</svg>'
    return f"<figure>{drawn}<figcaption>{CAPTION}{about}</figcaption></figure>"
