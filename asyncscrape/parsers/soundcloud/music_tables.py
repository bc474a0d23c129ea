"""The tables of artists, tracks and comments, and their rows.

Rows of one table come from several pages and are merged by the stores, so a row has only the columns that its page
knows. A count that is not told is null, never 0.
"""

from __future__ import annotations

import msgspec

from asyncscrape.model import Column, Table

ARTISTS = Table(
    "artists",
    ("id",),
    (
        Column("id", "int"),
        Column("permalink"),
        Column("name"),
        Column("bio"),
        Column("location"),
        Column("followers", "int"),
        Column("followings", "int"),
        Column("track_count", "int"),
        Column("verified", "bool"),
        Column("created_at", "datetime"),
        Column("profile_image_url", "url"),
        Column("profile_image_path"),
        Column("background_image_url", "url"),
        Column("background_image_path"),
    ),
    merge=True,
)
ARTIST_CHOICES = Table(
    "artist_choices",
    ("artist_name", "rank"),
    (
        Column("artist_name"),
        Column("rank", "int"),
        Column("candidate_id", "int"),
        Column("permalink"),
        Column("name"),
        Column("followers", "int"),
        Column("chosen", "bool"),
        Column("why"),
    ),
)
TRACKS = Table(
    "tracks",
    ("id",),
    (
        Column("id", "int"),
        Column("artist_id", "int"),
        Column("permalink"),
        Column("url", "url"),
        Column("title"),
        Column("description"),
        Column("likes", "int"),
        Column("reposts", "int"),
        Column("plays", "int"),
        Column("comment_count", "int"),
        Column("duration_ms", "int"),
        Column("posted_at", "datetime"),
        Column("genre"),
        Column("tags", "json"),
        Column("label"),
        Column("license"),
        Column("policy"),
        Column("isrc"),
        Column("image_url", "url"),
        Column("image_path"),
        Column("waveform_url", "url"),
        Column("waveform_path"),
        Column("download_path"),
        Column("is_track", "bool"),
    ),
    merge=True,
)
COMMENTS = Table(
    "comments",
    ("id",),
    (
        Column("id", "int"),
        Column("track_id", "int"),
        Column("artist_id", "int"),
        Column("user_id", "int"),
        Column("user_permalink"),
        Column("body"),
        Column("created_at", "datetime"),
        Column("track_seconds", "float"),
    ),
)
POPULARITY = Table(
    "popularity",
    ("track_id", "day"),
    (
        Column("track_id", "int"),
        Column("day", "date"),
        Column("artist_id", "int"),
        Column("likes", "int"),
        Column("reposts", "int"),
        Column("plays", "int"),
        Column("comment_count", "int"),
    ),
    merge=True,
)
TABLES = (ARTISTS, ARTIST_CHOICES, TRACKS, COMMENTS, POPULARITY)


class ArtistRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table `artists`."""

    id: int
    permalink: str | None
    name: str | None
    bio: str | None
    location: str | None
    followers: int | None
    followings: int | None
    track_count: int | None
    verified: bool | None
    created_at: str | None
    profile_image_url: str | None
    profile_image_path: str | None
    background_image_url: str | None
    background_image_path: str | None


class ChoiceRow(msgspec.Struct, frozen=True):
    """A row of the table `artist_choices`: somebody who was found for a name; with rank 0, that nobody is meant."""

    artist_name: str
    rank: int
    candidate_id: int | None = None
    permalink: str | None = None
    name: str | None = None
    followers: int | None = None
    chosen: bool = False
    why: str = ""


class TrackRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The columns of the table `tracks` that SoundCloud knows."""

    id: int
    artist_id: int
    permalink: str | None
    url: str | None
    title: str | None
    description: str | None
    likes: int | None
    reposts: int | None
    plays: int | None
    comment_count: int | None
    duration_ms: int | None
    posted_at: str | None
    genre: str | None
    tags: list[str] | None
    label: str | None
    license: str | None
    policy: str | None
    isrc: str | None
    image_url: str | None
    image_path: str | None
    waveform_url: str | None
    waveform_path: str | None
    download_path: str | None
    """The uploader's own file, if it is wanted."""
    is_track: bool | None
    """None if the length is not told: its comments will decide."""


class LengthRow(msgspec.Struct, frozen=True):
    """The columns of the table `tracks` that the comments decide where no length is told."""

    id: int
    artist_id: int
    is_track: bool


class CommentRow(msgspec.Struct, frozen=True, gc=False):
    """A row of the table `comments`."""

    id: int
    track_id: int
    artist_id: int
    user_id: int | None
    user_permalink: str | None
    body: str | None
    created_at: str | None
    track_seconds: float | None


class PopularityRow(msgspec.Struct, frozen=True, gc=False):
    """A row of the table `popularity`: the counts of a track on a day."""

    track_id: int
    day: str
    artist_id: int
    likes: int | None
    reposts: int | None
    plays: int | None
    comment_count: int | None
