"""The stored tables of the music job, row by row, as small as a test needs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from asyncscrape.jobs.music.report import stored_music
from asyncscrape.jobs.music.report.stored_music import StoredMusic

FETCHED = datetime(2026, 3, 1, tzinfo=UTC)
COLUMNS = {
    "artists": stored_music.ARTISTS,
    "artist_choices": stored_music.CHOICES,
    "tracks": stored_music.TRACKS,
    "comments": stored_music.COMMENTS,
    "popularity": stored_music.POPULARITY,
}


def artist(number: int, **other: Any) -> dict[str, Any]:
    about = {"permalink": f"artist-{number}", "name": f"Artist {number}", "followers": 1000 * number}
    return {"id": number, **about, **other}


def track(number: int, artist: int = 1, **other: Any) -> dict[str, Any]:
    """A track of ten minutes that nobody has asked Beatport about."""
    url = f"https://soundcloud.com/artist-{artist}/track-{number}"
    counts = {"likes": 10 * number, "reposts": number, "plays": 1000 * number, "comment_count": 0}
    about = {"permalink": f"track-{number}", "title": f"Track {number}", "url": url, "duration_ms": 600_000}
    return {"id": number, "artist_id": artist, "posted_at": FETCHED, "is_track": True, **about, **counts, **other}


def matched(number: int, artist: int = 1, **other: Any) -> dict[str, Any]:
    """A track that Beatport has."""
    facts = {
        "beatport_id": 9_900_000 + number,
        "beatport_url": f"https://www.beatport.com/track/track-{number}/{9_900_000 + number}",
        "beatport_title": f"Track {number}",
        "mix": "Original Mix",
        "bpm": 128.0,
        "key": "A minor",
        "camelot": "8A",
        "beatport_genre": "Techno",
        "release_date": date(2025, 5, 12),
        "release": "First Light",
        "beatport_label": "Low Tide",
        "producers": ["Nora Vale"],
        "match_score": 0.97,
        "match_why": "same title, same artist",
    }
    return track(number, artist, **(facts | other))


def comment(number: int, track: int, seconds: float | None, body: str, **other: Any) -> dict[str, Any]:
    by = {"user_id": number, "user_permalink": f"fan-{number}", "created_at": FETCHED + timedelta(minutes=number)}
    return {"id": number, "track_id": track, "artist_id": 1, "body": body, "track_seconds": seconds} | by | other


def choice(name: str, chosen: bool | None, why: str | None = None, rank: int = 1) -> dict[str, Any]:
    return {"artist_name": name, "rank": rank, "chosen": chosen, "why": why}


def music(
    artists: Sequence[dict[str, Any]] = (),
    tracks: Sequence[dict[str, Any]] = (),
    comments: Sequence[dict[str, Any]] = (),
    choices: Sequence[dict[str, Any]] = (),
    popularity: Sequence[dict[str, Any]] = (),
) -> StoredMusic:
    """The tables of these rows."""
    rows = dict(zip(COLUMNS, (artists, choices, tracks, comments, popularity), strict=True))
    return stored_music.stored_music(lambda name: pl.DataFrame(rows[name], schema=COLUMNS[name], orient="row"))


def as_stored(table: pl.DataFrame) -> pl.DataFrame:
    """The table as a Parquet file has it: lists are JSON."""
    lists = [name for name, kind in table.schema.items() if kind == pl.List(pl.String())]
    texts = {name: [None if value is None else json.dumps(list(value)) for value in table[name]] for name in lists}
    return table.with_columns(pl.Series(name, values, pl.String) for name, values in texts.items())
