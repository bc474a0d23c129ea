"""Times in a track that can be believed."""

from __future__ import annotations

import polars as pl

LONGEST_SOUND = 86_400
"""Seconds: nobody can upload more than a day. A longer length is a mistake, or malice that would size pictures."""
SLACK = 5
"""Seconds that a comment may lie behind the end of its track: lengths are rounded, and players are late."""


def sound_seconds() -> pl.Expr:
    """The length of a track; null if it is not known, or none that a track can have."""
    return believable((pl.col("duration_ms") / 1000).alias("seconds"))


def believable(seconds: pl.Expr) -> pl.Expr:
    """The length, if it is one that a track can have."""
    return pl.when(seconds > 0, seconds <= LONGEST_SOUND).then(seconds)


def second_within(length: pl.Expr) -> pl.Expr:
    """Where in a track of this length a comment stands; null if it stands at no time in it."""
    at = pl.col("track_seconds")
    return pl.when(at >= 0, at <= (length + SLACK).fill_null(LONGEST_SOUND)).then(at)
