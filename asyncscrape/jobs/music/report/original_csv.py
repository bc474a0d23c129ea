"""The original project's three CSV files, with its columns in its order.

They are plain CSV: UTF-8 without a byte order mark, commas, lines that end with "\\n", quotes only where a text needs
them, an empty field for what is unknown. Texts are as they were written, with their line breaks, and with a leading
"=" if they have one: a spreadsheet may take such a text for a formula, and has the store `csv-excel` instead.
Times are ISO 8601 in UTC; lists are joined by ", "; lengths and places in a track are seconds.

What the original read from Beatport comes from Beatport here too: tempo, key, genre, the waveform and what follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

import polars as pl

from asyncscrape.jobs.music.report.stored_music import StoredMusic

IMAGES = ("profile_image_url", "profile_image_path", "background_image_url", "background_image_path")
MOMENT_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def original_files(music: StoredMusic) -> Iterator[tuple[str, Callable[[BinaryIO], None]]]:
    """The files by name, each with the function that writes it."""
    yield "Artists.csv", lambda file: _write(artists(music), file)
    yield "Tracks-and-Beats.csv", lambda file: _write(tracks(music), file)
    yield "Comments.csv", lambda file: _write(comments(music), file)


def artists(music: StoredMusic) -> pl.DataFrame:
    """The rows of `Artists.csv`."""
    return (
        music.artists.sort("id")
        .select("bio", "location", "followers", *IMAGES, artist_id="id", artist_name="name")
        .select("artist_id", "artist_name", "bio", "location", "followers", *IMAGES)
    )


def tracks(music: StoredMusic) -> pl.DataFrame:
    """The rows of `Tracks-and-Beats.csv`."""
    names = music.artists.select(artist_id="id", artist_name="name")
    return (
        music.tracks.join(names, on="artist_id", how="left")
        .sort("artist_id", "id", nulls_last=True)
        .select(
            pl.col("id").alias("track_id"),
            pl.col("artist_id"),
            pl.col("title").alias("track_name"),
            pl.col("url").alias("track_url"),
            pl.col("artist_name"),
            pl.col("description").alias("track_description"),
            pl.col("likes"),
            pl.col("comment_count").alias("comments"),
            pl.col("reposts").alias("shares"),
            pl.col("plays"),
            pl.col("image_url").alias("track_image_url"),
            pl.col("image_path").alias("track_image_path"),
            pl.col("posted_at").alias("track_date_time"),
            _joined("tags", "tags"),
            pl.col("bpm"),
            pl.col("key"),
            pl.col("beatport_genre").alias("genre"),
            pl.col("beatport_waveform_url").alias("waveform_url"),
            pl.col("beatport_waveform_path").alias("waveform_path"),
            (pl.col("duration_ms") / 1000).alias("length"),
            pl.col("is_track"),
            pl.col("mix"),
            _joined("featured", "feat"),
            _joined("remixers", "remixer"),
            _joined("producers", "original_producer"),
            pl.col("release_date").alias("track_date"),
            pl.col("beatport_url"),
            pl.col("beatport_title").alias("beatport_track_name"),
            pl.col("beatport_label").alias("label"),
            pl.col("release").alias("beatport_release"),
        )
    )


def comments(music: StoredMusic) -> pl.DataFrame:
    """The rows of `Comments.csv`."""
    titles = music.tracks.select(track_id="id", track_name="title", track_url="url")
    return (
        music.comments.join(titles, on="track_id", how="left")
        .sort("track_id", "track_seconds", "id", nulls_last=True)
        .select(
            pl.col("track_id"),
            pl.col("artist_id"),
            pl.col("id").alias("comment_id"),
            pl.col("body").alias("comment"),
            pl.col("created_at").alias("comment_date_time"),
            pl.col("track_seconds").alias("track_time"),
            pl.col("track_name"),
            pl.col("track_url"),
        )
    )


def _joined(name: str, original: str) -> pl.Expr:
    """A list as one text; nothing for an empty one."""
    column = pl.col(name)
    return pl.when(column.list.len() > 0).then(column.list.join(", ")).alias(original)


def _write(rows: pl.DataFrame, file: BinaryIO) -> None:
    rows.write_csv(file, datetime_format=MOMENT_FORMAT, float_scientific=False)
