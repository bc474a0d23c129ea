"""What enrichments know of the tracks on the page `tracks.html`: how their comments feel, what their audio holds."""

from __future__ import annotations

from typing import Any

import polars as pl

from asyncscrape.jobs.music.report.energy_lines import energy_lines
from asyncscrape.jobs.music.report.measured_words import in_words
from asyncscrape.jobs.music.report.mood_moments import mood_moments
from asyncscrape.jobs.music.report.stored_music import StoredMusic

COUNTS = ("comments", "positive", "neutral", "negative", "noise", "unsure", "seconds")
"""What the page knows of the moods of a track, in this order."""
MOST_MOMENTS = 4
"""Moments of a track that are loved, and as many that are hated."""
LONGEST_QUOTE = 140
MOMENT = ("feeling", "second", "until", "comments", "mood", "quote")
ENRICHED_FACTS = ("moods", *(f"moment_{name}" for name in MOMENT), "measured", "energy")
"""The columns that only an opened track shows."""


def enriched(tracks: pl.DataFrame, music: StoredMusic) -> pl.DataFrame:
    """The tracks with columns for their moods and `ENRICHED_FACTS`; `read` is how many comments say how they feel."""
    read = pl.sum_horizontal("positive", "neutral", "negative")
    counts = pl.concat_list(pl.col(name).cast(pl.Int64) for name in COUNTS)
    moods = music.track_sentiment.select(
        "mood", "positive", "curve", "curve_weights", id="track_id", read=read, moods=counts
    )
    for more in (moods, _moments(music), _measured(music), energy_lines(music)):
        tracks = tracks.join(more, on="id", how="left", maintain_order="left")
    return tracks


def mood_columns(tracks: pl.DataFrame) -> dict[str, list[Any]]:
    """The columns of the table that are about moods; the share that is positive in per cent."""
    share = pl.when(pl.col("read") > 0).then(100 * pl.col("positive") / pl.col("read"))
    shown = tracks.select("read", mood=pl.col("mood").round(2), positive=share.round(0))
    return {name: shown[name].to_list() for name in shown.columns}


def _moments(music: StoredMusic) -> pl.DataFrame:
    """The best moments of each track, a list for each thing that is known of them."""
    few = mood_moments(music).filter(pl.int_range(pl.len()).over("track_id", "feeling") < MOST_MOMENTS)
    told = few.select(
        "feeling",
        *(pl.col(name).floor().cast(pl.Int64) for name in ("second", "until")),
        "comments",
        pl.col("mood").round(2),
        pl.col("quote").fill_null("").str.head(LONGEST_QUOTE),
        id="track_id",
    )
    lists = [pl.col(name).alias(f"moment_{name}") for name in MOMENT]
    return told.group_by("id", maintain_order=True).agg(lists)


def _measured(music: StoredMusic) -> pl.DataFrame:
    """What is measured in the audio of each track, as a list of names with words."""
    rows = [(row["track_id"], in_words(row)) for row in music.audio_features.iter_rows(named=True)]
    return pl.DataFrame(rows, {"id": pl.Int64(), "measured": pl.List(pl.List(pl.String()))}, orient="row")
