"""The figures of the report, as frozen data: made by `summary` and `moments`, shown by `terminal`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

WINDOW = 5
"""Seconds of a moment."""


class LookUp(StrEnum):
    """What came of a track's look-up at Beatport."""

    MATCHED = "matched"
    NO_MATCH = "no match"
    SET = "set"
    """It is too long for a track, so it is not looked up."""
    NOT_ASKED = "not asked"
    """Nobody asked yet, or nobody may."""


class Saying(msgspec.Struct, frozen=True):
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
    said: Sequence[Saying]


class NotFound(msgspec.Struct, frozen=True):
    """A name for which nobody was chosen."""

    name: str
    why: str


class SearchedNames(msgspec.Struct, frozen=True):
    """What came of the names that were searched."""

    found: int
    nobody: int
    """Those for which the artists file says that nobody is meant."""
    missing: Sequence[NotFound]
    """The others."""


class FeltMoment(msgspec.Struct, frozen=True):
    """A stretch of a track that people love or hate, as a small model reads their comments."""

    feeling: str
    """Which of the two: loved or hated."""
    title: str
    artist: str
    second: float
    comments: int
    mood: float
    """From -1 to 1."""
    quote: str
    """One of its comments; empty if none can be quoted."""


class ReadComments(msgspec.Struct, frozen=True):
    """What a small model reads in the comments."""

    labels: Mapping[str, int]
    """How many comments have each label, or are "unsure"."""
    moments: Sequence[FeltMoment]


class MeasuredAudio(msgspec.Struct, frozen=True):
    """What is measured in the audio of tracks, beside what Beatport says."""

    tracks: int
    problems: int
    """Those of them whose audio cannot be measured."""
    tempos: Mapping[str, int]
    """How many tempos agree with Beatport's in each way."""
    keys: Mapping[str, int]


class Prediction(msgspec.Struct, frozen=True):
    """How well a number of tracks can be told from what is known before the comments."""

    target: str
    """The number: popularity or mood."""
    parts: Sequence[str]
    """What it is told from, such as "audio"."""
    told: float | None
    """The share of the spread, for artists that the model has not seen; None if nothing could be learnt."""
    low: float | None
    high: float | None
    shuffled: float | None
    """The same share of shuffled numbers, which is near 0 if all is well."""
    doubt: str | None
    """Why it is not to be believed, as the end of a sentence; None if nothing speaks against it."""


class Summary(msgspec.Struct, frozen=True):
    """Everything that the terminal shows about the tables."""

    artists: int
    tracks: int
    comments: int
    timed_comments: int
    observations: int
    """Rows of the table `popularity`."""
    names: SearchedNames
    fates: Mapping[LookUp, int]
    """Tracks by what came of their look-up at Beatport."""
    coverage: Mapping[str, Mapping[str, float]]
    """The share of rows with a value, by table and column."""
    moments: Sequence[Moment]
    read: ReadComments | None
    """None if nobody asked the model."""
    audio: MeasuredAudio | None
    """None if nothing was measured."""
    predictions: Sequence[Prediction]
    """None of them if nobody asked."""
