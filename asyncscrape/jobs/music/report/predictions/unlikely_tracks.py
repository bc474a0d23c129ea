"""The tracks that have far more or fewer plays than a model expects of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from asyncscrape.jobs.music.report.predictions.prediction_words import MOST_PLAYS
from asyncscrape.jobs.music.report.stored_music import StoredMusic

MOST = 10
"""Tracks of each kind."""
LONGEST = 120
"""Characters of a title or a name."""
BOUNDS = ("plays_low", "plays_high")


class UnlikelyTrack(NamedTuple):
    """A track whose plays are far from what is expected."""

    title: str
    artist: str
    url: str | None
    plays: int
    expected: float
    low: float | None
    high: float | None
    ratio: float

    @property
    def outside(self) -> bool:
        """Whether its plays lie outside of the interval."""
        return (self.low is not None and self.plays < self.low) or (self.high is not None and self.plays > self.high)


def unlikely_tracks(music: StoredMusic) -> tuple[Sequence[UnlikelyTrack], Sequence[UnlikelyTrack]]:
    """The tracks with the most plays for what is expected, and those with the fewest; the furthest first."""
    known = _with_names(music)
    more = known.filter(pl.col("ratio") > 1).sort("ratio", "track_id", descending=[True, False])
    fewer = known.filter(pl.col("ratio") < 1).sort("ratio", "expected", "track_id", descending=[False, True, False])
    return _first(more), _first(fewer)


def outside_share(predictions: pl.DataFrame) -> float | None:
    """The share of tracks whose plays lie outside of their interval."""
    outside = ~pl.col("plays").is_between("plays_low", "plays_high")
    share = predictions.select(outside.mean()).item()
    return None if share is None else float(share)


def _with_names(music: StoredMusic) -> pl.DataFrame:
    names = music.artists.select("name", artist_id="id")
    tracks = music.tracks.select("title", "permalink", "url", "artist_id", track_id="id")
    within = [pl.col(name).clip(0, MOST_PLAYS) for name in ("plays_expected", *BOUNDS)]
    known = music.track_predictions.select("track_id", "plays", *within, ratio="plays_ratio")
    return (
        known.rename({"plays_expected": "expected"})
        .drop_nulls(["plays", "expected", "ratio"])
        .filter(pl.col("plays") >= 0, pl.col("ratio") >= 0)
        .join(tracks, on="track_id", how="left", maintain_order="left")
        .join(names, on="artist_id", how="left", maintain_order="left")
    )


def _first(tracks: pl.DataFrame) -> Sequence[UnlikelyTrack]:
    texts = [_text("title").fill_null(_text("permalink")).fill_null("untitled"), _text("name").fill_null("")]
    web = pl.col("url").str.contains(r"^https?://")
    columns = [*texts, pl.when(web).then("url"), "plays", "expected", *BOUNDS, "ratio"]
    return [UnlikelyTrack(*row) for row in tracks.head(MOST).select(columns).iter_rows()]


def _text(name: str) -> pl.Expr:
    text = pl.col(name).str.replace_all(r"\p{Cc}+", " ").str.strip_chars().str.head(LONGEST)
    return pl.when(text != "").then(text).alias(name)
