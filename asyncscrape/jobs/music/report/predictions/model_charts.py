"""Charts of the page `model.html`, as SVG with places in per cent: it fits any width, and letters keep their size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from asyncscrape.jobs.music.report.predictions.prediction_findings import StoredFigure
from asyncscrape.jobs.music.report.predictions.prediction_words import percentage

THICK, THIN, GAP = 11, 6, 3
"""The heights of the first bar of a row and of the others, and the gap between two."""
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5)
MOST_STEPS = 5
LOWEST, HIGHEST = -0.2, 1.0
"""What lies beyond is cut off; the number beside the bar tells it."""


class Axis(NamedTuple):
    """The values at both ends of a drawing."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """The place of a value in per cent, within the drawing."""
        return max(0.0, min(100.0, self.beyond(value)))

    def beyond(self, value: float) -> float:
        """The place of a value in per cent, which may lie outside of the drawing."""
        return round(100 * (value - self.low) / (self.high - self.low), 2)


class DrawnShare(NamedTuple):
    """A bar from zero, and what it stands for: its class in the style sheet."""

    kind: str
    figure: StoredFigure


def axis_of(figures: Iterable[StoredFigure]) -> Axis:
    """An axis with room for zero, and for these figures and their intervals."""
    ends = [end for one in figures for end in (one.value, one.low, one.high) if end is not None]
    low, high = (max(LOWEST, min(HIGHEST, end)) for end in (min((0.0, *ends)), max((0.05, *ends))))
    room = 0.04 * (high - low)
    return Axis(low - room, high + room)


def bars(axis: Axis, drawn: Sequence[DrawnShare]) -> str:
    """The bars of a row, one below the other, each with a line from end to end of its interval."""
    heights = [THIN if number else THICK for number, _ in enumerate(drawn)]
    tops = [sum(heights[:number]) + GAP * (number + 1) for number in range(len(drawn))]
    whole = sum(heights) + GAP * (len(drawn) + 1)
    zero = axis.at(0)
    parts = [_bar(axis, bar, top, height) for bar, top, height in zip(drawn, tops, heights, strict=True)]
    line = f'<line class="zero" x1="{zero}%" x2="{zero}%" y1="0" y2="{whole}"/>'
    return f'<svg class="bars" height="{whole}" aria-hidden="true">{"".join(parts)}{line}</svg>'


def _bar(axis: Axis, bar: DrawnShare, top: int, height: int) -> str:
    zero, end = axis.at(0), axis.at(bar.figure.value)
    left, wide = min(zero, end), round(abs(end - zero), 2)
    drawn = f'<rect class="{bar.kind}" x="{left}%" y="{top}" width="{wide}%" height="{height}"/>'
    if bar.figure.low is None or bar.figure.high is None:
        return drawn
    middle = top + height / 2
    ends = (axis.at(bar.figure.low), axis.at(bar.figure.high))
    return drawn + f'<line class="range" x1="{ends[0]}%" x2="{ends[1]}%" y1="{middle:g}" y2="{middle:g}"/>'


def ticks(axis: Axis) -> str:
    """The shares along an axis."""
    wide = axis.high - axis.low
    step = next((step for step in STEPS if wide / step <= MOST_STEPS), STEPS[-1])
    values = [step * number for number in range(-100, 101) if axis.low <= step * number <= axis.high]
    texts = (f'<text x="{axis.at(value)}%" y="12">{percentage(value)}</text>' for value in values)
    return f'<svg class="ticks" aria-hidden="true">{"".join(texts)}</svg>'
