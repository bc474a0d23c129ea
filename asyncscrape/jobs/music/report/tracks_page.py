"""The page `tracks.html`: a table of tracks, and the comments of each over its waveform, in one offline file.

What the table shows is there at once, column by column. Comments and further facts lie in blocks, see
`comment_blocks`, of which the page unpacks the one that a reader opens.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl

from asyncscrape.analysis.offline_page import content_hash, deflated, filled, template
from asyncscrape.jobs.music.report import mood_curves
from asyncscrape.jobs.music.report.comment_blocks import LABELS, BlockContents, Blocks, as_facts, blocks, on_page
from asyncscrape.jobs.music.report.enriched_tracks import COUNTS, ENRICHED_FACTS, enriched, mood_columns
from asyncscrape.jobs.music.report.mood_curves import curves, in_bytes
from asyncscrape.jobs.music.report.stored_music import StoredMusic, felt
from asyncscrape.jobs.music.report.summary import fate
from asyncscrape.jobs.music.report.waveform_files import HIGHEST, POINTS, heights
from asyncscrape.jobs.music.track_times import sound_seconds
from asyncscrape.quality.shown_values import counted

PACKAGE = "asyncscrape.jobs.music.report"
MOST_TRACKS = 10_000
LARGEST = 24_500_000
"""Bytes of the page."""
TITLE, TEXT = 200, 1000
"""The longest title and the longest text of another kind, in characters."""
FACTS = (
    *("url", "beatport_url", "description", "beatport_title", "mix", "key", "sub_genre", "release", "catalog_number"),
    *("producers", "remixers", "featured", "match_why", "license", "isrc"),
)
"""The columns that only an opened track shows."""
STYLES = ("tracks.css", "tracks_moods.css")
PROGRAMS = ("tracks_moods.js", "tracks.js")
DRAWING = {
    "points": POINTS,
    "highest": HIGHEST,
    "labels": LABELS,
    "counts": COUNTS,
    "mood": {"points": mood_curves.POINTS, "most": mood_curves.MOST, "halves": mood_curves.HALVES},
}
"""How the page reads the bytes that tracks are drawn from."""


def page(music: StoredMusic, blobs: Path | None, source: str) -> bytes:
    """The whole page."""
    tracks = _chosen(music)
    columns = _columns(tracks)
    style, program = ("".join(template(PACKAGE, name) for name in names) for names in (STYLES, PROGRAMS))
    around = len(style) + len(program) + len(template(PACKAGE, "tracks.html"))
    room = LARGEST - around - 2 * len(deflated(msgspec.json.encode(columns)))
    drawn = np.hstack((heights(tracks["waveform_path"], blobs), in_bytes(curves(tracks))))
    packed = blocks(BlockContents(on_page(felt(music), tracks), drawn, _facts(tracks)), room)
    data = {"columns": columns, "starts": packed.starts, "kept": packed.kept, **DRAWING}
    parts = {
        "style": style,
        "program": program,
        "style_hash": content_hash(f"\n{style}\n"),
        "program_hash": content_hash(f"\n{program}\n"),
        "data": deflated(msgspec.json.encode(data)),
        "blocks": "\n".join(map(_block, range(len(packed.texts)), packed.texts)),
        "about": html.escape(" ".join(_about(music, tracks, packed, source))),
    }
    return filled(template(PACKAGE, "tracks.html"), parts)


def _block(number: int, text: str) -> str:
    return f'<script type="application/octet-stream" id="block-{number}">{text}</script>'


def _chosen(music: StoredMusic) -> pl.DataFrame:
    """The tracks on the page, the most played first, with the names of their artists."""
    names = music.artists.select(artist_id="id", artist="name")
    discussed = music.comments.group_by("track_id").len("stored").rename({"track_id": "id"})
    known = music.tracks.join(names, on="artist_id", how="left").join(discussed, on="id", how="left")
    order = ("plays", "stored", "id")
    chosen = known.sort(order, descending=[True, True, False], nulls_last=True).head(MOST_TRACKS)
    return enriched(chosen, music)


def _columns(tracks: pl.DataFrame) -> dict[str, list[Any]]:
    """The columns of the table as they are sent: days as numbers, lengths in seconds."""
    day = pl.col("posted_at").dt.date()
    shown = tracks.select(
        pl.col("id").cast(pl.String),
        *(_text(name, TITLE) for name in ("title", "artist")),
        *("plays", "likes", "reposts"),
        comments=pl.max_horizontal("comment_count", pl.col("stored").cast(pl.Int64)),
        length=sound_seconds().floor().cast(pl.Int64),
        posted=day.to_physical(),
        genre=_text("genre", TITLE),
        tags=pl.col("tags").list.join(", ").str.head(TITLE),
        bpm=pl.col("bpm").round(2),
        camelot=_text("camelot", TITLE),
        beatport=fate(),
        beatport_genre=_text("beatport_genre", TITLE),
        label=pl.coalesce(_text("beatport_label", TITLE), _text("label", TITLE)),
        released=pl.col("release_date").to_physical(),
        score=pl.col("match_score").round(3),
    )
    columns = {name: shown[name].to_list() for name in shown.columns}
    return columns | mood_columns(tracks) if tracks["read"].count() else columns


def _text(name: str, longest: int) -> pl.Expr:
    text = pl.col(name).str.replace_all(r"\p{Cc}+", " ").str.strip_chars()
    return pl.when(text != "").then(text.str.head(longest)).alias(name)


def _facts(tracks: pl.DataFrame) -> Sequence[bytes]:
    """The facts of each opened track."""
    texts = [pl.col(name).str.head(TEXT) for name in FACTS if tracks.schema[name] == pl.String()]
    lists = [
        pl.col(name).list.head(20).list.eval(pl.element().str.head(TITLE))
        for name in FACTS
        if tracks.schema[name] != pl.String()
    ]
    return as_facts(tracks.select(*texts, *lists, *ENRICHED_FACTS))


def _about(music: StoredMusic, tracks: pl.DataFrame, packed: Blocks, source: str) -> list[str]:
    """What is on the page, and what is not."""
    all_tracks = music.tracks.height
    kept, stored = sum(packed.kept), int(tracks["stored"].sum())
    told = [f"{counted(tracks.height, 'track')}, {counted(kept, 'comment')}. Source: {source}."]
    if tracks.height < all_tracks:
        told.append(f"These are the most played of {all_tracks:,} tracks.")
    if kept < stored:
        most = packed.cut.comments
        told.append(f"Of each track there are its newest {most:,} comments at most, of {stored:,} in all.")
    if stored:
        told.append(f"Comments are cut after {packed.cut.characters} characters.")
    if read := int(tracks["read"].sum()):
        told.append(f"Moods are what a small model reads in {counted(read, 'comment')}.")
    return told
