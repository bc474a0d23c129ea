"""From the facts of tracks to a question: what is to be predicted, from which columns, in which sets of them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from asyncscrape.jobs.music.enrichment.predictions.artist_groups import grouped
from asyncscrape.jobs.music.enrichment.predictions.model_columns import (
    BEFORE,
    BLOCKS,
    COMMENTS,
    ModelColumn,
    model_columns,
)
from asyncscrape.jobs.music.enrichment.predictions.track_facts import LARGEST

if TYPE_CHECKING:
    import polars as pl

    from asyncscrape.analysis.models.samples import Samples
    from asyncscrape.analysis.models.study import Question

BEFORE_COMMENTS, EVERYTHING = "before comments", "everything"
LEAST_OPINIONS = 5
"""The mood of fewer is chance."""


class PredictionTarget(StrEnum):
    """A number to predict."""

    POPULARITY = "popularity"
    """The logarithm of one more than the plays; what age explains of it is treated apart."""
    MOOD = "mood"
    """The mean opinion of the comments, from -1 to 1."""


class TargetStudy(NamedTuple):
    """What is to be learnt about one target."""

    target: PredictionTarget
    rows: pl.DataFrame
    """The facts of the tracks whose number is known, in the order of the samples."""
    samples: Samples
    question: Question | None
    problem: str | None
    """Why nothing can be learnt."""


def study_of(target: PredictionTarget, facts: pl.DataFrame) -> TargetStudy:
    """The question about a target, or the problem with it."""
    from asyncscrape.analysis.models.study import Question, too_few

    rows = _with_target(target, facts)
    samples = samples_of(target, rows)
    sets = sets_of(frozenset(column.block for column in samples.columns))
    problem = too_few(samples)
    if problem is None and BEFORE_COMMENTS not in sets:
        problem = "nothing that is known of the tracks differs between them"
    question = Question(samples, sets, BEFORE_COMMENTS) if problem is None else None
    return TargetStudy(target, rows, samples, question, problem)


def sets_of(known: frozenset[str]) -> Mapping[str, frozenset[str]]:
    """The sets of columns to compare, given the blocks that have any: each block alone, then several."""
    sets = {block: frozenset((block,)) for block in BLOCKS if block in known}
    before = known.intersection(BEFORE)
    if before:
        sets[BEFORE_COMMENTS] = before
    if before and COMMENTS in known:
        sets[EVERYTHING] = known
    return sets


def _with_target(target: PredictionTarget, facts: pl.DataFrame) -> pl.DataFrame:
    """The tracks whose number is known, with it."""
    import polars as pl

    if target is PredictionTarget.POPULARITY:
        return facts.drop_nulls(("plays", "age_days")).with_columns(target=pl.col("plays").log1p())
    opinions = pl.sum_horizontal("said_positive", "said_neutral", "said_negative")
    return facts.drop_nulls("mood").filter(opinions >= LEAST_OPINIONS).with_columns(target=pl.col("mood"))


def samples_of(target: PredictionTarget, rows: pl.DataFrame) -> Samples:
    """The samples of tracks whose number is known."""
    import polars as pl

    from asyncscrape.analysis.models.samples import KnownColumn, Samples

    offered = [one for one in model_columns(rows) if target is PredictionTarget.POPULARITY or not one.is_mood]
    values = values_of(offered, rows)
    told = values.select(pl.all().drop_nulls().n_unique() > 1)
    used = [one for one in offered if told[one.name].any()]
    days = pl.col("posted_at").dt.epoch("us") / 86_400e6
    together = grouped(rows)
    return Samples(
        target=rows["target"].to_numpy(),
        log_ages=rows["age_days"].log1p().to_numpy() if target is PredictionTarget.POPULARITY else None,
        times=rows.select(days).to_series().to_numpy(),
        groups=together.groups,
        ties=together.ties,
        columns=tuple(KnownColumn(one.name, one.block) for one in used),
        values=values.select(pl.col([one.name for one in used]).fill_null(float("nan"))).to_numpy(order="c"),
    )


def values_of(columns: list[ModelColumn], rows: pl.DataFrame) -> pl.DataFrame:
    """The value of each column for each track; null where it is not known, or is no number to calculate with."""
    import polars as pl

    told = {one.name: one.value.cast(pl.Float64) for one in columns}
    return rows.select(**{name: pl.when(value.abs() <= LARGEST).then(value) for name, value in told.items()})
