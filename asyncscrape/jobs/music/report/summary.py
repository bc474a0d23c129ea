"""The figures of the report: how much there is, how full columns are, what Beatport knew, what is discussed."""

from __future__ import annotations

import polars as pl

from asyncscrape.jobs.music.report.findings import LookUp, Summary
from asyncscrape.jobs.music.report.moments import moments
from asyncscrape.jobs.music.report.stored_music import StoredMusic, timed

TOLD = ("artists", "tracks", "comments")
"""The tables whose columns are told."""


def summary(music: StoredMusic) -> Summary:
    """The figures about all tables."""
    found = dict(music.tracks.select(fate()).to_series().value_counts().iter_rows())
    chosen = music.choices.filter(pl.col("chosen"))
    return Summary(
        artists=music.artists.height,
        tracks=music.tracks.height,
        comments=music.comments.height,
        timed_comments=timed(music).height,
        observations=music.popularity.height,
        names=music.choices["artist_name"].n_unique(),
        names_found=chosen["artist_name"].n_unique(),
        fates={end: found.get(end, 0) for end in LookUp},
        coverage={name: coverage(getattr(music, name)) for name in TOLD},
        moments=moments(music),
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
