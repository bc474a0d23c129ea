"""What the stored tables tell of each track, in one row: from here on, columns to predict from are plain arithmetic.

A track has a row if its artist and its posting are known and it is no set. What cannot be true, such as a negative
count, is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from asyncscrape.analysis.finished_tables import in_types
from asyncscrape.enrichments import Inputs
from asyncscrape.jobs.music.enrichment.derived_lines import FETCHED_AT, URL, with_origin
from asyncscrape.jobs.music.enrichment.enriched_tables import AUDIO_FEATURES, TRACK_SENTIMENT
from asyncscrape.jobs.music.enrichment.predictions.track_partners import CREDITS, partners_of
from asyncscrape.jobs.music.enrichment.track_sentiment import LABELS
from asyncscrape.model import Table
from asyncscrape.parsers.soundcloud.music_tables import ARTISTS, COMMENTS

if TYPE_CHECKING:
    import polars as pl

OPENED = datetime(2007, 1, 1, tzinfo=UTC)
"""Nothing was posted before SoundCloud was founded, and nothing fetched."""
LARGEST = 1e12
"""What is larger is no count or measurement of anything here, and its square would not fit into a number."""
MEASURED = tuple(
    column.name
    for column in AUDIO_FEATURES.columns
    if column.type in ("int", "float") and column.name not in ("track_id", "artist_id", "bpm_difference")
)
"""All numbers that are measured in a file; the difference to what Beatport says is not about the music."""


class TrackFacts(NamedTuple):
    """The rows, and when the newest of all that they were made of was fetched."""

    rows: pl.DataFrame
    newest: datetime | None


def track_facts(inputs: Inputs, tracks: Table) -> TrackFacts:
    """Read all tables."""
    import polars as pl

    stored = _tracks(inputs, tracks)
    artists = _artists(inputs)
    comments, feelings, audio = _comments(inputs), _feelings(inputs), _audio(inputs)
    times = [frame[FETCHED_AT].max() for frame in (stored, artists, comments, feelings, audio)]
    newest = max((time for time in times if isinstance(time, datetime)), default=None)
    rows = _usable(stored)
    columns = {"id": pl.Int64(), "partners": pl.List(pl.Int64())}
    rows = rows.join(pl.DataFrame([*partners_of(artists, rows)], columns, orient="row"), on="id")
    rows = rows.join(artists.drop("name", FETCHED_AT), left_on="artist_id", right_on="id", how="left")
    for more in (comments, feelings, audio):
        rows = rows.join(more.drop(FETCHED_AT), left_on="id", right_on="track_id", how="left")
    return TrackFacts(rows.sort("id"), newest)


def _tracks(inputs: Inputs, table: Table) -> pl.DataFrame:
    import polars as pl

    from asyncscrape.jobs.music.track_times import sound_seconds

    number, text, texts = pl.Int64(), pl.String(), pl.List(pl.String())
    columns: Mapping[str, pl.DataType] = {
        **dict.fromkeys(("id", "artist_id", "plays", "comment_count", "duration_ms"), number),
        **dict.fromkeys(("url", "title", "genre", "label", "license", "download_path", "camelot"), text),
        **dict.fromkeys(("tags", *CREDITS), texts),
        "bpm": pl.Float64(),
        "posted_at": pl.Datetime("us", "UTC"),
        "is_track": pl.Boolean(),
    }
    read = in_types(inputs.read(table), with_origin(columns)).drop(URL).drop_nulls(("id", "artist_id"))
    return believed(read.unique("id", keep="last"), "plays", "comment_count", "bpm").with_columns(
        sound_seconds(), **{URL: pl.col("url")}
    )


def _usable(tracks: pl.DataFrame) -> pl.DataFrame:
    """The tracks to learn from, with their age in days, and what the artist had posted before."""
    import polars as pl

    age = (pl.col(FETCHED_AT) - pl.col("posted_at")).dt.total_seconds() / 86_400
    posted = tracks.filter(pl.col("posted_at") >= OPENED, pl.col("is_track").is_null() | pl.col("is_track"))
    since = (pl.col("posted_at") - pl.col("posted_at").shift(1).over("artist_id")).dt.total_seconds() / 86_400
    return (
        posted.sort("artist_id", "posted_at", "id")
        .with_columns(age_days=age, days_since_previous=since)
        .with_columns(earlier_tracks=pl.col("posted_at").rank("min").over("artist_id") - 1)
        # A clock that is a little slow makes no track unbelievable.
        .filter(pl.col("age_days").is_null() | (pl.col("age_days") > -1))
        .with_columns(pl.col("age_days").clip(0))
    )


def _artists(inputs: Inputs) -> pl.DataFrame:
    import polars as pl

    counts = ("followers", "followings", "track_count")
    columns = {
        "id": pl.Int64(),
        "name": pl.String(),
        **dict.fromkeys(counts, pl.Int64()),
        "verified": pl.Boolean(),
        "created_at": pl.Datetime("us", "UTC"),
    }
    read = in_types(inputs.read(ARTISTS), with_origin(columns)).drop(URL).drop_nulls("id")
    return believed(read.unique("id", keep="last"), *counts).sort("id")


def _comments(inputs: Inputs) -> pl.DataFrame:
    """How many comments of each track are stored, and how many of them stand at a time in it."""
    import polars as pl

    columns = {"track_id": pl.Int64(), "track_seconds": pl.Float64()}
    read = in_types(inputs.read(COMMENTS), with_origin(columns)).drop_nulls("track_id")
    at = pl.col("track_seconds")
    return read.group_by("track_id").agg(
        pl.col(FETCHED_AT).max(), comments_stored=pl.len(), comments_timed=(at.is_finite() & (at >= 0)).sum()
    )


def _feelings(inputs: Inputs) -> pl.DataFrame:
    """How the comments of each track feel."""
    import polars as pl

    counts = ("comments", *LABELS, "unsure")
    columns = {"track_id": pl.Int64(), **dict.fromkeys(counts, pl.Int64()), "mood": pl.Float64()}
    rows = believed(_added(inputs, TRACK_SENTIMENT, columns), *counts)
    mood = pl.col("mood")
    return rows.with_columns(pl.when(mood.is_between(-1, 1)).then(mood)).rename(
        {name: f"said_{name}" for name in counts}
    )


def _audio(inputs: Inputs) -> pl.DataFrame:
    """What is measured in the file of each track."""
    import polars as pl

    columns = {"track_id": pl.Int64(), **dict.fromkeys(MEASURED, pl.Float64()), "camelot": pl.String()}
    measured = _added(inputs, AUDIO_FEATURES, columns)
    return measured.rename({name: f"audio_{name}" for name in (*MEASURED, "camelot")})


def _added(inputs: Inputs, table: Table, columns: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """A table that another enrichment fills; without rows if it has not been made."""
    import polars as pl

    wanted = with_origin(columns)
    read = in_types(inputs.read(table), wanted) if inputs.has(table) else pl.DataFrame(schema=wanted)
    return read.drop(URL).drop_nulls("track_id").unique("track_id", keep="last")


def believed(rows: pl.DataFrame, *counts: str) -> pl.DataFrame:
    """The rows without counts that are negative or beyond all measure."""
    import polars as pl

    return rows.with_columns(
        pl.when(pl.col(name).is_between(0, LARGEST)).then(pl.col(name)).alias(name) for name in counts
    )
