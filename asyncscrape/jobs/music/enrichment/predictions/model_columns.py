"""The columns that predictions rest on, each in a block, and each with what it may know that it should not.

A block is how its columns come to be known:

release     when the track comes out, or chosen by the artist then
artist      counted today about the artist, so success may be the cause of it
audio       measured in the file
comments    came after the release, and moves with popularity itself

Plays, likes and reposts are no columns, and neither is the year: it says how old a track is, and age is treated
apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asyncscrape.jobs.music.enrichment.predictions.track_facts import MEASURED
from asyncscrape.jobs.music.enrichment.track_sentiment import LABELS

if TYPE_CHECKING:
    import polars as pl

RELEASE, ARTIST, AUDIO, COMMENTS = "release", "artist", "audio", "comments"
BEFORE = (RELEASE, ARTIST, AUDIO)
"""The blocks that are known before comments."""
BLOCKS = (*BEFORE, COMMENTS)
MOST_GENRES, LEAST_OF_GENRE = 10, 5
"""The most common genres have a column each; with fewer tracks, a genre says nothing."""
OF_GENRE = "genre: "
"""The beginning of the name of a genre's column."""
LONGEST_GENRE = 40
"""Characters. Artists may write anything there; what is longer is none."""
REWORKED = r"(?i)\b(?:remix|rmx|rework|refix|bootleg|flip|edit)\b"
FEATURING = r"(?i)\b(?:feat|ft|featuring)\b"


@dataclass(frozen=True)
class ModelColumn:
    """A column, as arithmetic on the facts of a track."""

    name: str
    block: str
    leakage: str
    """What it may know that was not known when the track came out."""
    value: pl.Expr
    is_mood: bool = False
    """Whether it is the mood of the comments itself, in other words."""


def model_columns(facts: pl.DataFrame) -> list[ModelColumn]:
    """All columns, for these tracks."""
    return _columns(_common_genres(facts))


