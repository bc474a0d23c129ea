"""The stored tables of the music job, as the report reads them: with the columns it needs, in the types it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from asyncscrape.analysis.finished_tables import in_types
from asyncscrape.jobs.music.track_times import believable, second_within, sound_seconds

TEXT, NUMBER, SHARE, YES_NO = pl.String(), pl.Int64(), pl.Float64(), pl.Boolean()
MOMENT, DAY, TEXTS = pl.Datetime("us", "UTC"), pl.Date(), pl.List(pl.String())

ARTISTS = {
    "id": NUMBER,
    **dict.fromkeys(("permalink", "name", "bio", "location"), TEXT),
    **dict.fromkeys(("followers", "followings", "track_count"), NUMBER),
    "verified": YES_NO,
    "created_at": MOMENT,
    **dict.fromkeys(
        ("profile_image_url", "profile_image_path", "background_image_url", "background_image_path"), TEXT
    ),
}
CHOICES = {"artist_name": TEXT, "rank": NUMBER, "chosen": YES_NO, "why": TEXT}
TRACKS = {
    "id": NUMBER,
    "artist_id": NUMBER,
    **dict.fromkeys(("permalink", "url", "title", "description"), TEXT),
    **dict.fromkeys(("likes", "reposts", "plays", "comment_count", "duration_ms"), NUMBER),
    "posted_at": MOMENT,
    "genre": TEXT,
    "tags": TEXTS,
    **dict.fromkeys(("label", "license", "policy", "isrc"), TEXT),
    **dict.fromkeys(("image_url", "image_path", "waveform_url", "waveform_path"), TEXT),
    "is_track": YES_NO,
    "beatport_id": NUMBER,
    **dict.fromkeys(("beatport_url", "beatport_title", "mix"), TEXT),
    "bpm": SHARE,
    **dict.fromkeys(("key", "camelot", "beatport_genre", "sub_genre"), TEXT),
    "release_date": DAY,
    **dict.fromkeys(("release", "beatport_label"), TEXT),
    **dict.fromkeys(("producers", "remixers", "featured"), TEXTS),
    **dict.fromkeys(("catalog_number", "beatport_waveform_url", "beatport_waveform_path"), TEXT),
    **dict.fromkeys(("preview_url", "preview_path"), TEXT),
    "match_score": SHARE,
    "match_why": TEXT,
}
COMMENTS = {
    **dict.fromkeys(("id", "track_id", "artist_id", "user_id"), NUMBER),
    **dict.fromkeys(("user_permalink", "body"), TEXT),
    "created_at": MOMENT,
    "track_seconds": SHARE,
}
POPULARITY = {"track_id": NUMBER, "day": DAY}
COMMENT_SENTIMENT = {"comment_id": NUMBER, "label": TEXT, "probability": SHARE, "sure": YES_NO}
TRACK_SENTIMENT = {
    **dict.fromkeys(("track_id", "comments", "positive", "neutral", "negative", "noise", "unsure"), NUMBER),
    **dict.fromkeys(("mood", "seconds"), SHARE),
    **dict.fromkeys(("curve", "curve_weights", "loved", "hated"), TEXT),
}
"""The last four are JSON, which `moods` reads."""
AUDIO_FEATURES = {
    "track_id": NUMBER,
    **dict.fromkeys(("path", "problem"), TEXT),
    **dict.fromkeys(("analysed_seconds", "tempo", "tempo_2", "tempo_3"), SHARE),
    "bpm_agreement": TEXT,
    **dict.fromkeys(("key", "camelot", "key_agreement"), TEXT),
    **dict.fromkeys(("loudness_lufs", "loudness_range_lu"), SHARE),
    "energy": TEXT,
}
"""The last is JSON, which `energy_lines` reads."""
TRACK_PREDICTIONS = {
    **dict.fromkeys(("track_id", "plays"), NUMBER),
    **dict.fromkeys(("plays_expected", "plays_low", "plays_high", "plays_ratio"), SHARE),
    **dict.fromkeys(("mood", "mood_expected", "mood_low", "mood_high"), SHARE),
}
PREDICTION_FIGURES = {
    **dict.fromkeys(("target", "measure", "blocks", "name"), TEXT),
    **dict.fromkeys(("value", "low", "high"), SHARE),
    **dict.fromkeys(("tracks", "groups"), NUMBER),
    "note": TEXT,
}


UNSURE = "unsure"


@dataclass(frozen=True)
class StoredMusic:
    """The tables, one row for each key; those of enrichments are empty until there are any."""

    artists: pl.DataFrame
    choices: pl.DataFrame
    tracks: pl.DataFrame
    comments: pl.DataFrame
    popularity: pl.DataFrame
    comment_sentiment: pl.DataFrame
    track_sentiment: pl.DataFrame
    audio_features: pl.DataFrame
    track_predictions: pl.DataFrame
    prediction_figures: pl.DataFrame


def stored_music(read: Callable[[str], pl.DataFrame], has: Callable[[str], bool]) -> StoredMusic:
    """The tables, each read by its name; those of enrichments if it has them."""

    def typed(name: str, columns: Mapping[str, pl.DataType]) -> pl.DataFrame:
        return in_types(read(name), columns)

    def added(name: str, columns: Mapping[str, pl.DataType]) -> pl.DataFrame:
        table = typed(name, columns) if has(name) else pl.DataFrame(schema=columns)
        return table.with_columns(pl.when(pl.col(SHARE).is_finite()).then(pl.col(SHARE)))

    return StoredMusic(
        artists=typed("artists", ARTISTS).drop_nulls("id"),
        choices=typed("artist_choices", CHOICES),
        tracks=typed("tracks", TRACKS).drop_nulls("id"),
        comments=typed("comments", COMMENTS).drop_nulls("track_id"),
        popularity=typed("popularity", POPULARITY),
        comment_sentiment=added("comment_sentiment", COMMENT_SENTIMENT).drop_nulls("comment_id"),
        track_sentiment=_feelings(added("track_sentiment", TRACK_SENTIMENT)),
        audio_features=added("audio_features", AUDIO_FEATURES).drop_nulls("track_id"),
        track_predictions=added("track_predictions", TRACK_PREDICTIONS).drop_nulls("track_id"),
        prediction_figures=added("prediction_figures", PREDICTION_FIGURES),
    )


def _feelings(tracks: pl.DataFrame) -> pl.DataFrame:
    return tracks.drop_nulls("track_id").with_columns(believable(pl.col("seconds")))


def placed(music: StoredMusic) -> pl.DataFrame:
    """The comments of stored tracks, with their whole `second` in the track; null if they stand at no time in it."""
    lengths = music.tracks.select(track_id="id", length=sound_seconds())
    second = second_within(pl.col("length"))
    return (
        music.comments.join(lengths, on="track_id", maintain_order="left")
        .with_columns(second=second.floor().cast(pl.Int64))
        .drop("length")
    )


def timed(music: StoredMusic) -> pl.DataFrame:
    """The comments that stand at a time in their track."""
    return placed(music).drop_nulls("second")


def felt(music: StoredMusic) -> pl.DataFrame:
    """The `placed` comments with what a small model reads in them.

    That is a `label`, "unsure" if the model is not sure, and its `probability`; both null if nobody asked the model.
    """
    label = pl.when(pl.col("sure") | pl.col("label").is_null()).then("label").otherwise(pl.lit(UNSURE))
    read = music.comment_sentiment.select("probability", id="comment_id", label=label)
    return placed(music).join(read, on="id", how="left", maintain_order="left")
