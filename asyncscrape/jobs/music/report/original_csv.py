"""The original project's three CSV files, with its columns in its order.

They are plain CSV: UTF-8 without a byte order mark, commas, lines that end with "\\n", quotes only where a text needs
them, an empty field for what is unknown. Texts are as they were written, with their line breaks, and with a leading
"=" if they have one: a spreadsheet may take such a text for a formula, and has the store `csv-excel` instead.
Times are ISO 8601 in UTC; lists are joined by ", "; lengths and places in a track are seconds.

What the original read from Beatport comes from Beatport here too: tempo, key, genre, the waveform and what follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

import polars as pl

from asyncscrape.jobs.music.report.stored_music import StoredMusic

IMAGES = ("profile_image_url", "profile_image_path", "background_image_url", "background_image_path")
ARTISTS = {
    "artist_id": "id",
    "artist_name": "name",
    **{name: name for name in ("bio", "location", "followers", *IMAGES)},
}
"""The original's columns, and what they are called in the table of artists."""
TRACKS = {
    "track_id": "id",
    "artist_id": "artist_id",
    "track_name": "title",
    "track_url": "url",
    "artist_name": "artist_name",
    "track_description": "description",
    "likes": "likes",
    "comments": "comment_count",
    "shares": "reposts",
    "plays": "plays",
    "track_image_url": "image_url",
    "track_image_path": "image_path",
    "track_date_time": "posted_at",
    "tags": "tags",
    "bpm": "bpm",
    "key": "key",
    "genre": "beatport_genre",
    "waveform_url": "beatport_waveform_url",
    "waveform_path": "beatport_waveform_path",
    "length": "seconds",
    "is_track": "is_track",
    "mix": "mix",
    "feat": "featured",
    "remixer": "remixers",
    "original_producer": "producers",
    "track_date": "release_date",
    "beatport_url": "beatport_url",
    "beatport_track_name": "beatport_title",
    "label": "beatport_label",
    "beatport_release": "release",
}
COMMENTS = {
    "track_id": "track_id",
    "artist_id": "artist_id",
    "comment_id": "id",
    "comment": "body",
    "comment_date_time": "created_at",
    "track_time": "track_seconds",
    "track_name": "title",
    "track_url": "url",
}
MOMENT_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def original_files(music: StoredMusic) -> Iterator[tuple[str, Callable[[BinaryIO], None]]]:
    """The files by name, each with the function that writes it."""
    yield "Artists.csv", lambda file: _write(music.artists.sort("id"), ARTISTS, file)
    yield "Tracks-and-Beats.csv", lambda file: _write(tracks(music), TRACKS, file)
    yield "Comments.csv", lambda file: _write(comments(music), COMMENTS, file)


def tracks(music: StoredMusic) -> pl.DataFrame:
    """The tracks with the names of their artists, one artist after the other."""
    names = music.artists.select(artist_id="id", artist_name="name")
    named = music.tracks.join(names, on="artist_id", how="left").sort("artist_id", "id", nulls_last=True)
    return named.with_columns(seconds=pl.col("duration_ms") / 1000)


def comments(music: StoredMusic) -> pl.DataFrame:
    """The comments with the names of their tracks, one track after the other, in the order of their times."""
    titles = music.tracks.select(track_id="id", title="title", url="url")
    named = music.comments.join(titles, on="track_id", how="left")
    return named.sort("track_id", "track_seconds", "id", nulls_last=True)


def _write(rows: pl.DataFrame, columns: Mapping[str, str], file: BinaryIO) -> None:
    found = rows.select(_as_text(own, rows.schema[own]).alias(original) for original, own in columns.items())
    found.write_csv(file, datetime_format=MOMENT_FORMAT, float_scientific=False)


def _as_text(name: str, kind: pl.DataType) -> pl.Expr:
    """A list as one text, nothing for an empty one; any other value as it is."""
    column = pl.col(name)
    return pl.when(column.list.len() > 0).then(column.list.join(", ")) if isinstance(kind, pl.List) else column
