"""The table `track_sentiment`: how the comments of each track feel, in all and along its time.

A track is looked at when the judgements of its comments differ from those that its row was made of. Comments without
a time, or behind the end of the track, count in the totals and not in the curve.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from asyncscrape.analysis.finished_tables import in_types
from asyncscrape.enrichments import Inputs, Portion, Work
from asyncscrape.jobs.music.enrichment.derived_lines import (
    FETCHED_AT,
    URL,
    later,
    lines_of,
    origins,
    with_origin,
    withdrawn,
)
from asyncscrape.jobs.music.enrichment.enriched_tables import COMMENT_SENTIMENT, TRACK_SENTIMENT
from asyncscrape.model import Lines, Table

if TYPE_CHECKING:
    import polars as pl

VERSION = "1"
"""Of the rule that makes a row: rows of another one are made anew."""
AT_ONCE = 500
"""Tracks of a portion."""
LABELS = ("positive", "neutral", "negative", "noise")


class TrackMoods(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A row of the table."""

    track_id: int
    artist_id: int | None
    comments: int
    positive: int
    neutral: int
    negative: int
    noise: int
    unsure: int
    mood: float | None
    seconds: float | None
    curve: tuple[float | None, ...]
    curve_weights: tuple[float, ...]
    loved: tuple[Mapping[str, float], ...]
    hated: tuple[Mapping[str, float], ...]
    made_of: str


class TrackSentiment:
    """The step that fills the table; `tracks` is the job's table of tracks."""

    def __init__(self, tracks: Table) -> None:
        self._tracks = tracks

    def work(self, inputs: Inputs) -> Work:
        """The tracks to look at."""
        import polars as pl

        known = {"track_id": pl.Int64(), "made_of": pl.String()}
        made = in_types(inputs.read(TRACK_SENTIMENT), with_origin(known))
        judged = self._judged(inputs)
        changed = judged.join(made, on=("track_id", "made_of"), how="anti")
        new = later(TRACK_SENTIMENT, changed, made).sort("track_id")
        gone = made.join(judged, on="track_id", how="anti").sort("track_id")
        return Work(new.height, _portions(new, gone))

    def _judged(self, inputs: Inputs) -> pl.DataFrame:
        """A row for each track, with lists of its opinions, and what it is made of.

        Its origin is the page of the track, at the time of its newest comment.
        """
        import polars as pl

        from asyncscrape.jobs.music.track_times import second_within, sound_seconds

        number, share, text = pl.Int64(), pl.Float64(), pl.String()
        tracks = in_types(inputs.read(self._tracks), {"id": number, "duration_ms": number, "url": text})
        lengths = tracks.select(track_id="id", seconds=sound_seconds(), **{URL: pl.col("url")}).unique("track_id")
        wanted = {**dict.fromkeys(("comment_id", "track_id", "artist_id"), number), "track_seconds": share}
        told = {
            "label": text,
            "sure": pl.Boolean(),
            "positive": share,
            "negative": share,
        }
        comments = (
            in_types(inputs.read(COMMENT_SENTIMENT), with_origin({**wanted, **told})).drop(URL).drop_nulls("track_id")
        )
        placed = comments.sort("comment_id").join(lengths, on="track_id", how="left", maintain_order="left")
        second, leaning = second_within(pl.col("seconds")), pl.col("positive") - pl.col("negative")
        opinion = pl.col("sure") & (pl.col("label") != "noise")
        rows = placed.group_by("track_id").agg(
            pl.col("artist_id").last(),
            pl.col(FETCHED_AT).max(),
            pl.col(URL, "seconds").first(),
            *((pl.col("sure") & (pl.col("label") == label)).sum().alias(label) for label in LABELS),
            comments=pl.len(),
            unsure=(~pl.col("sure")).sum(),
            mood=leaning.filter(opinion).mean().round(3),
            times=second.filter(opinion, second.is_not_null()),
            leanings=leaning.filter(opinion, second.is_not_null()),
        )
        prints = [fingerprint(row) for row in rows.iter_rows()]
        return rows.with_columns(made_of=pl.Series(prints, dtype=text))


def fingerprint(row: tuple[Any, ...]) -> str:
    """Tells whether a row would be made of the same."""
    return f"{VERSION} {sha256(repr(row).encode()).hexdigest()[:24]}"


async def _portions(new: pl.DataFrame, gone: pl.DataFrame) -> AsyncGenerator[Portion, None]:
    async for portion in withdrawn(TRACK_SENTIMENT, gone):
        yield portion
    for start in range(0, new.height, AT_ONCE):
        some = new.slice(start, AT_ONCE)
        yield Portion(await asyncio.to_thread(_lines, some), start + some.height)


def _lines(tracks: pl.DataFrame) -> Mapping[str, Lines]:
    rows = map(track_moods, tracks.iter_rows(named=True))
    return lines_of(TRACK_SENTIMENT, zip(origins(tracks), rows, strict=True))


def track_moods(track: Mapping[str, Any]) -> TrackMoods:
    """The row of a track; where its length is not known, it ends with its last comment."""
    from asyncscrape.analysis.sentiment.moods import moods_of

    times, length = track["times"], track["seconds"]
    if length is None and times:
        length = max(times) + 1
    moods = moods_of(times, track["leanings"], length or 1.0)
    names = ("track_id", "artist_id", "comments", *LABELS, "unsure", "mood", "made_of")
    return TrackMoods(
        **{name: track[name] for name in names},
        seconds=length and round(length, 3),
        curve=moods.curve.moods,
        curve_weights=moods.curve.weights,
        loved=tuple(one._asdict() for one in moods.loved),
        hated=tuple(one._asdict() for one in moods.hated),
    )
