"""The figures of what enrichments found: how comments feel, and how audio compares with what Beatport says."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from asyncscrape.jobs.music.report.findings import FeltMoment, MeasuredAudio, ReadComments
from asyncscrape.jobs.music.report.mood_moments import evidence, mood_moments
from asyncscrape.jobs.music.report.stored_music import StoredMusic, felt

MOST = 3
"""Moments of each feeling."""


def read_comments(music: StoredMusic) -> ReadComments | None:
    """The labels of stored comments, and the surest moments."""
    labels = _counts(felt(music)["label"])
    return ReadComments(labels, best_moments(music)) if labels else None


def best_moments(music: StoredMusic) -> tuple[FeltMoment, ...]:
    """The surest moments of stored tracks: those that are loved, then those that are hated."""
    names = music.artists.select("name", artist_id="id")
    tracks = music.tracks.select("title", "artist_id", track_id="id").join(names, on="artist_id", how="left")
    known = mood_moments(music).join(tracks, on="track_id")
    order = known.sort(evidence(), "track_id", "second", descending=[True, False, False])
    best = order.filter(pl.int_range(pl.len()).over("feeling") < MOST).sort(
        "feeling", descending=True, maintain_order=True
    )
    texts = [pl.col(name).fill_null("") for name in ("title", "name", "quote")]
    columns = best.select("feeling", *texts[:2], "second", "comments", "mood", texts[2])
    return tuple(FeltMoment(*row) for row in columns.iter_rows())


def measured_audio(features: pl.DataFrame) -> MeasuredAudio | None:
    """How many tracks are measured, and how far they agree with Beatport."""
    if features.is_empty():
        return None
    problems = features["problem"].count()
    tempos, keys = (_counts(features[name]) for name in ("bpm_agreement", "key_agreement"))
    return MeasuredAudio(features.height, problems, tempos, keys)


def _counts(values: pl.Series) -> Mapping[str, int]:
    return dict(values.drop_nulls().value_counts(sort=True).iter_rows())
