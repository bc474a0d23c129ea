"""Invented enrichments of stored music: comments that feel this or that along a track, and audio that is measured."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from numpy.random import Generator
from numpy.typing import NDArray

from asyncscrape.analysis.finished_tables import in_types
from asyncscrape.jobs.music.report import stored_music
from asyncscrape.jobs.music.report.mood_curves import POINTS
from asyncscrape.jobs.music.report.stored_music import StoredMusic, felt
from asyncscrape.jobs.music.track_times import sound_seconds

LABELS = np.array(["positive", "neutral", "negative", "noise"])
WIDE = 2.0
"""Hundredths of a track over which a comment counts."""
CLEAR, ENOUGH = 0.25, 3.0
"""The mood and the comments of a moment."""
LEVELS, AGREEMENT = np.array([1, 1, 1, 1, 0.5, 1.31]), {1: "same", 0.5: "octave", 1.31: "other"}

Numbers = NDArray[np.float64]


def with_moods(music: StoredMusic, seed: int = 1) -> StoredMusic:
    """The same music after an enrichment."""
    chance = np.random.default_rng(seed)
    read = replace(music, comment_sentiment=_labels(music.comments, chance), audio_features=_audio(music, chance))
    return replace(read, track_sentiment=_table(list(_tracks(read)), stored_music.TRACK_SENTIMENT))


def _table(rows: list[dict[str, Any]], columns: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, columns, orient="row")


def _labels(comments: pl.DataFrame, chance: Generator) -> pl.DataFrame:
    """Labels with a mood that goes up and down along each track, another way in each."""
    track = comments["track_id"].to_numpy() % 97
    second = comments["track_seconds"].fill_null(0).to_numpy()
    mood = 0.45 + 0.5 * np.sin(second / (40 + track) + track)
    shares = np.column_stack((np.clip(mood, 0.05, 0.9), np.full(len(comments), 0.35), np.clip(0.35 - mood, 0.03, 1)))
    shares = np.column_stack((shares / shares.sum(1, keepdims=True) * 0.92, np.full(len(comments), 0.08)))
    drawn = (shares.cumsum(1) > chance.random((len(comments), 1))).argmax(1)
    probability = chance.uniform(0.4, 1, len(comments)).round(3)
    columns = {"comment_id": comments["id"], "label": LABELS[drawn], "probability": probability}
    return pl.DataFrame({**columns, "sure": probability > 0.5})


def _tracks(music: StoredMusic) -> Iterator[dict[str, Any]]:
    lengths = dict(music.tracks.select("id", sound_seconds()).iter_rows())
    for (number,), own in felt(music).group_by("track_id", maintain_order=True):
        labels = dict(own["label"].value_counts().iter_rows())
        worth = own["label"].replace_strict({"positive": 1, "neutral": 0, "negative": -1}, default=None)
        seconds = lengths.get(number) or float(own["second"].max() or 0) + 1
        timed = own.with_columns(worth=worth).drop_nulls(("worth", "second"))
        at = timed["second"].to_numpy() / seconds * POINTS
        curve, weights = _curve(at, timed["worth"].to_numpy())
        yield {
            "track_id": number,
            "comments": own.height,
            **{label: labels.get(label, 0) for label in (*LABELS, "unsure")},
            "mood": worth.mean(),
            "seconds": seconds,
            "curve": json.dumps([None if np.isnan(mood) else round(float(mood), 3) for mood in curve]),
            "curve_weights": json.dumps(weights.round(2).tolist()),
            "loved": json.dumps(list(_peaks(curve, weights, seconds))),
            "hated": json.dumps([{**one, "mood": -one["mood"]} for one in _peaks(-curve, weights, seconds)]),
        }


def _curve(at: Numbers, worth: Numbers) -> tuple[Numbers, Numbers]:
    near = np.exp(-0.5 * ((np.arange(POINTS)[:, None] + 0.5 - at) / WIDE) ** 2)
    weights = near.sum(1)
    mood = (near * worth).sum(1) / np.maximum(weights, 1e-9)
    return np.where(weights < 0.5, np.nan, mood), np.where(weights < 0.5, 0, weights)


def _peaks(curve: Numbers, weights: Numbers, seconds: float) -> Iterator[dict[str, Any]]:
    """The best three moments, apart from each other."""
    worth = np.where((weights >= ENOUGH) & (curve > CLEAR), curve * np.sqrt(weights), 0.0)
    step = seconds / POINTS
    for _ in range(3):
        best = int(worth.argmax())
        if not worth[best]:
            return
        begin, comments = round(best * step, 1), int(weights[best])
        yield {
            "second": begin,
            "until": round(begin + 2 * step, 1),
            "comments": comments,
            "mood": round(curve[best], 2),
        }
        worth[max(best - 8, 0) : best + 9] = 0


def _energy(chance: Generator) -> str:
    """Quiet at both ends, and now and then between."""
    along = np.linspace(0, 1, 100)
    swell = np.sin(np.pi * along) ** 0.3 * (1 - 0.6 * np.exp(-(((along - chance.uniform(0.3, 0.7)) / 0.06) ** 2)))
    loud = np.clip(swell + chance.normal(0, 0.04, 100), 0, 1)
    return json.dumps((loud / loud.max()).round(3).tolist())


def _audio(music: StoredMusic, chance: Generator) -> pl.DataFrame:
    """What is measured of every other track, now and then an octave off or not at all."""
    tracks = music.tracks.gather_every(2)
    level = chance.choice(LEVELS, tracks.height)
    tempo = (tracks["bpm"].fill_null(124).to_numpy() * level + chance.normal(0, 0.02, tracks.height)).round(2)
    agreement = pl.Series([AGREEMENT[one] for one in level])
    columns = {
        "track_id": tracks["id"],
        "path": tracks["preview_path"],
        "energy": [_energy(chance) for _ in range(tracks.height)],
        "analysed_seconds": np.full(tracks.height, 120.0),
        "tempo": tempo,
        "tempo_2": (tempo / 2).round(2),
        "bpm_agreement": tracks.select(pl.when(pl.col("bpm").is_not_null()).then(agreement)).to_series(),
        "key": tracks["key"],
        "camelot": tracks["camelot"],
        "key_agreement": pl.Series(chance.choice(["same", "same", "relative", "fifth"], tracks.height)),
        "loudness_lufs": chance.normal(-9, 2, tracks.height).round(1),
        "loudness_range_lu": chance.uniform(2, 9, tracks.height).round(1),
    }
    measured = pl.DataFrame({**columns, "broken": chance.random(tracks.height) < 0.05})
    problem = pl.when("broken").then(pl.lit("it ends in the middle of a frame")).alias("problem")
    told = [pl.when(~pl.col("broken")).then(pl.col(name)).alias(name) for name in columns if name != "track_id"]
    made = measured.select("track_id", problem, *told)
    return in_types(made, stored_music.AUDIO_FEATURES)
