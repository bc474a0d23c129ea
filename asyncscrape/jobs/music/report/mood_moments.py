"""The moments of tracks that people love or hate, as a small model reads their comments.

1. The lists `loved` and `hated` of each track become rows.                              `_listed`
2. Each gets a comment to quote: of those that feel so there, the surest that reads well.  `_quotes`
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import polars as pl

from asyncscrape.jobs.music.report.stored_music import NUMBER, SHARE, TEXT, StoredMusic, felt
from asyncscrape.jobs.music.track_times import LONGEST_SOUND

FEELINGS = {"loved": "positive", "hated": "negative"}
"""What people feel at a moment, and the label of a comment that says so."""
MOMENT = {
    "track_id": NUMBER,
    "feeling": TEXT,
    "label": TEXT,
    "second": SHARE,
    "until": SHARE,
    "comments": NUMBER,
    "mood": SHARE,
}
LONGEST_QUOTE = 120
ROUNDED = 0.1
"""Seconds by which the ends of a moment may be rounded."""
WORDS = (2, 16)
"""The fewest and the most words of a comment that reads well alone."""


class FeltStretch(msgspec.Struct):
    """A moment in a list of the table."""

    second: float
    until: float
    comments: int
    mood: float


_decode = msgspec.json.Decoder(list[FeltStretch]).decode


def mood_moments(music: StoredMusic) -> pl.DataFrame:
    """All of them, the best of a track first: the columns of `MOMENT` and `quote`, which is null if there is none."""
    found = pl.DataFrame(list(_listed(music.track_sentiment)), MOMENT, orient="row")
    listed = found.filter(_is_sound()).with_row_index("moment")
    return listed.join(_quotes(music, listed), on="moment", how="left", maintain_order="left").drop("label")


def evidence() -> pl.Expr:
    """How sure a moment is: many comments may feel less than a few and yet say more."""
    return pl.col("mood").abs() * pl.col("comments").sqrt()


def _is_sound() -> pl.Expr:
    """Whether a moment can be one of a track."""
    begin, end = pl.col("second"), pl.col("until")
    return (begin >= 0) & (end >= begin) & (end <= LONGEST_SOUND) & pl.col("mood").is_between(-1, 1)


def _listed(tracks: pl.DataFrame) -> Iterator[tuple[object, ...]]:
    for number, *texts in tracks.select("track_id", *FEELINGS).iter_rows():
        for (feeling, label), text in zip(FEELINGS.items(), texts, strict=True):
            for one in _read(text):
                yield number, feeling, label, one.second, one.until, one.comments, one.mood


def _read(text: str | None) -> list[FeltStretch]:
    try:
        return _decode(text or "[]")
    except msgspec.DecodeError:
        return []


def _quotes(music: StoredMusic, listed: pl.DataFrame) -> pl.DataFrame:
    """The columns `moment` and `quote`."""
    body = pl.col("body").str.replace_all(r"[\p{Cc}\s]+", " ").str.strip_chars()
    comments = felt(music).drop_nulls("second")
    there = comments.join(listed, on=("track_id", "label"), suffix="_listed").filter(
        pl.col("track_seconds").is_between(pl.col("second_listed") - ROUNDED, pl.col("until") + ROUNDED)
    )
    quote = there.select("moment", "probability", "id", quote=body).filter(pl.col("quote") != "")
    best = quote.sort(_reads_well(), "probability", "id", descending=[True, True, False], nulls_last=True)
    return best.unique("moment", keep="first", maintain_order=True).select("moment", "quote")


def _reads_well() -> pl.Expr:
    quote = pl.col("quote")
    words = quote.str.count_matches(r"\S*\p{L}\S*")
    return words.is_between(*WORDS) & (quote.str.len_chars() <= LONGEST_QUOTE)
