"""The figures of the report, as frozen data: made by `summary` and `moments`, shown by `terminal`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

SET, MATCHED, NO_MATCH, NOT_ASKED = "set", "matched", "no match", "not asked"
FATES = (MATCHED, NO_MATCH, SET, NOT_ASKED)
"""How the look-up of a track at Beatport can end; a set is never looked up."""
WINDOW = 5
"""Seconds of a moment."""


class Quote(msgspec.Struct, frozen=True):
    """Something said, and how many comments say just that."""

    text: str
    times: int


class Moment(msgspec.Struct, frozen=True):
    """A stretch of a track with many comments."""

    track_id: int
    title: str
    artist: str
    second: int
    """Its first second; it ends after `WINDOW` seconds."""
    comments: int
    people: int
    said: Sequence[Quote]


class Summary(msgspec.Struct, frozen=True):
    """Everything that the terminal shows about the tables."""

    artists: int
    tracks: int
    comments: int
    timed_comments: int
    observations: int
    """Rows of the table `popularity`."""
    names: int
    """Artist names that were searched."""
    names_found: int
    fates: Mapping[str, int]
    """Tracks by what came of their look-up at Beatport."""
    coverage: Mapping[str, Mapping[str, float]]
    """The share of rows with a value, by table and column."""
    moments: Sequence[Moment]
