"""Predictions and figures about them, row by row and as a whole scene, as the enrichment stores them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from asyncscrape.jobs.music.report.stored_music import StoredMusic
from support.music_tables import artist, music, track

SETS = ("release", "artist", "audio", "comments", "before comments", "everything")
TOLD = {"release": 0.08, "artist": 0.24, "audio": 0.03, "comments": 0.55, "before comments": 0.31, "everything": 0.62}
IMPORTANCE = {"followers": 0.21, "length": 0.03, "verified": 0.004, "key_mode": 0.0}

Row = dict[str, Any]


def figure(
    measure: str, value: float | None, name: str = "trees", blocks: str = "before comments", **other: Any
) -> Row:
    """A figure about popularity with an interval of four points to both sides."""
    ends = {} if value is None else {"low": value - 0.04, "high": value + 0.04}
    about = {"target": "popularity", "measure": measure, "blocks": blocks, "name": name}
    return {**about, "value": value, **ends, "tracks": 1200, "groups": 60, **other}


def problem(target: str, note: str | None) -> Row:
    return {"target": target, "measure": "problem", "blocks": "", "name": "", "note": note}


def figures(sets: Sequence[str] = SETS, **other: Any) -> list[Row]:
    """All figures about a number."""
    return [row | other for row in _figures(sets)]


def _figures(sets: Sequence[str]) -> Iterator[Row]:
    for blocks in sets:
        told = TOLD[blocks]
        for model, part in (("linear", 0.7), ("ridge", 0.85), ("trees", 1.0)):
            yield figure("r2", part * told, model, blocks)
            yield figure("r2_shuffled", -0.09 if model == "linear" else 0.001, model, blocks, low=-0.11, high=0.01)
            if blocks in SETS[-2:]:
                yield figure("r2_forward", part * told - 0.06, model, blocks)
        yield figure("gain", 0.3 * told, "trees", blocks)
    for name, worth in IMPORTANCE.items():
        yield figure("importance", worth, name, low=0.8 * worth, high=1.2 * worth)
    yield figure("coverage", 0.903)
    yield figure("half_width", 1.65)
    yield figure("median_error", 0.64)
    yield figure("age_power", 0.58)


def prediction(number: int, plays: int | None = 1000, expected: float | None = 1000.0, **other: Any) -> Row:
    """What is expected of a track, with an interval from a fifth to five times as many plays."""
    known = plays is not None and expected is not None
    ratio = plays / expected if known and plays is not None and expected else None
    ends = {"plays_low": expected / 5, "plays_high": expected * 5} if expected is not None else {}
    return {"track_id": number, "plays": plays, "plays_expected": expected, **ends, "plays_ratio": ratio, **other}


def predicted_scene(tracks: int, seed: int = 1) -> StoredMusic:
    """A scene with predictions of plays and moods, and all figures about both."""
    chance = np.random.default_rng(seed)
    expected = np.exp(chance.normal(8, 1.3, tracks))
    plays = (expected * np.exp(chance.normal(0, 1, tracks))).astype(int)
    moods = np.clip(chance.normal(0.35, 0.1, tracks), -1, 1)
    has = np.clip(moods + chance.normal(0, 0.2, tracks), -1, 1)
    rows = [
        prediction(number, int(plays[number]), float(expected[number]))
        | {"mood": float(has[number]), "mood_expected": float(moods[number])}
        | {"mood_low": float(moods[number]) - 0.33, "mood_high": float(moods[number]) + 0.33}
        for number in range(tracks)
    ]
    artists = [artist(number, name=f"Artist {number}") for number in range(60)]
    songs = [track(number, number % 60, plays=int(plays[number])) for number in range(tracks)]
    moody = [row for row in figures(target="mood") if row["measure"] != "age_power"]
    return music(artists, songs, track_predictions=rows, prediction_figures=[*figures(), *moody])
