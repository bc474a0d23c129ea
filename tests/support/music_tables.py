"""The stored tables of the music job, row by row, as small as a test needs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

import polars as pl

from asyncscrape.jobs.music.report import stored_music
from asyncscrape.jobs.music.report.mood_curves import POINTS
from asyncscrape.jobs.music.report.stored_music import StoredMusic

FETCHED = datetime(2026, 3, 1, tzinfo=UTC)
COLUMNS = {
    "artists": stored_music.ARTISTS,
    "artist_choices": stored_music.CHOICES,
    "tracks": stored_music.TRACKS,
    "comments": stored_music.COMMENTS,
    "popularity": stored_music.POPULARITY,
    "comment_sentiment": stored_music.COMMENT_SENTIMENT,
    "track_sentiment": stored_music.TRACK_SENTIMENT,
    "audio_features": stored_music.AUDIO_FEATURES,
    "track_predictions": stored_music.TRACK_PREDICTIONS,
    "prediction_figures": stored_music.PREDICTION_FIGURES,
}

Points = Mapping[int, tuple[float, float]]


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


def label(comment: int, says: str, probability: float = 0.9, *, sure: bool = True) -> dict[str, Any]:
    """What a small model reads in a comment."""
    return {"comment_id": comment, "label": says, "probability": probability, "sure": sure}


def feelings(track: int, curve: Points = MappingProxyType({}), **other: Any) -> dict[str, Any]:
    """How the comments of a track feel, with the mood and weight of some points of its curve, and moments."""
    moods = [curve[n][0] if n in curve else None for n in range(POINTS)]
    weights = [curve[n][1] if n in curve else 0 for n in range(POINTS)]
    counts = dict.fromkeys(("comments", "positive", "neutral", "negative", "noise", "unsure"), 0)
    json_columns = {"curve": moods, "curve_weights": weights, "loved": [], "hated": []}
    row = {"track_id": track, "seconds": 600.0, **counts, **json_columns, **other}
    return {name: json.dumps(value) if name in json_columns else value for name, value in row.items()}


def felt_at(second: float, comments: int, mood: float) -> dict[str, Any]:
    """A moment in a list of them."""
    return {"second": second, "until": second + 8, "comments": comments, "mood": mood}


def choice(name: str, chosen: bool | None, why: str | None = None, rank: int = 1) -> dict[str, Any]:
    return {"artist_name": name, "rank": rank, "chosen": chosen, "why": why}


def music(
    artists: Sequence[dict[str, Any]] = (),
    tracks: Sequence[dict[str, Any]] = (),
    comments: Sequence[dict[str, Any]] = (),
    choices: Sequence[dict[str, Any]] = (),
    popularity: Sequence[dict[str, Any]] = (),
    comment_sentiment: Sequence[dict[str, Any]] = (),
    track_sentiment: Sequence[dict[str, Any]] = (),
    audio_features: Sequence[dict[str, Any]] = (),
    track_predictions: Sequence[dict[str, Any]] = (),
    prediction_figures: Sequence[dict[str, Any]] = (),
) -> StoredMusic:
    """The tables of these rows."""
    predicted = (track_predictions, prediction_figures)
    enriched = (comment_sentiment, track_sentiment, audio_features, *predicted)
    rows = dict(zip(COLUMNS, (artists, choices, tracks, comments, popularity, *enriched), strict=True))
    frames = {name: pl.DataFrame(rows[name], schema=COLUMNS[name], orient="row") for name in COLUMNS}
    return stored_music.stored_music(frames.__getitem__, lambda name: not frames[name].is_empty())


def as_stored(table: pl.DataFrame) -> pl.DataFrame:
    """The table as a Parquet file has it: lists are JSON."""
    lists = [name for name, kind in table.schema.items() if kind == pl.List(pl.String())]
    texts = {name: [None if value is None else json.dumps(list(value)) for value in table[name]] for name in lists}
    return table.with_columns(pl.Series(name, values, pl.String) for name, values in texts.items())
