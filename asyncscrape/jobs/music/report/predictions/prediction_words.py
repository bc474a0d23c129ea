"""Figures about predictions in the words of people who are no statisticians."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from asyncscrape.jobs.music.enrichment.predictions.model_samples import PredictionTarget

MOST_PLAYS = 1e15
"""More than anybody has."""


class NumberInWords(NamedTuple):
    """What is predicted, in words."""

    title: str
    question: str
    """What is asked, as the end of a question."""
    spread: str
    """What differs from track to track."""
    help: str
    """What might make it possible to learn, if it is not."""


TARGETS_IN_WORDS: Mapping[str, NumberInWords] = {
    PredictionTarget.POPULARITY: NumberInWords(
        "Popularity",
        "how often the track is played, for its age",
        "plays, for tracks of one age,",
        "More artists help most: add names to the list of the job, run it again, then enrich it again. It needs "
        "tracks with plays, posted before they were crawled.",
    ),
    PredictionTarget.MOOD: NumberInWords(
        "Mood",
        "how the comments on the track feel, from −1 (all blame) to +1 (all praise)",
        "moods",
        "Comments must be read first: `asyncscrape enrich` with the config and the word `comments`. A track counts "
        "if enough of its comments have an opinion, so more artists, and more comments of each track, help.",
    ),
}


def percentage(share: float) -> str:
    """A share as whole per cent: "31 %", "−4 %"; 0 % is what rounds to it."""
    return f"{_whole(share)} %"


def ranged(low: float | None, high: float | None) -> str:
    """An interval of shares in brackets: "(27 to 35 %)"; empty if it is not known."""
    return "" if low is None or high is None else f"({_whole(low)} to {_whole(high)} %)"


def _whole(share: float) -> str:
    return f"{round(100 * max(-99.0, min(99.0, share))):,}".replace("-", "−")


def points(share: float) -> str:
    """A share as points of 100: "21 points"."""
    return f"{_whole(share)} {'point' if round(100 * share) == 1 else 'points'}"


def points_between(low: float | None, high: float | None) -> str:
    """An interval of them: "(17 to 25)"; empty if it is not known."""
    return ranged(low, high).replace(" %", "")


def listed(words: Sequence[str]) -> str:
    """ "release, artist and audio"."""
    *first, last = words or ("nothing",)
    return f"{', '.join(first)} and {last}" if first else last


def rounded(number: float, digits: int = 2) -> str:
    """A count to so many digits, because the others mean nothing: 51,873 → "52,000"."""
    return f"{to_digits(number, digits):,.0f}"


def to_digits(number: float, digits: int) -> float:
    """The whole number with so many digits, and zeros after them."""
    within = max(0.0, min(MOST_PLAYS, number))
    scale = 10 ** max(math.floor(math.log10(within)) + 1 - digits, 0) if within >= 1 else 1
    return float(round(within / scale) * scale)


def times(factor: float) -> str:
    """How many times as many: "51", "3.4", "1/5"."""
    if 0 < factor < 1 / 2:
        return f"1/{min(1 / factor, MOST_PLAYS):,.0f}"
    return f"{factor:.1f}" if factor < 10 else f"{min(factor, MOST_PLAYS):,.0f}"


def around(plays: float, half_width: float) -> tuple[float, float]:
    """The bounds of an interval around plays whose half width is one of their logarithm."""
    middle, half = math.log1p(plays), max(0.0, min(half_width, 50.0))
    return math.expm1(max(0.0, middle - half)), math.expm1(middle + half)


def power(base: float, exponent: float) -> float:
    """The base to this power, which stays a number that can be written."""
    return float(base ** max(-50.0, min(50.0, exponent)))