def about_columns(names: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    """The block and the leakage of columns by name; among them are all that have these names."""
    genres = [name.removeprefix(OF_GENRE) for name in names if name.startswith(OF_GENRE)]
    return {column.name: (column.block, column.leakage) for column in _columns(genres)}


def _columns(genres: Iterable[str]) -> list[ModelColumn]:
    return [*_posting(), *_title(), *_genres(genres), *_shop(), *_career(), *_artist(), *_audio(), *_comments()]


def _posting() -> Iterator[ModelColumn]:
    import polars as pl

    posted = pl.col("posted_at").dt
    yield ModelColumn("length", RELEASE, "None: the file does not change.", pl.col("seconds").log1p())
    hour = posted.hour().cast(pl.Float64) + posted.minute().cast(pl.Float64) / 60
    chosen = "None: it is the time of the posting. It is UTC, so it also tells a little of where the artist lives."
    yield from _on_circle("hour", RELEASE, chosen, hour / 24)
    yield from _on_circle("weekday", RELEASE, chosen, posted.weekday().cast(pl.Float64) / 7)


def _title() -> Iterator[ModelColumn]:
    import polars as pl

    def said(name: str, value: pl.Expr) -> ModelColumn:
        told = "Little: artists can change it later, and a track that does well is looked after more."
        return ModelColumn(name, RELEASE, told, value)

    title, kind = pl.col("title"), pl.col("license").str.strip_chars()
    yield said("title_length", title.str.len_chars())
    yield said("is_remix", title.str.contains(REWORKED))
    yield said("has_guests", title.str.contains(FEATURING))
    yield said("tags", pl.col("tags").list.len())
    yield said("has_label", pl.col("label").str.strip_chars().fill_null("") != "")
    yield said("free_license", pl.when(kind != "").then(kind != "all-rights-reserved"))
    yield said("can_be_downloaded", pl.col("download_path").is_not_null())


def _common_genres(facts: pl.DataFrame) -> list[str]:
    import polars as pl

    told = pl.col("genre").str.len_chars().is_between(1, LONGEST_GENRE)
    counts = facts.select(genre=_genre()).filter(told).group_by("genre").len()
    common = counts.filter(pl.col("len") >= LEAST_OF_GENRE).sort("len", "genre", descending=[True, False])
    return common["genre"].head(MOST_GENRES).to_list()


def _genres(names: Iterable[str]) -> Iterator[ModelColumn]:
    told = "Little: artists can change it later. Which genres are common is counted over all tracks."
    for name in names:
        yield ModelColumn(f"{OF_GENRE}{name}", RELEASE, told, (_genre() == name).fill_null(value=False))


def _genre() -> pl.Expr:
    import polars as pl

    return pl.col("genre").str.strip_chars().str.to_lowercase()


def _shop() -> Iterator[ModelColumn]:
    import polars as pl

    told = "That Beatport knows the track at all may be a result of its success."
    yield ModelColumn("bpm", RELEASE, told, pl.col("bpm"))
    yield from _key("key", RELEASE, told, pl.col("camelot"))


def _career() -> Iterator[ModelColumn]:
    import polars as pl

    told = "Tracks that are not stored do not count: those beyond max_tracks, and those that were taken down since."
    yield ModelColumn("earlier_tracks", RELEASE, told, pl.col("earlier_tracks").log1p())
    yield ModelColumn("days_since_previous", RELEASE, told, pl.col("days_since_previous").log1p())
    account = (pl.col("posted_at") - pl.col("created_at")).dt.total_seconds() / 86_400
    born = "None: the account's first day does not change."
    yield ModelColumn("account_age", RELEASE, born, pl.when(account >= 0).then(account.log1p()))


def _artist() -> Iterator[ModelColumn]:
    import polars as pl

    told = "Counted today: this very track may have raised it."
    for name in ("followers", "followings", "track_count"):
        yield ModelColumn(name, ARTIST, told, pl.col(name).log1p())
    yield ModelColumn("verified", ARTIST, "Given to artists who have success already.", pl.col("verified"))


def _audio() -> Iterator[ModelColumn]:
    import polars as pl

    told = "Only that there is a file: a preview exists for what Beatport sells."
    for name in MEASURED:
        yield ModelColumn(f"audio_{name}", AUDIO, told, pl.col(f"audio_{name}"))
    yield from _key("audio_key", AUDIO, told, pl.col("audio_camelot"))


def _comments() -> Iterator[ModelColumn]:
    import polars as pl

    told = "All: comments are written by those who have played the track, and more plays bring more of them."
    number, stored, said = pl.col("comment_count"), pl.col("comments_stored"), pl.col("said_comments")
    yield ModelColumn("comment_count", COMMENTS, told, number.log1p())
    yield ModelColumn("comments_per_minute", COMMENTS, told, (60 * number / pl.col("seconds")).log1p())
    yield ModelColumn("share_at_a_time", COMMENTS, told, pl.col("comments_timed") / stored)
    yield ModelColumn("share_unsure", COMMENTS, told, pl.col("said_unsure") / said)
    for label in LABELS:
        yield ModelColumn(f"share_{label}", COMMENTS, told, pl.col(f"said_{label}") / said, is_mood=True)
    yield ModelColumn("mood", COMMENTS, told, pl.col("mood"), is_mood=True)


def _key(name: str, block: str, leakage: str, camelot: pl.Expr) -> Iterator[ModelColumn]:
    """A key as its mode, and its place on the Camelot wheel, where neighbours are related."""
    import polars as pl

    place = camelot.str.extract(r"^([1-9]|1[0-2])[AB]$").cast(pl.Float64)
    major = pl.when(place.is_not_null()).then(camelot.str.ends_with("B"))
    yield ModelColumn(f"{name}_is_major", block, leakage, major)
    yield from _on_circle(name, block, leakage, place / 12)


def _on_circle(name: str, block: str, leakage: str, turns: pl.Expr) -> Iterator[ModelColumn]:
    """What begins anew after a whole turn, as two coordinates."""
    angle = turns * math.tau
    yield ModelColumn(f"{name}_sin", block, leakage, angle.sin())
    yield ModelColumn(f"{name}_cos", block, leakage, angle.cos())
