"""How well plays and moods can be told, out of the table `prediction_figures`; and when not to believe it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from asyncscrape.analysis.models.figure_names import LINEAR, R2, R2_SHUFFLED, RIDGE, TREES
from asyncscrape.jobs.music.enrichment.predictions.model_columns import BEFORE, BLOCKS
from asyncscrape.jobs.music.enrichment.predictions.model_samples import BEFORE_COMMENTS, EVERYTHING, PredictionTarget
from asyncscrape.jobs.music.enrichment.predictions.predicted_rows import PROBLEM
from asyncscrape.jobs.music.report.findings import Prediction
from asyncscrape.jobs.music.report.predictions.prediction_words import percentage, ranged

SETS = (*BLOCKS, BEFORE_COMMENTS, EVERYTHING)
"""The sets of columns, in the order of the page."""
MODELS = (LINEAR, RIDGE, TREES)
MOST_SHUFFLED = 0.02
"""A share that may be told of shuffled numbers by chance."""
WEAK = "not clearly better than one number for all tracks"
OFF = "the control with shuffled numbers, of which nothing can be told, is above 0"


class StoredFigure(NamedTuple):
    """A figure with its interval, and what it was measured on."""

    value: float
    low: float | None
    high: float | None
    tracks: int
    groups: int

    @property
    def above_zero(self) -> bool:
        """Whether chance alone hardly makes it."""
        return self.low is not None and self.low > 0

    @property
    def too_good(self) -> bool:
        """Whether a figure that should be 0 or less tells something; with few tracks, chance makes it less."""
        return self.value > MOST_SHUFFLED and (self.low is None or self.low > 0)


@dataclass(frozen=True)
class TargetFigures:
    """All figures about one number to tell."""

    target: str
    figures: Mapping[tuple[str, str, str], StoredFigure]
    """By measure, set and name."""
    problem: str | None
    """Why nothing could be learnt."""

    def of(self, measure: str, blocks: str = BEFORE_COMMENTS, name: str = TREES) -> StoredFigure | None:
        """A figure about the set and model that are kept, or others."""
        return self.figures.get((measure, blocks, name))

    def named(self, measure: str) -> Mapping[str, StoredFigure]:
        """The figures with this measure by name, the largest first."""
        found = {name: one for (kind, _, name), one in self.figures.items() if kind == measure}
        return dict(sorted(found.items(), key=lambda item: (-item[1].value, item[0])))

    @property
    def sets(self) -> tuple[str, ...]:
        """The sets of columns that have data."""
        return tuple(one for one in SETS if any(self.of(R2, one, model) for model in MODELS))

    @property
    def parts(self) -> tuple[str, ...]:
        """What the predictions are made from."""
        return tuple(one for one in BEFORE if one in self.sets)


def told_targets(figures: pl.DataFrame) -> tuple[TargetFigures, ...]:
    """The targets that were tried."""
    found = (_target(target, figures.filter(pl.col("target") == target)) for target in PredictionTarget)
    return tuple(one for one in found if one.figures or one.problem is not None)


def _target(target: str, rows: pl.DataFrame) -> TargetFigures:
    problems = rows.filter(pl.col("measure") == PROBLEM)["note"].fill_null("the reason is not stored").to_list()
    columns = [pl.col(name).fill_null("") for name in ("measure", "blocks", "name")]
    counts = [pl.col(name).fill_null(0) for name in ("tracks", "groups")]
    known = rows.filter(pl.col("measure") != PROBLEM).drop_nulls("value")
    table = known.select(*columns, "value", "low", "high", *counts)
    figures = {(measure, blocks, name): StoredFigure(*rest) for measure, blocks, name, *rest in table.iter_rows()}
    return TargetFigures(target, figures, problems[0] if problems else None)


def doubt(found: TargetFigures) -> str | None:
    """Why the figures are not to be believed, as the end of a sentence; None if nothing speaks against them."""
    return next(_doubts(found), None)


def _doubts(found: TargetFigures) -> Iterator[str]:
    r2, shuffled = found.of(R2), found.of(R2_SHUFFLED)
    if found.problem is not None:
        yield f"it could not be learnt: {found.problem}"
    elif r2 is None:
        yield "there is no figure for what is known before the comments"
    elif shuffled is None:
        yield "there is no control with shuffled numbers"
    elif shuffled.too_good:
        yield f"{OFF}: {percentage(shuffled.value)} {ranged(shuffled.low, shuffled.high)}".rstrip()
    elif not r2.above_zero:
        yield f"{WEAK}: {percentage(r2.value)} {ranged(r2.low, r2.high)}".rstrip()


def predictions(figures: pl.DataFrame) -> tuple[Prediction, ...]:
    """What the terminal tells of each target."""
    return tuple(map(_prediction, told_targets(figures)))


def _prediction(found: TargetFigures) -> Prediction:
    r2, shuffled = found.of(R2), found.of(R2_SHUFFLED)
    return Prediction(
        target=found.target,
        parts=found.parts,
        told=r2.value if r2 else None,
        low=r2.low if r2 else None,
        high=r2.high if r2 else None,
        shuffled=shuffled.value if shuffled else None,
        doubt=doubt(found),
    )
