"""How sure one prediction is, in words: between which plays a track lies, and how often that holds."""

from __future__ import annotations

import math
from collections.abc import Iterator

import polars as pl

from asyncscrape.analysis.models.figure_names import COVERAGE, HALF_WIDTH, MEDIAN_ERROR
from asyncscrape.jobs.music.enrichment.predictions.model_samples import PredictionTarget
from asyncscrape.jobs.music.report.predictions.prediction_findings import StoredFigure, TargetFigures
from asyncscrape.jobs.music.report.predictions.prediction_words import around, percentage, power, rounded, to_digits

COVERED = (0.87, 0.93)
"""The share of unseen tracks that may lie within intervals made for 90 %."""
PLAIN = 10_000.0
"""Plays of an example, if no track was predicted."""


def sureness(found: TargetFigures, predictions: pl.DataFrame) -> Iterator[str]:
    """Sentences; with a mark where intervals do not hold what they should."""
    coverage, half, usual = map(found.of, (COVERAGE, HALF_WIDTH, MEDIAN_ERROR))
    if half:
        yield _width(found.target, half.value, predictions)
    if usual:
        yield _usual(found.target, usual.value)
    if coverage:
        yield _covered(coverage)


def _width(target: str, half: float, predictions: pl.DataFrame) -> str:
    if target != PredictionTarget.POPULARITY:
        return f"The mood of nine tracks in ten should be at most {half:.2f} above or below what is expected."
    plays = to_digits(_usual_plays(predictions), 1)
    low, high = around(plays, half)
    return (
        f"A track expected at {plays:,.0f} plays should have between <b>{rounded(low)}</b> and "
        f"<b>{rounded(high)}</b> in nine of ten cases."
    )


def _usual_plays(predictions: pl.DataFrame) -> float:
    known = predictions["plays_expected"].drop_nulls()
    middle = known.filter(known >= 1).median()
    return float(middle) if isinstance(middle, float) else PLAIN


def _usual(target: str, error: float) -> str:
    if target != PredictionTarget.POPULARITY:
        return f"Half of all predictions are off by less than {error:.2f}, on a scale from −1 to +1."
    return f"Half of all predictions are off by less than a factor of {min(power(math.e, error), 1e9):,.2g}."


def _covered(coverage: StoredFigure) -> str:
    held = f"Of tracks that the model had not seen, {percentage(coverage.value)} lay within their interval"
    least, most = COVERED
    if coverage.value < least:
        return f'<span class="flag">{held}, of 90 % that should: intervals are too narrow here.</span>'
    if coverage.value > most:
        return f'<span class="flag">{held}, where 90 % should: intervals are wider here than they need be.</span>'
    return f"{held}; 90 % should."
