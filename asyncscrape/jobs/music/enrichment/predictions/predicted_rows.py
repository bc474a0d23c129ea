"""From what studies conclude to the rows of both tables, in the units that people know: plays, and moods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from asyncscrape.jobs.music.enrichment.derived_lines import URL
from asyncscrape.jobs.music.enrichment.predictions.model_samples import PredictionTarget, TargetStudy

if TYPE_CHECKING:
    import polars as pl

    from asyncscrape.analysis.models.study import Conclusion

DIGITS = 6
"""Significant ones: more than any of these numbers deserves."""
PROBLEM = "problem"
"""The measure of the one row of a target about which nothing can be learnt."""

Conclusions = Mapping[PredictionTarget, "Conclusion"]
"""What was found out about each target that has no problem."""


class PredictionRow(msgspec.Struct, frozen=True, gc=False):
    """A row of the table `track_predictions`."""

    track_id: int
    artist_id: int
    plays: int | None
    plays_expected: float | None
    plays_low: float | None
    plays_high: float | None
    plays_ratio: float | None
    """The plays as a multiple of those expected."""
    mood: float | None
    mood_expected: float | None
    mood_low: float | None
    mood_high: float | None
    made_of: str


class FigureRow(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A row of the table `prediction_figures`."""

    target: str
    measure: str
    blocks: str = ""
    """The set of columns."""
    name: str = ""
    """A model, or a column."""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    tracks: int
    groups: int
    note: str | None = None
    made_of: str


def predicted_tracks(studies: Sequence[TargetStudy]) -> pl.DataFrame:
    """The tracks that will have a row: all about which something can be learnt."""
    import polars as pl

    some = [study.rows if study.question else study.rows.clear() for study in studies]
    tracks = pl.concat(rows.select(pl.col("id").alias("track_id"), "artist_id", URL) for rows in some)
    return tracks.unique("track_id").sort("track_id")


def prediction_rows(studies: Sequence[TargetStudy], conclusions: Conclusions) -> pl.DataFrame:
    """The rows of `track_predictions`, but for what they are made of."""
    import polars as pl

    rows = predicted_tracks(studies)
    for study in studies:
        told = _of_target(study, conclusions.get(study.target))
        rows = rows.join(told, on="track_id", how="left", maintain_order="left")
    ratio = pl.when(pl.col("plays_expected") > 0).then(pl.col("plays") / pl.col("plays_expected"))
    floats = pl.col(pl.Float64)
    shown = pl.when(floats.is_finite()).then(floats.round_sig_figs(DIGITS))
    return rows.with_columns(plays_ratio=ratio).with_columns(shown)


def _of_target(study: TargetStudy, conclusion: Conclusion | None) -> pl.DataFrame:
    """The tracks of a study with their number, as it is and as it is expected; without rows if nothing was learnt."""
    import polars as pl

    is_plays = study.target is PredictionTarget.POPULARITY
    number = "plays" if is_plays else "mood"
    tracks = study.rows.select("id", number)
    if conclusion is None:
        tracks = tracks.clear()
    bounds = ("expected", "low", "high")
    values = [() if conclusion is None else getattr(conclusion, bound) for bound in bounds]
    told = tracks.select(pl.col("id").alias("track_id"), number).with_columns(
        pl.Series(f"{number}_{bound}", one, pl.Float64) for bound, one in zip(bounds, values, strict=True)
    )
    some = pl.col(*(f"{number}_{bound}" for bound in bounds))
    some = some.clip(0).exp() - 1 if is_plays else some.clip(-1, 1)
    return told.with_columns(some)


def figure_rows(studies: Sequence[TargetStudy], conclusions: Conclusions, made_of: str) -> Iterator[FigureRow]:
    """The rows of `prediction_figures`."""
    for study in studies:
        target = study.target.value
        if study.target not in conclusions:
            tracks, groups = study.rows.height, len({*study.samples.groups.tolist()})
            yield FigureRow(
                target=target,
                measure=PROBLEM,
                tracks=tracks,
                groups=groups,
                note=study.problem,
                made_of=made_of,
            )
            continue
        for figure in conclusions[study.target].figures:
            yield FigureRow(target=target, made_of=made_of, **figure._asdict())
