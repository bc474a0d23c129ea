"""Columns to predict from: none is what is to be predicted, and nothing hostile gets into them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from asyncscrape.analysis.models.samples import Samples
from asyncscrape.enrichments import Inputs
from asyncscrape.jobs.music.enrichment.enriched_tables import AUDIO_FEATURES, TRACK_SENTIMENT
from asyncscrape.jobs.music.enrichment.predictions.model_columns import BLOCKS, model_columns
from asyncscrape.jobs.music.enrichment.predictions.model_samples import PredictionTarget, sets_of, study_of
from asyncscrape.jobs.music.enrichment.predictions.track_facts import LARGEST, track_facts
from asyncscrape.jobs.music.job import TRACKS_OF_BOTH
from asyncscrape.model import Table

FETCHED = datetime(2026, 3, 1, tzinfo=UTC)
Rows = list[dict[str, Any]]
DECISIVE = {
    PredictionTarget.POPULARITY: ("tracks", ("artist_id", "plays", "posted_at", "is_track", "_fetched_at")),
    PredictionTarget.MOOD: ("track_sentiment", ("mood", "positive", "neutral", "negative")),
}
"""The columns that decide whether a track is learnt from."""
KEPT = {"id", "track_id", "tags", *(name for _, names in DECISIVE.values() for name in names)}
HOSTILE = [None, "nonsense", "NaN", "inf", -1, 0, 2**62, 1e308, "9999-12-31T23:59:59Z"]


def tables(tracks: int = 6) -> dict[str, Rows]:
    """Tracks of two artists, about which everything is known."""
    numbers = range(1, tracks + 1)
    return {
        "tracks": [track(number) for number in numbers],
        "artists": [
            {
                "id": n,
                "name": f"Artist {n}",
                "followers": 10**n,
                "followings": n,
                "track_count": 5 * n,
                "verified": n == 1,
            }
            | {"created_at": f"201{n}-01-01T00:00:00Z"}
            for n in (1, 2)
        ],
        "comments": [
            {"id": n, "track_id": n % tracks + 1, "track_seconds": 5.0 if n % 3 else None} for n in range(20)
        ],
        "track_sentiment": [
            {
                "track_id": n,
                "comments": 10,
                "positive": n + 2,
                "neutral": 2,
                "negative": 1,
                "noise": 1,
                "unsure": 6 - n,
                "mood": n / 10,
            }
            for n in numbers
        ],
        "audio_features": [
            {"track_id": n, "camelot": f"{n}{'AB'[n % 2]}"}
            | {column.name: 1.0 + n for column in AUDIO_FEATURES.columns if column.type == "float"}
            for n in numbers
        ],
    }


def track(number: int) -> dict[str, Any]:
    about = {"title": "Tide" * number, "genre": "Techno", "tags": json.dumps(["a"] * number), "license": "cc-by"}
    counts = {"plays": 100 * number, "likes": number, "reposts": number, "comment_count": 3 * number}
    shop = {"bpm": 120 + number, "camelot": f"{number}A", "duration_ms": 100_000 + number, "is_track": True}
    posted = (FETCHED - timedelta(days=10 * number, hours=5 * number)).isoformat()
    return {"id": number, "artist_id": 1 + number % 2, "posted_at": posted, **about, **counts, **shop}


def facts(stored: Mapping[str, Rows]) -> pl.DataFrame:
    """The facts, read from tables as a file without types has them."""

    def read(table: Table) -> pl.DataFrame:
        rows = [{"_fetched_at": FETCHED.isoformat(), **row} for row in stored.get(table.name, [])]
        names = {name for row in rows for name in row}
        texts = {name: [text(row.get(name)) for row in rows] for name in names}
        return pl.DataFrame(texts, dict.fromkeys(texts, pl.String))

    async def bring(path: str, into: Path) -> None:
        raise AssertionError

    inputs = Inputs(read, lambda table: table.name in stored, bring, Path())
    return track_facts(inputs, TRACKS_OF_BOTH).rows


def text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def samples(stored: Mapping[str, Rows], target: PredictionTarget = PredictionTarget.POPULARITY) -> Samples:
    return study_of(target, facts(stored)).samples


def named(found: Samples) -> set[str]:
    return {column.name for column in found.columns}


def test_every_block_has_columns_and_no_column_is_there_twice() -> None:
    found = samples(tables())
    assert set(BLOCKS) == {column.block for column in found.columns}
    assert len(named(found)) == len(found.columns) == found.values.shape[1]
    assert {"length", "followers", "audio_tempo", "audio_key_sin", "comment_count", "mood"} <= named(found)
    assert all(column.leakage for column in model_columns(facts(tables())))


@pytest.mark.parametrize("column", ["plays", "likes", "reposts"])
def test_no_column_knows_how_popular_a_track_is(column: str) -> None:
    stored, other = tables(), tables()
    for row, one in zip(other["tracks"], reversed(stored["tracks"]), strict=True):
        row[column] = one[column]
    assert samples(stored).columns == samples(other).columns
    np.testing.assert_array_equal(samples(stored).values, samples(other).values)


def test_no_column_knows_the_mood_that_is_to_be_predicted() -> None:
    stored, other = tables(), tables()
    for row, one in zip(other["track_sentiment"], reversed(stored["track_sentiment"]), strict=True):
        row |= {name: one[name] for name in ("mood", "positive", "neutral", "negative", "noise")}
    one, two = (samples(some, PredictionTarget.MOOD) for some in (stored, other))
    assert one.columns == two.columns
    assert "share_unsure" in named(one)
    np.testing.assert_array_equal(one.values, two.values)
    assert one.target.tolist() != two.target.tolist()


@pytest.mark.parametrize("value", HOSTILE, ids=repr)
def test_nothing_hostile_becomes_a_number_to_learn_from(value: object) -> None:
    whole = tables()
    broken = {
        name: [dict.fromkeys(rows[0].keys() - KEPT, value) | keys_of(rows[0]), *rows[1:]]
        for name, rows in whole.items()
    }
    for target, (table, decisive) in DECISIVE.items():
        assert len(whole["tracks"]) == check(samples(broken, target))
        for column in decisive:
            rows = [{**whole[table][0], column: value}, *whole[table][1:]]
            assert len(whole["tracks"]) - 1 <= check(samples({**whole, table: rows}, target)), column


def keys_of(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in KEPT if name in row}


def check(found: Samples) -> int:
    """The number of tracks, about which all that is known are numbers of a believable size."""
    ages = [] if found.log_ages is None else [found.log_ages]
    for some in (found.target, found.times, found.values[~np.isnan(found.values)], *ages):
        assert np.isfinite(some).all()
        assert (np.abs(some) <= LARGEST).all()
    return len(found.target)


def test_tracks_are_counted_before_each_other() -> None:
    """The newest track is the first: two others of its artist came before."""
    found = facts(tables()).select("id", "earlier_tracks", "days_since_previous").rows()
    assert [(1, 2), (2, 2), (3, 1), (4, 1), (5, 0), (6, 0)] == [row[:2] for row in found]
    assert [20 + 10 / 24] * 4 + [None] * 2 == pytest.approx([row[2] for row in found])


def test_sets_and_tracks_of_nobody_or_of_no_day_are_left_out() -> None:
    stored = tables()
    for row, change in zip(
        stored["tracks"],
        ({"is_track": False}, {"artist_id": None}, {"posted_at": "1970-01-01"}, {"id": None}),
        strict=False,
    ):
        row |= change
    assert [5, 6] == facts(stored)["id"].to_list()


def test_without_an_enrichment_its_columns_and_sets_are_missing() -> None:
    stored = {
        name: rows for name, rows in tables().items() if name not in (AUDIO_FEATURES.name, TRACK_SENTIMENT.name)
    }
    blocks = {column.block for column in samples(stored).columns}
    assert {"release", "artist", "comments"} == blocks
    assert ["release", "artist", "comments", "before comments", "everything"] == [*sets_of(frozenset(blocks))]
    assert frozenset(("release", "artist")) == sets_of(frozenset(blocks))["before comments"]
    assert ["release", "before comments"] == [*sets_of(frozenset(("release",)))]


def test_the_most_common_genres_have_a_column_each() -> None:
    stored = tables(80)
    for place, row in enumerate(stored["tracks"]):
        row["genre"] = [" Techno", "TECHNO ", f"rare {place}", "Acid" if place < 24 else None, "long" * 20][place % 5]
    genres = [column.name for column in model_columns(facts(stored)) if column.name.startswith("genre")]
    assert ["genre: techno", "genre: acid"] == genres
