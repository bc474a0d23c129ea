"""The stored tables of the music job, as the report reads them: with the columns it needs, in the types it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from asyncscrape.analysis.finished_tables import in_types

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
LONGEST_SOUND = 86_400
"""Seconds: nobody can upload more than a day. A longer length is a mistake, or malice that would size pictures."""
SLACK = 5
"""Seconds that a comment may lie behind the end of its track: lengths are rounded, and players are late."""


@dataclass(frozen=True)
class StoredMusic:
    """The tables, one row for each key."""

    artists: pl.DataFrame
    choices: pl.DataFrame
    tracks: pl.DataFrame
    comments: pl.DataFrame
    popularity: pl.DataFrame


def stored_music(read: Callable[[str], pl.DataFrame]) -> StoredMusic:
    """The tables, each read by its name."""

    def typed(name: str, columns: Mapping[str, pl.DataType]) -> pl.DataFrame:
        return in_types(read(name), columns)

    return StoredMusic(
        artists=typed("artists", ARTISTS).drop_nulls("id"),
        choices=typed("artist_choices", CHOICES),
        tracks=typed("tracks", TRACKS).drop_nulls("id"),
        comments=typed("comments", COMMENTS).drop_nulls("track_id"),
        popularity=typed("popularity", POPULARITY),
    )


def sound_seconds() -> pl.Expr:
    """The length of a track; null if it is not known, or none that a track can have."""
    seconds = pl.col("duration_ms") / 1000
    return pl.when(seconds > 0, seconds <= LONGEST_SOUND).then(seconds)


def placed(music: StoredMusic) -> pl.DataFrame:
    """The comments of stored tracks, with their whole `second` in the track; null if they stand at no time in it."""
    ends = music.tracks.select(track_id="id", end=(sound_seconds() + SLACK).fill_null(LONGEST_SOUND))
    at = pl.col("track_seconds")
    inside = pl.when(at >= 0, at <= pl.col("end")).then(at)
    return (
        music.comments.join(ends, on="track_id", maintain_order="left")
        .with_columns(second=inside.floor().cast(pl.Int64))
        .drop("end")
    )


def timed(music: StoredMusic) -> pl.DataFrame:
    """The comments that stand at a time in their track."""
    return placed(music).drop_nulls("second")
