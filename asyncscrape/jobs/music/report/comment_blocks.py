"""The comments and waveforms of the page `tracks.html`, small enough for one file.

A block holds a few tracks in a row, so that opening a track unpacks little. It is deflated, and has in this order:

* the bytes that each track is drawn from: the heights of its waveform, and its mood in the bytes of `mood_curves`
* the second of each comment: how many seconds after the comment before it, 65535 if it has no time; first the low
  bytes of all, then the high bytes
* how each comment feels: its place in `LABELS`
* lines of text: a JSON object of facts for each track, the author of each comment, what each comment says

What does not fit into the page is cut: first long comments, then tracks with many comments keep only the newest.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from asyncscrape.analysis.offline_page import deflated
from asyncscrape.jobs.music.report.stored_music import UNSURE

Bytes = NDArray[np.uint8]
LABELS = ("", "positive", "neutral", "negative", "noise", UNSURE)
"""How a comment feels; nothing if nobody asked the model."""
NO_TIME = 65_535
FULL_BLOCK = 6_000
"""Comments after which a block is full: a larger one packs better, but takes longer to open."""
FULL_TRACKS = 128
"""Tracks after which a block is full even if they have no comments."""
TRIED = 16
"""Every so many blocks one is packed on trial, to learn how large all of them would be."""
MARGIN = 1.01
"""How much larger than the trial says the whole may be."""


class Cut(NamedTuple):
    """What of the comments fits into the page."""

    characters: int
    """The longest comment."""
    comments: int
    """The most comments of a track."""


CUTS = (
    *(Cut(140, comments) for comments in (3000, 2000)),
    *(Cut(characters, 1000) for characters in (140, 120, 100, 85, 75, 67, 60)),
    *(Cut(60, comments) for comments in (700, 500, 350, 250, 180)),
    *(Cut(characters, 120) for characters in (60, 54, 48, 43, 38, 34, 30, 26)),
    *(Cut(26, comments) for comments in (80, 50, 30, 15, 5, 0)),
)
"""The cuts to try, the mildest first. The last one always fits."""


@dataclass(frozen=True)
class Blocks:
    """All blocks of a page."""

    texts: Sequence[str]
    starts: Sequence[int]
    """The first track of each block."""
    kept: Sequence[int]
    """The number of comments of each track."""
    cut: Cut


@dataclass(frozen=True)
class BlockContents:
    """What the blocks hold."""

    comments: pl.DataFrame
    """The columns row (that of its track), newness (0 is the newest of the track), second, label, author and body;
    sorted by row and second."""
    drawn: Bytes
    """A row for each track."""
    facts: Sequence[bytes]
    """A JSON object for each track."""


def on_page(comments: pl.DataFrame, tracks: pl.DataFrame) -> pl.DataFrame:
    """The `felt` comments of the tracks on the page, in its order, made ready for a line of text each."""
    longest = max(cut.characters for cut in CUTS)
    lines = [_line("user_permalink", longest).alias("author"), _line("body", longest + 1).alias("body")]
    second = pl.col("second").clip(0, NO_TIME - 1).cast(pl.UInt16)
    newness = pl.col("created_at").rank("ordinal", descending=True).over("row").fill_null(0) - 1
    rows = tracks.select(track_id="id").with_row_index("row")
    here = comments.join(rows, on="track_id")
    ready = here.select("row", newness.cast(pl.Int64).alias("newness"), second.alias("second"), _label(), *lines)
    return ready.sort("row", "second", "newness", descending=[False, False, True], nulls_last=True)


def _label() -> pl.Expr:
    """The place of the label."""
    places = {label: place for place, label in enumerate(LABELS)}
    return pl.col("label").replace_strict(places, default=0, return_dtype=pl.UInt8)


def _line(name: str, longest: int) -> pl.Expr:
    """A text on one line, not much longer than it may be."""
    return pl.col(name).fill_null("").str.head(8 * longest).str.replace_all(r"[\p{Cc}\s]+", " ").str.strip_chars()


def blocks(contents: BlockContents, budget: int) -> Blocks:
    """The blocks in as many bytes of base64 at most, with the mildest cut that fits."""
    for cut in CUTS[_mildest(contents, budget) :]:
        made = _blocks(contents, cut)
        if sum(map(len, made.texts)) <= budget:
            break
    return made


def _mildest(contents: BlockContents, budget: int) -> int:
    """The place of the first cut that seems to fit; the last one always does."""

    def fits(place: int) -> bool:
        return _trial(contents, CUTS[place]) <= budget

    last = len(CUTS) - 1
    return 0 if fits(0) else bisect_left(range(last), True, lo=1, key=fits)


def _blocks(contents: BlockContents, cut: Cut) -> Blocks:
    rows = _cut(contents.comments, cut)
    kept = _kept(rows, len(contents.facts))
    starts = _starts(kept)
    texts = [_packed(contents, rows, starts, number) for number in range(len(starts) - 1)]
    return Blocks(texts, starts[:-1].tolist(), kept.tolist(), cut)


def _cut(comments: pl.DataFrame, cut: Cut) -> pl.DataFrame:
    body = pl.col("body")
    short = body.str.head(cut.characters - 1).str.strip_chars_end() + "…"
    rows = comments.filter(pl.col("newness") < cut.comments)
    return rows.with_columns(body=pl.when(body.str.len_chars() > cut.characters).then(short).otherwise(body))


def _kept(rows: pl.DataFrame, tracks: int) -> NDArray[np.int64]:
    return np.bincount(rows["row"].to_numpy(), minlength=tracks)


def _starts(kept: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first track of each block, and the number of tracks at the end."""
    weight = kept + FULL_BLOCK / FULL_TRACKS
    block = ((np.cumsum(weight) - weight) // FULL_BLOCK).astype(np.int64)
    return np.append(np.flatnonzero(np.diff(block, prepend=-1)), kept.size)


def _trial(contents: BlockContents, cut: Cut) -> float:
    """About how many bytes all blocks would have."""
    rows = _cut(contents.comments, cut)
    starts = _starts(_kept(rows, len(contents.facts)))
    some = range(0, len(starts) - 1, TRIED)
    sizes = [len(_packed(contents, rows, starts, number)) for number in some]
    return MARGIN * (len(starts) - 1) * sum(sizes) / max(len(sizes), 1)


def _packed(contents: BlockContents, rows: pl.DataFrame, starts: NDArray[np.int64], number: int) -> str:
    """One block."""
    first, last = int(starts[number]), int(starts[number + 1])
    begin, end = (int(rows["row"].search_sorted(row)) for row in (first, last))
    own = rows.slice(begin, end - begin)
    steps = _steps(own)
    lines = [*contents.facts[first:last], *_joined(own, "author"), *_joined(own, "body")]
    parts = (
        contents.drawn[first:last].tobytes(),
        (steps & 255).astype(np.uint8).tobytes(),
        (steps >> 8).astype(np.uint8).tobytes(),
        own["label"].to_numpy().tobytes(),
        b"\n".join(lines),
    )
    return deflated(b"".join(parts))


def _joined(rows: pl.DataFrame, name: str) -> list[bytes]:
    return [rows[name].str.join("\n").item().encode()] if rows.height else []


def _steps(rows: pl.DataFrame) -> NDArray[np.int64]:
    """The seconds of comments, each as the distance to the one before it in the same track."""
    seconds = rows["second"].cast(pl.Int64).fill_null(NO_TIME).to_numpy()
    track = rows["row"].to_numpy()
    steps = np.diff(seconds, prepend=0)
    new = np.diff(track, prepend=-1) != 0 if track.size else np.zeros(0, bool)
    made: NDArray[np.int64] = np.where(seconds == NO_TIME, NO_TIME, np.where(new, seconds, steps))
    return made


def as_facts(rows: pl.DataFrame) -> list[bytes]:
    """Each row as a JSON object of the values it has."""
    encode = msgspec.json.encode
    return [encode({name: value for name, value in row.items() if value}) for row in rows.iter_rows(named=True)]
