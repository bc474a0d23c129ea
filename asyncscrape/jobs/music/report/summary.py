"""The figures of the report: how much there is, how full columns are, what Beatport knew, what is discussed."""

from __future__ import annotations

import polars as pl

from asyncscrape.jobs.music.report.enrichment_summary import measured_audio, read_comments
from asyncscrape.jobs.music.report.findings import LookUp, NotFound, SearchedNames, Summary
from asyncscrape.jobs.music.report.moments import moments
from asyncscrape.jobs.music.report.predictions.prediction_findings import predictions
from asyncscrape.jobs.music.report.stored_music import StoredMusic, timed
from asyncscrape.parsers.soundcloud.choosing import NOBODY_SAID

TOLD = ("artists", "tracks", "comments")
"""The tables whose columns are told."""


def summary(music: StoredMusic) -> Summary:
    """The figures about all tables."""
    found = dict(music.tracks.select(fate()).to_series().value_counts().iter_rows())
    return Summary(
        artists=music.artists.height,
        tracks=music.tracks.height,
        comments=music.comments.height,
        timed_comments=timed(music).height,
        observations=music.popularity.height,
        names=searched_names(music.choices),
        fates={end: found.get(end, 0) for end in LookUp},
        coverage={name: coverage(getattr(music, name)) for name in TOLD},
        moments=moments(music),
        read=read_comments(music),
        audio=measured_audio(music.audio_features),
        predictions=predictions(music.prediction_figures),
    )


def searched_names(choices: pl.DataFrame) -> SearchedNames:
    """What came of the names, those that are missing in the order of the alphabet."""
    outcome = pl.col("chosen").fill_null(False).any().alias("found"), pl.col("why").sort_by("rank").first()
    by_name = choices.drop_nulls("artist_name").group_by("artist_name").agg(*outcome).sort("artist_name")
    found, nobody = pl.col("found"), (pl.col("why") == NOBODY_SAID).fill_null(False)
    missing = by_name.filter(~found, ~nobody).select("artist_name", pl.col("why").fill_null(""))
    return SearchedNames(
        found=by_name.filter(found).height,
        nobody=by_name.filter(~found, nobody).height,
        missing=tuple(NotFound(name, why) for name, why in missing.iter_rows()),
    )


def fate() -> pl.Expr:
    """What came of a track's look-up at Beatport."""
    return (
        pl.when(pl.col("beatport_id").is_not_null())
        .then(pl.lit(LookUp.MATCHED.value))
        .when(pl.col("is_track").not_())
        .then(pl.lit(LookUp.SET.value))
        .when(pl.col("match_why").is_not_null())
        .then(pl.lit(LookUp.NO_MATCH.value))
        .otherwise(pl.lit(LookUp.NOT_ASKED.value))
        .alias("fate")
    )


def coverage(table: pl.DataFrame) -> dict[str, float]:
    """The share of rows with a value, by column; nothing for an empty table."""
    if table.is_empty():
        return {}
    shares = (_filled(name, kind).mean().alias(name) for name, kind in table.schema.items())
    return table.select(shares).row(0, named=True)


def _filled(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    match kind:
        case pl.String():
            return (column != "").fill_null(False)
        case pl.List():
            return (column.list.len() > 0).fill_null(False)
        case _:
            return column.is_not_null()
